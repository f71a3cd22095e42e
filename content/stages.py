"""How many reviews an article passes, and who is named for each: settled by its column, else by the office's setting.

An article keeps the number that its column demanded when it was handed in, and passes no earlier than its column demands now: to
raise the number counts at once, to lower it counts for what is handed in afterwards.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from itertools import product
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import require
from content.life import stage_name
from content.reviewers import reviewing_people
from content.trail import note_column
from ground.errors import Refused
from models import Article, ArticleStatus, Column, ColumnReviewer, User
from settings import Limits

MOST = 3


def by_setting(limits: Limits) -> int:
    """How many stages the office uses where a column says nothing: one to three."""
    return min(max(limits.review_stages, 1), MOST)


def hold(session: Session, column_id: int) -> None:
    """Whoever would change the stages of this column, or who is named for them, waits until this transaction is over.

    Before anything of it is asked for: so nothing passes by a number, or by somebody, that is just being changed.
    """
    session.execute(sa.select(Column.id).where(Column.id == column_id).with_for_update(read=True))


def demanded(session: Session, article: Article, limits: Limits) -> int:
    """How many stages this article has to pass; of what is not in review: would have to, if it were handed in now."""
    now = session.scalar(sa.select(Column.review_stages).where(Column.id == article.column_id))
    office = by_setting(limits)
    then = article.review_stages if article.status == ArticleStatus.IN_REVIEW else now
    return max(then or office, now or office)


def handed_in(session: Session, column_id: int, at: datetime) -> dict[str, Any]:
    """What an article's row says from the moment at which it waits for its first review."""
    number = session.scalar(sa.select(Column.review_stages).where(Column.id == column_id))
    return {"stage": 1, "review_stages": number, "waits_since": at, "reminded_at": None}


def named(session: Session, column_id: int) -> dict[int, set[int]]:
    """The ids of the persons who alone may do a stage of this column, by stage."""
    query = sa.select(ColumnReviewer.stage, ColumnReviewer.user_id).where(
        ColumnReviewer.column_id == column_id
    )
    found: dict[int, set[int]] = {}
    for stage, user_id in session.execute(query):
        found.setdefault(stage, set()).add(user_id)
    return found


def offered(session: Session, column_id: int) -> list[User]:
    """Whom the column's page offers to name: everybody who reviews, and who is named and does so no more."""
    there = reviewing_people(session)
    gone = sa.select(User).where(
        User.id.in_(sa.select(ColumnReviewer.user_id).where(ColumnReviewer.column_id == column_id)),
        User.id.not_in(there),
    )
    return [*there.values(), *session.scalars(gone.order_by(User.username))]


def needs_more_people(number: int, named_for: Mapping[int, Collection[int]]) -> bool:
    """Whether too few are named for these stages, as nobody does two of them; a stage without names is open to all."""
    named = [set(people) for stage, people in named_for.items() if stage <= number and people]
    return not any(len(set(chosen)) == len(named) for chosen in product(*named))


def settle(
    session: Session,
    user: User,
    column: Column,
    *,
    number: int | None,
    named_for: Mapping[int, Collection[int]],
    at: datetime,
) -> None:
    """Say how many stages a column's articles pass (None: as the setting says) and who is named for which of them.

    Names for a stage beyond that number are kept: what was handed in before passes it still, by them alone.
    Raises :class:`errors.Refused` for a number that there is not and for a person who may not review, :class:`errors.Forbidden`.
    """
    require(user, "column.manage")
    if number is not None and not 1 <= number <= MOST:
        raise Refused(f"审核级数应为 1 到 {MOST}，或按单位的规定")
    wanted = {(stage, one) for stage, people in named_for.items() for one in people if 1 <= stage <= MOST}
    session.execute(sa.select(Column.id).where(Column.id == column.id).with_for_update())
    before = {(stage, one) for stage, people in named(session, column.id).items() for one in people}
    able = reviewing_people(session)
    for stage, one in sorted(wanted - before):
        if one not in able:
            raise Refused(f"{stage_name(stage)}指定的人没有审核权限或已停用，请重新选择")
    column.review_stages = number
    session.flush()
    mine = ColumnReviewer.column_id == column.id
    session.execute(sa.delete(ColumnReviewer).where(mine).execution_options(synchronize_session=False))
    session.add_all(
        ColumnReviewer(column_id=column.id, stage=stage, user_id=one) for stage, one in sorted(wanted)
    )
    session.flush()
    note_column(session, user, "column.review", column, review_stages=number or 0, people=len(wanted), at=at)


__all__ = [
    "MOST",
    "by_setting",
    "demanded",
    "handed_in",
    "hold",
    "named",
    "needs_more_people",
    "offered",
    "settle",
]
