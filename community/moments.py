"""Moments in the words of a reply: Shanghai's time, without what everybody knows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from ground import clock


def moment(at: datetime) -> str:
    """``9月20日 19:02`` in Shanghai; with the year where it is not this one."""
    local = clock.to_shanghai(at)
    year = "" if local.year == clock.to_shanghai(clock.now()).year else f"{local.year}年"
    return f"{year}{local.month}月{local.day}日 {local:%H:%M}"


def span(start: datetime, end: datetime) -> str:
    """``9月20日 18:30–20:00``, or both days where they differ."""
    if clock.shanghai_day(start) == clock.shanghai_day(end):
        return f"{moment(start)}–{clock.to_shanghai(end):%H:%M}"
    return f"{moment(start)} 至 {moment(end)}"


def month_bounds(at: datetime) -> tuple[datetime, datetime]:
    """First moment of the Shanghai month of ``at`` and of the next one, both in UTC."""
    start = clock.to_shanghai(at).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    end = (start + timedelta(days=32)).replace(day=1)
    return start.astimezone(UTC), end.astimezone(UTC)


def months_later(moment: datetime, months: int) -> datetime:
    """The same day and hour of Shanghai so many months later; the last day of a month that is shorter."""
    local = clock.to_shanghai(moment)
    number = local.year * 12 + local.month - 1 + months
    first = local.replace(year=number // 12, month=number % 12 + 1, day=1)
    last = (first + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(local.day, last.day)).astimezone(UTC)
