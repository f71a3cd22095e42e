"""栏目时段: at which moments the recurring times of a column fall."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar

from ground import clock
from workdays import Workdays

_TIME = re.compile(r"([01]\d|2[0-3]):[0-5]\d")
_LOOK_AHEAD_DAYS = 400
LARGEST = 8
"""How many articles a slot may take at once: WeChat sends no more in one message."""

T = TypeVar("T")
Slot = dict[str, Any]
"""``{"weekdays": [0..6, Monday is 0], "time": "08:00", "audience": "all", "active": True}``, in Shanghai's time.

With ``"rests": True`` it is left out on holidays, with ``"made_up": True`` it falls on the weekend days too that make up for one.
``most`` is how many articles it takes at once (1 to :data:`LARGEST`, one where nothing is said). ``meant`` beside the audience is
what its names stand for, by number, where that was noted. ``since`` is the moment, in ISO, from which it is what it is: it has no
moments before that, for nobody waited for them.
"""


def is_time(text: str) -> bool:
    """Whether it is written like ``08:00``."""
    return _TIME.fullmatch(text) is not None


def takes(slot: Slot) -> int:
    """How many articles it takes at once."""
    return min(max(int(slot.get("most", 1)), 1), LARGEST)


def moments(slots: Sequence[Slot], after: datetime, days: Workdays) -> Iterator[tuple[Slot, datetime]]:
    """The active slots with their moments later than ``after``, in UTC and in order, for a little more than a year.

    ``days`` is the calendar of the office (:func:`workdays.load`).

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
            if _falls_on(slot, day, days):
                today.setdefault(slot["time"], slot)
        for text in sorted(today):
            moment = datetime.combine(day, time.fromisoformat(text), clock.SHANGHAI).astimezone(UTC)
            if moment > after and moment > _since(today[text]):
                yield today[text], moment


def _since(slot: Slot) -> datetime:
    return datetime.fromisoformat(slot["since"]) if slot.get("since") else datetime.min.replace(tzinfo=UTC)


def dealt(
    slots: Sequence[Slot], waiting: Sequence[T], after: datetime, days: Workdays
) -> Iterator[tuple[Slot, datetime, Sequence[T]]]:
    """The moments later than ``after``, each with what its slot takes of a queue: the head first, in the end nothing."""
    first = 0
    for slot, moment in moments(slots, after, days):
        yield slot, moment, waiting[first : first + takes(slot)]
        first += takes(slot)


def _falls_on(slot: Slot, day: date, days: Workdays) -> bool:
    if slot.get("made_up") and days.is_made_up(day):
        return True
    return day.weekday() in (slot.get("weekdays") or ()) and not (slot.get("rests") and days.is_holiday(day))


def came(
    slots: Sequence[Slot], after: datetime, now: datetime, days: Workdays
) -> Iterator[tuple[Slot, datetime]]:
    """The slots whose moment has come by ``now`` and later than ``after``, with that moment in UTC.

    One that goes by the calendar has none before that was last changed: it stood on other days then.
    """
    for slot, moment in moments(slots, after, days):
        if moment > now:
            return
        by_calendar = slot.get("rests") or slot.get("made_up")
        if not (by_calendar and days.since is not None and moment <= days.since):
            yield slot, moment
