"""免打扰时段: when nothing is sent that does not answer a person. ``"22:00-07:00"`` in Shanghai's time; empty means never."""

from __future__ import annotations

from datetime import datetime, time, timedelta

import sqlalchemy as sa

from ground import clock
from models import Push, PushStatus
from settings import Settings


def sendable(moment: datetime, settings: Settings) -> list[sa.ColumnElement[bool]]:
    """SQL: pushes of which something may be sent at ``moment``: in the quiet hours those that two people have agreed on."""
    sending = [Push.status == PushStatus.SENDING.value]
    if defer(moment, settings.limits.quiet_hours) == moment:
        return sending
    return [*sending, Push.urgent != ""]


def defer(moment: datetime, quiet_hours: str) -> datetime:
    """``moment`` itself, or the end of the quiet hours that it falls into."""
    if not quiet_hours:
        return moment
    start, end = (time.fromisoformat(half) for half in quiet_hours.split("-"))
    if start == end:
        return moment
    local = clock.to_shanghai(moment)
    present = local.time()
    if start < end:
        inside = start <= present < end
    else:
        inside = present >= start or present < end
    if not inside:
        return moment
    over = local.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0)
    if over <= local:
        over += timedelta(days=1)
    return over.astimezone(moment.tzinfo)
