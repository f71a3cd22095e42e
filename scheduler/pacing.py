"""When calls to one target are made of which WeChat takes only so many a minute: the others wait, and none is lost."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Delivery
from scheduler.roads import Road
from settings import Settings

_MINUTE = timedelta(minutes=1)
_MADE = ("planned", "claimed", "delivered", "failed", "unknown")


def moments(
    session: Session, settings: Settings, road: Road, targets: Sequence[int | None], now: datetime
) -> Sequence[datetime]:
    """When calls of this road to these targets are due: at once, or a minute after as many as one minute may have.

    Counted are the calls of all pushes, also those that wait. Only one plan is written at a time, so none is overlooked.
    """
    most = road.per_minute(settings.wechat.limits)
    if not most or not targets:
        return [now] * len(targets)
    lately = _lately(session, road, set(targets), now)
    found = []
    for target in targets:
        due = lately[target]
        due.append(max(now, due[-most] + _MINUTE) if len(due) >= most else now)
        found.append(due[-1])
    return found


def _lately(
    session: Session, road: Road, targets: set[int | None], now: datetime
) -> defaultdict[int | None, list[datetime]]:
    """When the calls of the last minute to each target were due, and those that wait will be; the latest last."""
    wanted = [one for one in targets if one is not None]
    rows = session.execute(
        sa.select(Delivery.target_id, Delivery.due_at)
        .where(
            Delivery.status.in_(_MADE),
            Delivery.due_at > now - _MINUTE,
            Delivery.road == road.name,
            Delivery.target_id.in_(wanted),
        )
        .order_by(Delivery.due_at)
    )
    lately: defaultdict[int | None, list[datetime]] = defaultdict(list)
    for target, due in rows:
        lately[target].append(due)
    return lately


__all__ = ["moments"]
