"""栏目时段: at which moments the recurring times of a column fall."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any

from ground import clock

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_LOOK_AHEAD_DAYS = 400

Slot = dict[str, Any]
"""``{"weekdays": [0..6, Monday is 0], "time": "08:00", "audience": "all", "active": True}``, in Shanghai's time."""


def is_time(text: str) -> bool:
    """Whether it is written like ``08:00``."""
    return _TIME.fullmatch(text) is not None


def moments(slots: Sequence[Slot], after: datetime) -> Iterator[tuple[Slot, datetime]]:
    """The active slots with their moments later than ``after``, in UTC and in order, for a little more than a year.

    Where two slots fall on one moment, the first of them has it: a column sends once at a time.
    """
    active = [slot for slot in slots if slot.get("active", True) and is_time(str(slot.get("time", "")))]
    if not active:
        return
    first = clock.shanghai_day(after)
    for offset in range(_LOOK_AHEAD_DAYS):
        day = first + timedelta(days=offset)
        today: dict[str, Slot] = {}
        for slot in active:
            if day.weekday() in (slot.get("weekdays") or ()):
                today.setdefault(slot["time"], slot)
        for text in sorted(today):
            moment = datetime.combine(day, time.fromisoformat(text), clock.SHANGHAI).astimezone(UTC)
            if moment > after:
                yield today[text], moment


def due(slots: Sequence[Slot], now: datetime, grace_minutes: int) -> Iterator[tuple[Slot, datetime]]:
    """The slots whose moment has come within the grace, with that moment in UTC."""
    for slot, moment in moments(slots, now - timedelta(minutes=grace_minutes)):
        if moment > now:
            return
        yield slot, moment


def coming(slots: Sequence[Slot], start: datetime, count: int) -> list[datetime]:
    """The next ``count`` moments after ``start``; fewer where there are none."""
    return [moment for (_, moment), _ in zip(moments(slots, start), range(count), strict=False)]
