"""工作时间: how long the office was at work between two moments. Pure."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from ground import clock
from workdays.days import Workdays

OPENS, CLOSES = time(8, 30), time(17, 30)
"""In Shanghai; the break at noon counts as work, since nobody needs it to the minute."""
_FURTHEST = 400


def is_daytime(moment: datetime) -> bool:
    """Whether the office is at work at this time of a day on which it works."""
    return OPENS <= clock.to_shanghai(moment).time() <= CLOSES


def at_work(days: Workdays, since: datetime, until: datetime) -> timedelta:
    """How much of the time from ``since`` to ``until`` lies in office hours of working days, of the first 400 days at most."""
    first, last = clock.to_shanghai(since), clock.to_shanghai(until)
    found = timedelta()
    for number in range(min((last.date() - first.date()).days, _FURTHEST) + 1):
        day = first.date() + timedelta(days=number)
        if days.works(day):
            begins = max(first, datetime.combine(day, OPENS, clock.SHANGHAI))
            ends = min(last, datetime.combine(day, CLOSES, clock.SHANGHAI))
            found += max(ends - begins, timedelta())
    return found
