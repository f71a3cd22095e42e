"""Whether a time that was said is the time of an activity: 今晚, 七点半, 11月24日, 周二."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

_CLOCK = re.compile(
    r"([0-9零一二三四五六七八九十]{1,3})点(?:(半|一刻|三刻)|([0-9零一二三四五六七八九十]{1,3}))?"
)
_DATE = re.compile(r"(?:([0-9一二三四五六七八九十]{1,3})月份?)?([0-9一二三四五六七八九十]{1,3})?")
_WEEKDAYS = "一二三四五六日"
_PARTS = {
    "早": (4, 10), "上午": (6, 12), "中午": (11, 14), "下午": (12, 19), "午后": (12, 19), "夜": (17, 24),
    "傍晚": (16, 20), "晚": (17, 24),
}  # fmt: skip
_DIGITS = {digit: number for number, digit in enumerate("零一二三四五六七八九")}
_EARLY, _SOON = timedelta(minutes=90), timedelta(minutes=30)
"""How long before an activity opens a time still means it, and how long after now it is no plan for later."""


def fits(said: str, starts: datetime, ends: datetime, now: datetime) -> bool:
    """Whether a date, weekday, time or part of a day may mean a window that is open now, and not later. All in local time."""
    if "点" in said:
        return _clock_fits(said, starts, ends, now)
    if said[0] in "星周礼":
        days = {starts.date(), now.date()}
        return _WEEKDAYS.find(said[-1].replace("天", "日")) in {day.weekday() for day in days}
    for part, (first, last) in _PARTS.items():
        if part in said:
            today = now.replace(hour=0, minute=0, second=0, microsecond=0)
            begun = today + timedelta(hours=first) <= now + _SOON
            return begun and starts < today + timedelta(hours=last)
    return _date_fits(said, {starts.date(), now.date()})


def _clock_fits(said: str, starts: datetime, ends: datetime, now: datetime) -> bool:
    found = _CLOCK.search(said)
    hour = number(found[1]) if found else None
    if found is None or hour is None or hour > 24:
        return False
    minute = {"半": 30, "一刻": 15, "三刻": 45}.get(found[2] or "", number(found[3] or "0") or 0)
    today = now.replace(hour=0, minute=0, second=0, microsecond=0)
    hours = [hour] if hour > 12 else [hour, hour + 12]
    moments = [today + timedelta(hours=one, minutes=minute) for one in hours]
    return any(starts - _EARLY <= moment <= min(ends, now) + _SOON for moment in moments)


def _date_fits(said: str, days: set[date]) -> bool:
    found = _DATE.match(said)
    if found is None:
        return False
    month, day = (number(part) if part else None for part in found.groups())
    return any(month in (None, one.month) and day in (None, one.day) for one in days)


def number(text: str) -> int | None:
    """``12``, ``十二`` or ``二十四`` as a number up to 99; None for what is none."""
    if text.isdigit():
        return int(text)
    tens, ten, ones = text.rpartition("十") if "十" in text else ("", "", text)
    if len(tens) > 1 or len(ones) > 1 or any(char not in _DIGITS for char in tens + ones):
        return None
    return (_DIGITS[tens] if tens else 1 if ten else 0) * 10 + (_DIGITS[ones] if ones else 0)
