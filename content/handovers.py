"""委托: a reviewer's reviews in another's hands from one day to another. It ends by itself, or is taken back before.

The deputy reviews by the own right to review, in the other's place; no more than that goes over.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit, persons
from accounts.rights import may, require
from content.life import REVIEW
from content.reviewers import reviewing_people
from database import claims
from ground import clock
from ground.errors import Conflict, Forbidden, NotFound, Refused
from models import Handover, User

_LONGEST = timedelta(days=366)
REASON_CHARS = 200
_MANAGE = "user.manage"
STANDINGS = {"acting": "委托中", "to_come": "未开始", "over": "已结束"}


def make(
    session: Session,
    by: User,
    *,
    user_id: int,
    deputy_id: int,
    first_day: date,
    last_day: date,
    reason: str,
    at: datetime,
) -> Handover:
    """Hand over the reviews of ``user_id``, the own or as an administrator those of anybody, for these days of Shanghai.

    Raises :class:`errors.Refused` for persons who do not review, days that are over or the wrong way round and a missing reason,
    :class:`errors.Conflict` for what is handed over already, :class:`errors.Forbidden`.
    """
    require(by, REVIEW)
    if user_id != by.id:
        require(by, _MANAGE)
    able = reviewing_people(session)
    if user_id not in able:
        raise Refused("委托人没有审核权限或已停用，不需要委托")
    if persons.same(session, user_id, deputy_id):
        raise Refused("不能委托给本人或本人的另一个账号，请选择另一位")
    if deputy_id not in able:
        raise Refused("受托人没有审核权限或已停用，请另选一位审核员，或请管理员先给予审核员角色")
    reason = " ".join(reason.split())
    if not 2 <= len(reason) <= REASON_CHARS:
        raise Refused(f"请写明委托的事由，2 到 {REASON_CHARS} 个字")
    if last_day < first_day:
        raise Refused("结束日期早于开始日期，请改正")
    if last_day < clock.shanghai_day(at):
        raise Refused("结束日期已经过去，请改正")
    if last_day - first_day > _LONGEST:
        raise Refused("一次委托最长一年，请缩短")
    _refuse_overlapping(session, user_id, deputy_id, first_day, last_day)
    made = Handover(
        user_id=user_id, deputy_id=deputy_id, first_day=first_day, last_day=last_day, reason=reason,
        made_by=by.id, made_at=at,
    )  # fmt: skip
    session.add(made)
    session.flush()
    audit.record(
        session, "handover.make", at=at, user=by, subject=f"user:{user_id}",
        detail={"deputy": deputy_id, "first_day": first_day.isoformat(), "last_day": last_day.isoformat(), "reason": reason},
    )  # fmt: skip
    return made


def _refuse_overlapping(session: Session, user_id: int, deputy_id: int, first: date, last: date) -> None:
    then = [Handover.ended_at.is_(None), Handover.first_day <= last, Handover.last_day >= first]
    same = [Handover.user_id == user_id, Handover.deputy_id == deputy_id, *then]
    back = [Handover.user_id == deputy_id, Handover.deputy_id == user_id, *then]
    if session.scalar(sa.select(Handover.id).where(*same).limit(1)) is not None:
        raise Conflict("这段时间已经委托给同一位，请先结束原来的委托")
    if session.scalar(sa.select(Handover.id).where(*back).limit(1)) is not None:
        raise Conflict("受托人这段时间已经委托给委托人，不能互相委托，请先结束那一项或另选一位")


def end(session: Session, by: User, handover_id: int, *, at: datetime) -> Handover:
    """结束委托 before its last day, by who handed over, the deputy or an administrator.

    Raises :class:`errors.NotFound`, :class:`errors.Forbidden`, :class:`errors.Conflict` for one that is over.
    """
    require(by, REVIEW)
    found = session.get(Handover, handover_id)
    if found is None:
        raise NotFound("没有这项委托，请刷新后再看")
    if by.id not in (found.user_id, found.deputy_id) and not may(by, _MANAGE):
        raise Forbidden("只有委托人、受托人或管理员可以结束委托")
    today = clock.shanghai_day(at)
    still = [Handover.id == handover_id, Handover.ended_at.is_(None), Handover.last_day >= today]
    if not claims.change(session, Handover, still, ended_at=at, ended_by=by.id):
        raise Conflict("这项委托已经结束")
    session.refresh(found)
    audit.record(
        session,
        "handover.end",
        at=at,
        user=by,
        subject=f"user:{found.user_id}",
        detail={"deputy": found.deputy_id},
    )
    return found


def listing(session: Session, user: User, *, at: datetime) -> list[Handover]:
    """Those that are in force or to come, and that ended in the last 90 days: the own, or all for an administrator."""
    since = clock.shanghai_day(at) - timedelta(days=90)
    query = sa.select(Handover).options(joinedload(Handover.user), joinedload(Handover.deputy))
    if not may(user, _MANAGE):
        query = query.where(sa.or_(Handover.user_id == user.id, Handover.deputy_id == user.id))
    return list(session.scalars(query.where(Handover.last_day >= since).order_by(Handover.id.desc())))


def standing(found: Handover, *, at: datetime) -> str:
    """One of :data:`STANDINGS`, by its days and whether it was taken back."""
    today = clock.shanghai_day(at)
    if found.ended_at is not None or found.last_day < today:
        return "over"
    return "acting" if found.first_day <= today else "to_come"


__all__ = ["STANDINGS", "end", "listing", "make", "standing"]
