"""A month or a year of the office, for which ledgers are kept. An activity belongs to the one in which it begins, in Shanghai."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime

from ground import clock
from ground.errors import Refused

_FIRST_YEAR, _LAST_YEAR = 2000, 2100
_KEY = re.compile(r"(\d{4})(?:-(\d{1,2}))?")


@dataclass(frozen=True, order=True)
class Period:
    """A year, or one ``month`` (1 to 12) of it; 0 is the whole year."""

    year: int
    month: int = 0

    @property
    def key(self) -> str:
        """``2026-11``, or ``2026``: how addresses and commands write it."""
        return f"{self.year}-{self.month:02d}" if self.month else str(self.year)

    @property
    def label(self) -> str:
        """``2026年11月``, or ``2026年``."""
        return f"{self.year}年{self.month}月" if self.month else f"{self.year}年"

    @property
    def starts_at(self) -> datetime:
        """Its first moment."""
        return clock.day_bounds(date(self.year, self.month or 1, 1))[0]

    @property
    def ends_at(self) -> datetime:
        """The first moment after it."""
        return self.moved(1).starts_at

    def moved(self, by: int) -> Period:
        """So many months, or years, later; earlier where negative."""
        if not self.month:
            return Period(self.year + by)
        number = self.year * 12 + self.month - 1 + by
        return Period(number // 12, number % 12 + 1)

    def months(self) -> list[Period]:
        """Its months, the first first."""
        return [self] if self.month else [Period(self.year, month) for month in range(1, 13)]

    def holds(self, moment: datetime) -> bool:
        """Whether a moment lies in it."""
        return self.starts_at <= moment < self.ends_at


def month_of(moment: datetime) -> Period:
    """The month of a moment."""
    day = clock.shanghai_day(moment)
    return Period(day.year, day.month)


def read(text: str, *, at: datetime) -> Period:
    """A period by its key; nothing is the present month. Raises :class:`Refused` for what is none."""
    if not text.strip():
        return month_of(at)
    found = _KEY.fullmatch(text.strip())
    if found is None:
        raise Refused("期间没有写对，请写成 2026-11（一个月）或 2026（一年）")
    year, month = int(found[1]), int(found[2] or 0)
    if not _FIRST_YEAR <= year <= _LAST_YEAR or (found[2] is not None and not 1 <= month <= 12):
        raise Refused("没有这个月份，请写成 2026-11（一个月）或 2026（一年）")
    return Period(year, month)


__all__ = ["Period", "month_of", "read"]
