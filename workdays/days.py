"""Which days are worked: pure. A year whose holidays nobody has entered has weekends alone, and says so."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from models import YearState

_SATURDAY = 5
_FURTHEST = 800
"""Days that are looked through for a working day: more than two years, so that no mistake of a table runs for ever."""


YEAR_NAMES = {
    YearState.ANNOUNCED: "已按放假通知录入",
    YearState.PROVISIONAL: "暂按法定节假日，未含调休",
}


@dataclass(frozen=True)
class Holiday:
    """A holiday: its days off, and the weekend days that are worked for it."""

    name: str
    off: tuple[date, ...]
    made_up: tuple[date, ...] = ()

    @property
    def days(self) -> Sequence[date]:
        """All days that are not what their weekday says, in order."""
        return sorted((*self.off, *self.made_up))


@dataclass(frozen=True)
class Workdays:
    """``special``: day → (name, whether it is worked). ``years``: those whose holidays are known, and how far.

    ``since`` is when somebody last entered any: what was looked at before knew other days.
    """

    special: Mapping[date, tuple[str, bool]] = field(default_factory=dict)
    years: Mapping[int, YearState] = field(default_factory=dict)
    since: datetime | None = None

    def works(self, day: date) -> bool:
        """Whether the office works that day."""
        named = self.special.get(day)
        return named[1] if named is not None else day.weekday() < _SATURDAY

    def is_holiday(self, day: date) -> bool:
        """Whether it is a day off with a name: plain weekends are none."""
        named = self.special.get(day)
        return named is not None and not named[1]

    def is_made_up(self, day: date) -> bool:
        """Whether it is a weekend day that is worked: 调休上班."""
        named = self.special.get(day)
        return named is not None and named[1]

    def label(self, day: date) -> str:
        """What a calendar says beside the day: ``国庆节`` or ``国庆节调休上班``; mostly nothing."""
        named = self.special.get(day)
        return "" if named is None else f"{named[0]}调休上班" if named[1] else named[0]

    def remark(self, year: int) -> str:
        """What a person must know of a year whose holidays are not those of a notice; empty where they are."""
        state = self.years.get(year)
        if state is None:
            return f"{year} 年的放假安排还没有录入，现在只按周末休息计算"
        if state is YearState.PROVISIONAL:
            return f"{year} 年暂按法定节假日计算，调休上班日还没有录入，放假通知公布后请补上"
        return ""

    def after(self, day: date, count: int) -> date:
        """The ``count``-th working day later than ``day``; ``day`` itself for none. Raises ValueError for a negative count."""
        if count < 0:
            raise ValueError("count")
        for _ in range(count):
            day = self._next(day)
        return day

    def between(self, first: date, last: date) -> int:
        """How many working days are later than ``first`` and not later than ``last``."""
        span = range(1, (last - first).days + 1)
        return sum(self.works(first + timedelta(days=number)) for number in span)

    def _next(self, day: date) -> date:
        found = (day + timedelta(days=number) for number in range(1, _FURTHEST))
        return next((one for one in found if self.works(one)), day + timedelta(days=_FURTHEST))


def of(
    holidays: Iterable[Holiday], years: Mapping[int, YearState], *, since: datetime | None = None
) -> Workdays:
    """The calendar that these holidays make."""
    special: dict[date, tuple[str, bool]] = {}
    for holiday in holidays:
        special |= dict.fromkeys(holiday.off, (holiday.name, False))
        special |= dict.fromkeys(holiday.made_up, (holiday.name, True))
    return Workdays(special, dict(years), since)


def span(first: date, last: date) -> list[date]:
    """Every day from ``first`` to ``last``."""
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]
