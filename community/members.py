"""党员 as lists and choices: who there is, narrowed to what a user may see, masked unless a reason was given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import branch_scope, may, require
from community.privacy import check_reason, mask_name, mask_phone
from community.roster import tail_index
from database.listing import Listing
from models import Follower, Member, User


def listed(
    session: Session,
    user: User,
    *,
    words: str = "",
    branch_id: int | None = None,
    bound: bool | None = None,
    active: bool = True,
) -> Listing[Member]:
    """Members by whole name or the phone's last four digits (phones are encrypted), branch, and whether they are bound.

    Those on the roster, or those who left it.
    """
    query = (
        sa.select(Member)
        .options(joinedload(Member.branch), joinedload(Member.grid))
        .where(Member.active.is_(active), Member.erased_at.is_(None), branch_scope(user, Member.branch_id))
        .order_by(Member.branch_id, Member.id)
    )
    if words.isdigit() and len(words) == 4:
        query = query.where(Member.tail_index == tail_index(words))
    elif words:
        query = query.where(Member.name == words)
    if branch_id is not None:
        query = query.where(Member.branch_id == branch_id)
    follows = sa.exists().where(Follower.member_id == Member.id)
    if bound is not None:
        query = query.where(follows if bound else ~follows)
    return Listing(session, query)


def following(session: Session, ids: Sequence[int]) -> set[int]:
    """Those of these members who are bound to a follower."""
    found = session.scalars(sa.select(Follower.member_id).where(Follower.member_id.in_(ids)))
    return {member_id for member_id in found if member_id is not None}


@dataclass(frozen=True)
class Choice:
    """One member to be ticked on a paper sheet's page; ``name`` is masked unless it was revealed."""

    id: int
    name: str
    phone: str


def choices(session: Session, user: User, branch_id: int, ids: sa.CompoundSelect[Any]) -> list[Choice]:
    """These members, masked, in the order of the roster, for who may enter those of the branch; nobody who was erased."""
    if not may(user, "checkin.record", branch_id):
        return []
    query = sa.select(Member).where(Member.id.in_(ids), Member.erased_at.is_(None)).order_by(Member.id)
    return [Choice(one.id, mask_name(one.name), mask_phone(one.phone)) for one in session.scalars(query)]


def reveal_names(
    session: Session, user: User, branch_id: int, reason: str, *, at: datetime
) -> dict[int, str]:
    """The names of a branch in clear, by id, for a reason that goes into the audit.

    Raises :class:`errors.Refused` for a reason that says nothing, :class:`errors.Forbidden`.
    """
    require(user, "member.unmask", branch_id)
    why = check_reason(reason)
    query = sa.select(Member.id, Member.name).where(Member.branch_id == branch_id, Member.active.is_(True))
    names = {row.id: row.name for row in session.execute(query)}
    detail = {"reason": why, "rows": len(names)}
    audit.record(session, "member.unmask", at=at, user=user, subject=f"branch:{branch_id}", detail=detail)
    return names
