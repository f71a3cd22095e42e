"""我的活动: what a member is invited to about now, how they stand to each, and what they may do about it by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community.checkin_questions import NEAR, NEAREST, Found
from community.lives import CHECK_IN, MAKE_UP, CheckInState, check_in_state
from community.window import PHASES, Phase, begun, ended
from models import CheckIn, Follower, Leave, MakeUpRequest, MakeUpStatus, Member
from settings import Limits

_MOST = 20
ON_LEAVE = "已请假"


@dataclass(frozen=True)
class Mine:
    """One activity as a member sees it. ``state`` is a word; the three others say which forms to show."""

    id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    state: str
    may_leave: bool = False
    may_return: bool = False
    may_make_up: bool = False


def openid_of(session: Session, follower_id: int) -> str:
    """By what the services know a follower; empty for one who has left."""
    found = sa.select(Follower.openid).where(Follower.id == follower_id, Follower.gone.is_(False))
    return session.scalar(found) or ""


def of_follower(session: Session, follower_id: int, *, at: datetime, limits: Limits) -> list[Mine] | None:
    """Those that can still be missed, made up or left, by their beginning; None for who is bound to nobody."""
    member_id = session.scalar(
        sa.select(Member.id)
        .join(Follower, Follower.member_id == Member.id)
        .where(Follower.id == follower_id, Member.active.is_(True))
    )
    if member_id is None:
        return None
    since = at - timedelta(hours=limits.make_up_hours)
    rows = session.execute(NEAREST, {"member": member_id, "since": since, "until": at + NEAR}).all()[:_MOST]
    standing = _standing(session, member_id, [row.id for row in rows])
    return [_mine(row, standing, at) for row in rows]


@dataclass(frozen=True)
class _Standing:
    """How a member stands to some activities, by their ids."""

    records: Mapping[int, CheckIn]
    left: frozenset[int]
    asked: Mapping[int, MakeUpStatus]


def _standing(session: Session, member_id: int, ids: Sequence[int]) -> _Standing:
    def of(table: type[CheckIn] | type[Leave] | type[MakeUpRequest]) -> list[sa.ColumnElement[bool]]:
        return [table.member_id == member_id, table.activity_id.in_(ids)]

    records = session.scalars(sa.select(CheckIn).where(*of(CheckIn)))
    asked = sa.select(MakeUpRequest.activity_id, MakeUpRequest.status).where(*of(MakeUpRequest))
    return _Standing(
        {one.activity_id: one for one in records},
        frozenset(session.scalars(sa.select(Leave.activity_id).where(*of(Leave)))),
        {
            number: MakeUpStatus(status)
            for number, status in session.execute(asked.order_by(MakeUpRequest.id))
        },
    )


def _mine(row: Found, standing: _Standing, at: datetime) -> Mine:
    facts = (row.id, row.title, row.starts_at, row.ends_at)
    record, request = standing.records.get(row.id), standing.asked.get(row.id)
    is_left = row.id in standing.left
    if record is not None:
        return Mine(*facts, CHECK_IN.label(check_in_state(record)))
    if ended(row, at):
        if request in (MakeUpStatus.PENDING, MakeUpStatus.REFUSED):
            return Mine(*facts, f"补签{MAKE_UP.label(request)}")
        return Mine(*facts, ON_LEAVE if is_left else CHECK_IN.label(CheckInState.NONE), may_make_up=True)
    if is_left:
        return Mine(*facts, ON_LEAVE, may_return=True)
    return Mine(*facts, PHASES[Phase.OPEN if begun(row, at) else Phase.COMING], may_leave=True)


__all__ = ["ON_LEAVE", "Mine", "of_follower", "openid_of"]
