"""How fast a push goes that is being sent, and how long it still takes."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Delivery, Push, PushStatus
from scheduler import roads, shares

WINDOW = timedelta(minutes=1)
"""Over how long the rate is taken."""
_TO_SEND = ("planned", "claimed", "unknown")


@dataclass(frozen=True)
class Progress:
    """Counts are followers; groups, where it goes to none by name (``unit``).

    ``accepted`` are those in calls that WeChat took, of the ``total`` of all its calls; ``left`` those whose calls are still to
    be made, or made again. ``per_second`` is the mean over the last minute, or since the start where that is later.
    ``seconds_left`` is None where nothing can be said: it is not being sent, or nothing was taken in the last minute.
    """

    accepted: int
    total: int
    left: int
    per_second: float
    seconds_left: int | None
    unit: str = shares.PEOPLE

    @property
    def said(self) -> str:
        """In one sentence."""
        done = f"微信已受理 {self.accepted:,}／{self.total:,} {self.unit}"
        if self.seconds_left is None:
            return done
        rate = f"{self.per_second:,.0f}" if self.per_second >= 10 else f"{self.per_second:.1f}"
        return f"{done}，最近一分钟平均每秒 {rate} {self.unit}，还要{_lasting(self.seconds_left)}"


def of(session: Session, push: Push, *, at: datetime) -> Progress:
    """How the push stands at this moment, in one pass over its deliveries."""
    since = at - WINDOW if push.started_at is None else max(at - WINDOW, push.started_at)
    fresh, taken = Delivery.accepted_at > since, Delivery.accepted_at.is_not(None)
    open_ = sa.and_(Delivery.status.in_(_TO_SEND), Delivery.finished_at.is_(None))
    unit = shares.unit_of(push)
    to_groups = Delivery.target_kind.in_(roads.GROUPS)
    counted = to_groups if unit == shares.GROUPS else sa.not_(to_groups)
    wanted = (
        _people(taken).label("accepted"),
        _people(Delivery.status != "cancelled").label("total"),
        _people(open_).label("left"),
        _people(fresh).label("recent"),
    )
    sums = session.execute(sa.select(*wanted).where(Delivery.push_id == push.id, counted)).one()
    elapsed = (at - since).total_seconds()
    per_second = sums.recent / elapsed if elapsed > 0 else 0.0
    running = push.status == PushStatus.SENDING.value and per_second > 0
    return Progress(
        accepted=sums.accepted,
        total=sums.total if push.planned_at else push.planned,
        left=sums.left if push.planned_at else push.planned,
        per_second=per_second,
        seconds_left=math.ceil(sums.left / per_second) if running else None,
        unit=unit,
    )


def _people(where: sa.ColumnElement[bool]) -> sa.ColumnElement[int]:
    return sa.func.coalesce(sa.func.sum(sa.case((where, Delivery.recipients), else_=0)), 0)


def _lasting(seconds: int) -> str:
    """Some seconds as people say them: 不到 1 分钟, 约 5 分钟, 约 2 小时 10 分钟."""
    if seconds < 60:
        return "不到 1 分钟"
    hours, minutes = divmod(math.ceil(seconds / 60), 60)
    if not hours:
        return f"约 {minutes} 分钟"
    return f"约 {hours} 小时 {minutes} 分钟" if minutes else f"约 {hours} 小时"
