"""An activity's window: from ``starts_at`` to ``ends_at``, both moments included, everywhere alike.

Who is told "until 20:00" and replies at 20:00 sharp is in time, as WeChat's whole seconds count. Of two activities that only
touch, both are open at that moment, and the account asks which one is meant.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol

import sqlalchemy as sa

from community.lives import ACTIVITY
from models import Activity, ActivityStatus


class Phase(StrEnum):
    """Where an activity stands at a moment; only while it is ``OPEN`` one can check in."""

    COMING = "coming"
    OPEN = "open"
    PAST = "past"
    CANCELLED = "cancelled"


PHASES = {
    Phase.COMING: "未开始",
    Phase.OPEN: "签到中",
    Phase.PAST: ACTIVITY.label(ActivityStatus.CLOSED),
    Phase.CANCELLED: ACTIVITY.label(ActivityStatus.CANCELLED),
}


class Windowed(Protocol):
    """What has a window: an activity, or a row with its two moments."""

    @property
    def starts_at(self) -> Any: ...

    @property
    def ends_at(self) -> Any: ...


def begun(activity: Windowed, at: datetime) -> bool:
    """Whether the window has opened, and perhaps closed again."""
    return bool(activity.starts_at <= at)


def ended(activity: Windowed, at: datetime) -> bool:
    """Whether the window has closed."""
    return bool(activity.ends_at < at)


def phase(activity: Activity, at: datetime) -> Phase:
    """Where an activity stands at a moment."""
    if activity.status == ActivityStatus.CANCELLED:
        return Phase.CANCELLED
    if activity.status != ActivityStatus.OPEN or ended(activity, at):
        return Phase.PAST
    return Phase.OPEN if begun(activity, at) else Phase.COMING


# --- The same for a query; ``at`` is a moment or a bound parameter ------------------------------------------------


def begun_by(at: Any) -> sa.ColumnElement[bool]:
    """SQL: :func:`begun`."""
    opened: sa.ColumnElement[bool] = Activity.starts_at <= at
    return opened


def not_ended_by(at: Any) -> sa.ColumnElement[bool]:
    """SQL: not :func:`ended`, whatever people decided."""
    still: sa.ColumnElement[bool] = Activity.ends_at >= at
    return still


def in_phase(wanted: Phase, at: Any) -> sa.ColumnElement[bool]:
    """SQL: :func:`phase` is this one."""
    going = Activity.status == ActivityStatus.OPEN.value
    if wanted is Phase.CANCELLED:
        return Activity.status == ActivityStatus.CANCELLED.value
    if wanted is Phase.PAST:
        closed = Activity.status == ActivityStatus.CLOSED.value
        return sa.or_(closed, sa.and_(going, sa.not_(not_ended_by(at))))
    if wanted is Phase.COMING:
        return sa.and_(going, not_ended_by(at), sa.not_(begun_by(at)))
    return sa.and_(going, not_ended_by(at), begun_by(at))


def not_over(at: Any) -> sa.ColumnElement[bool]:
    """SQL: open or still to come."""
    return sa.and_(Activity.status == ActivityStatus.OPEN.value, not_ended_by(at))


__all__ = [
    "PHASES",
    "Phase",
    "begun",
    "begun_by",
    "ended",
    "in_phase",
    "not_ended_by",
    "not_over",
    "phase",
]
