"""免打扰时段: when nothing is sent that does not answer a person. ``"22:00-07:00"`` in Shanghai's time; empty means never."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import sqlalchemy as sa

from ground import clock
from models import Push, PushStatus
from settings import Settings


def sendable(moment: datetime, settings: Settings) -> list[sa.ColumnElement[bool]]:
    """SQL: pushes of which something may be sent at ``moment``: in the quiet hours those that two people have agreed on."""
    return sendable_where(quiet=is_quiet(moment, settings))


def sendable_where(*, quiet: bool) -> list[sa.ColumnElement[bool]]:
    """SQL: the same, for who has looked whether it is ``quiet``."""
    sending = [Push.status == PushStatus.SENDING.value]
    return [*sending, Push.urgent != ""] if quiet else sending


def is_quiet(moment: datetime, settings: Settings) -> bool:
    """Whether ``moment`` falls into the quiet hours."""
    return defer(moment, settings.limits.quiet_hours) != moment


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


def spans(day: date, quiet_hours: str) -> list[tuple[datetime, datetime]]:
    """The parts of a Shanghai day that are quiet, each with its beginning and its end, in UTC and in order."""
    if not quiet_hours:
        return []
    first, last = clock.day_bounds(day)
    start, end = (
        datetime.combine(day, time.fromisoformat(half), clock.SHANGHAI).astimezone(first.tzinfo)
        for half in quiet_hours.split("-")
    )
    found = [(start, end)] if start < end else [(first, end), (start, last)] if start > end else []
    return [one for one in found if one[0] < one[1]]
