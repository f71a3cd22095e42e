"""思考题: what a member answers to an activity's question, if they like. It is kept with their check-in, and goes with it.

Nobody has to answer, nobody is counted by it, and the branch's own secretary reads the answers without names.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import may, own_branch
from community import cells
from community.privacy import mask_numbers
from database.claims import changed
from ground.errors import Conflict
from models import Activity, ActivityStatus, CheckIn, Follower, Member, User
from settings import Limits

MOST = 500
"""So many characters of an answer are kept."""
_LIMITS = Limits()
_SEEN = "只有本支部书记能看到，不显示姓名"
_TOO_LATE = "没有保存：本人签到以后才能回答，活动取消或结束 {hours} 小时以后不再接受回答"


def invite(question: str) -> str:
    """What stands below the receipt of a check-in to an activity with a question."""
    return f"思考题（可以不答）：{question}\n想答请回复“答”和您的想法，例如：答 多到居民家里走走。{_SEEN}"


@dataclass(frozen=True)
class Own:
    """A member's own answer to an activity: what it is now, and whether it may be written."""

    may: bool
    text: str


def own(
    session: Session, activity: Activity, follower_id: int, *, at: datetime, limits: Limits = _LIMITS
) -> Own:
    """How it stands for a follower."""
    found = session.execute(
        sa.select(CheckIn.answer).where(
            CheckIn.activity_id == activity.id, CheckIn.member_id == _member(Follower.id == follower_id)
        )
    ).one_or_none()
    return Own(found is not None and _is_open(activity, at, limits), (found.answer if found else "") or "")


def by_reply(
    session: Session, openid: str, activity_id: int, text: str, *, at: datetime, limits: Limits = _LIMITS
) -> str | None:
    """Keep what a follower replied to the question, and say so; None where there is nothing (any more) that it answers."""
    activity = session.get(Activity, activity_id)
    written = cells.remark(text, MOST)
    if activity is None or not written or not _is_open(activity, at, limits):
        return None
    if not _write(session, activity.id, Follower.openid == openid, written):
        return None
    return f"已记下您对思考题的回答，{_SEEN}"


def by_page(
    session: Session,
    activity: Activity,
    follower_id: int,
    text: str,
    *,
    at: datetime,
    limits: Limits = _LIMITS,
) -> None:
    """Keep what a follower wrote on the activity's page; an empty text takes the answer away.

    Raises :class:`Conflict` for who has not checked in, and where it is over or called off.
    """
    written = cells.remark(text, MOST)
    is_kept = _is_open(activity, at, limits) and _write(
        session, activity.id, Follower.id == follower_id, written or None
    )
    if not is_kept:
        raise Conflict(_TOO_LATE.format(hours=limits.make_up_hours))


def _is_open(activity: Activity, at: datetime, limits: Limits) -> bool:
    """Whether answers are taken: as long as a check-in could still be made up for."""
    until = activity.ends_at + timedelta(hours=limits.make_up_hours)
    is_on = activity.status == ActivityStatus.OPEN and activity.folded_at is None
    return bool(activity.question) and is_on and activity.starts_at <= at <= until


def _write(session: Session, activity_id: int, who: sa.ColumnElement[bool], written: str | None) -> bool:
    mine = sa.update(CheckIn).where(CheckIn.activity_id == activity_id, CheckIn.member_id == _member(who))
    mine = mine.execution_options(synchronize_session=False)
    return changed(session.execute(mine.values(answer=written))) == 1


def _member(who: sa.ColumnElement[bool]) -> sa.ScalarSelect[int]:
    """SQL: the member on the roster to whom a follower is bound."""
    query = sa.select(Member.id).join(Follower, Follower.member_id == Member.id)
    return query.where(who, Member.active.is_(True)).scalar_subquery()


def of_branch(session: Session, user: User, activity: Activity, branch_id: int) -> list[str]:
    """The answers of a branch for its own secretary, numbers in them masked; nothing for others.

    In the order of their words, which tells neither who wrote one nor when.
    """
    if not may(user, "checkin.record", branch_id) or own_branch(user) != branch_id:
        return []
    found = session.scalars(
        sa.select(CheckIn.answer).where(
            CheckIn.activity_id == activity.id, CheckIn.branch_id == branch_id, CheckIn.answer.is_not(None)
        )
    )
    return sorted(mask_numbers(text) for text in found if text)


__all__ = ["MOST", "Own", "by_page", "by_reply", "invite", "of_branch", "own"]
