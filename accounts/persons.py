"""一个人: accounts that belong to the same member are one person, wherever two different ones are asked for."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Member, User


class Persons:
    """Who is behind the accounts, by one question. A record that was merged into another is that other one's."""

    def __init__(self, session: Session) -> None:
        member = sa.func.coalesce(Member.merged_into, Member.id)
        query = sa.select(User.id, member).join(Member, Member.id == User.member_id).order_by(User.id)
        first: dict[int, int] = {}
        self._of = {account: first.setdefault(one, account) for account, one in session.execute(query)}

    def of(self, user_id: int) -> int:
        """One account for all of a person: the same for each of them."""
        return self._of.get(user_id, user_id)

    def same(self, one: int | None, other: int) -> bool:
        """Whether two accounts, by id, are one person."""
        return one is not None and self.of(one) == self.of(other)


def same(session: Session, one: int | None, other: int) -> bool:
    """Whether two accounts, by id, are one person."""
    return one == other or Persons(session).same(one, other)


__all__ = ["Persons", "same"]
