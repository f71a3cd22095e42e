"""How far a sync of the followers has come: one open run, held by a lease, from which any process goes on after a kill."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from database import claims
from database.once import insert_once
from ground import clock
from ground.errors import Conflict
from models import ListedFollower, SyncRun, User

LEASE_S = 120.0
_OPEN = "open"
_FRESH = timedelta(hours=12)
"""A list that was read longer ago than this says nothing of today: it is read anew."""
_KEPT = timedelta(days=90)
_CUT_OFF = "中途停止，没有完成"


@dataclass(frozen=True)
class Holder:
    """Who works on a run: its number, the lease's owner, and since when the run goes on."""

    run_id: int
    owner: str
    started_at: datetime
    cursor: str
    all_read: bool


def begin(session: Session, *, at: datetime, user: User | None = None, by: str = "") -> Holder:
    """Begin a run, or go on with one whose process has died. Raises :class:`Conflict` where somebody is at work on one."""
    holder = _begin(session, at=at, user=user, by=by)
    if holder is None:
        raise Conflict("正在从微信同步关注者，请稍后刷新查看结果")
    return holder


def begin_night(session: Session, *, at: datetime, by: str) -> Holder | None:
    """Begin this night's run, or go on with one that stands still; None where it was done, or somebody is at work on one."""
    night = clock.shanghai_day(at).isoformat()
    if session.scalar(sa.select(SyncRun.id).where(SyncRun.night == night, _done())) is not None:
        return None
    return _begin(session, at=at, by=by, night=night)


def _begin(
    session: Session, *, at: datetime, user: User | None = None, by: str, night: str | None = None
) -> Holder | None:
    _end_old(session, at)
    row = {
        "user_id": user.id if user else None, "by": "" if user else by, "open_key": _OPEN, "started_at": at, "night": night,
        "cursor": "", "all_read": False, "listed": 0, "total": 0, "added": 0, "gone": 0, "drift": 0, "error": "",
        "lease_owner": "",
    }  # fmt: skip
    if insert_once(session, SyncRun, [row]) == 1:
        session.execute(sa.delete(ListedFollower))
    lease = claims.lease_for(claims.new_owner(), LEASE_S, at)
    stands = [SyncRun.open_key == _OPEN, claims.free(SyncRun, LEASE_S, at)]
    won = claims.claim(session, SyncRun, where=stands, lease=lease)
    if not won:
        return None
    run = session.get_one(SyncRun, won[0], populate_existing=True)
    return Holder(run.id, lease.owner, run.started_at, run.cursor, run.all_read)


def _done() -> sa.ColumnElement[bool]:
    return SyncRun.open_key.is_(None)


def _end_old(session: Session, at: datetime) -> None:
    """A run that nobody went on with is over; what is long over is not kept."""
    stale = [SyncRun.open_key == _OPEN, SyncRun.started_at < at - _FRESH, claims.free(SyncRun, LEASE_S, at)]
    ended = {"open_key": None, "finished_at": at, "error": _CUT_OFF, "cursor": ""}
    claims.change(session, SyncRun, stale, **ended)
    session.execute(sa.delete(SyncRun).where(_done(), SyncRun.started_at < at - _KEPT))


def keep(session: Session, holder: Holder, *, at: datetime, **values: object) -> None:
    """Write how far it has come, and hold it on. Raises :class:`Conflict` for one whose lease another has taken over."""
    mine = [SyncRun.id == holder.run_id, SyncRun.lease_owner == holder.owner]
    until = claims.lease_end(LEASE_S, at)
    if claims.change(session, SyncRun, mine, lease_until=until, **values) != 1:
        raise Conflict("同步已由另一个进程接着做")


def end(session: Session, holder: Holder, *, at: datetime, error: str = "", **values: object) -> None:
    """The run is over, with what came of it."""
    mine = [SyncRun.id == holder.run_id, SyncRun.lease_owner == holder.owner]
    ended = {
        "open_key": None,
        "finished_at": at,
        "error": error[:300],
        "lease_owner": "",
        "lease_until": None,
    }
    if claims.change(session, SyncRun, mine, **ended, **values) == 1:
        session.execute(sa.delete(ListedFollower))


def last(session: Session) -> SyncRun | None:
    """The run that is going on, or the last one."""
    query = sa.select(SyncRun).options(joinedload(SyncRun.user)).order_by(SyncRun.id.desc()).limit(1)
    return session.scalar(query)


def wanted(session: Session, at: datetime) -> bool:
    """Whether this night's run has not been begun, or stands still."""
    night = clock.shanghai_day(at).isoformat()
    begun = session.scalar(sa.select(sa.exists().where(SyncRun.night == night)))
    stands = sa.exists().where(SyncRun.open_key == _OPEN, claims.free(SyncRun, LEASE_S, at))
    return not begun or bool(session.scalar(sa.select(stands)))
