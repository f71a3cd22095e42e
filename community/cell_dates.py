"""A date in a cell, in whatever way an office writes it. Pure.

What can only be one day is taken. What leaves room (a month alone, 1998.1, a year of two digits) is taken with a remark that says
how it was read. What people write where they know no date (不详, ——) is nothing, with a remark: an optional column costs nobody.
A day that does not exist, and what is no date at all, raises ``ValueError``.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import NamedTuple

from community.cells import NOTHING
from ground.cells import compact, text_of
from ground.spreadsheet import Cell

FOUNDED = date(1921, 7, 1)
_EPOCH = date(1899, 12, 30)
_SERIALS = range(4_000, 60_000)
"""Excel's count of days from 1910 to 2064."""
_DAY = re.compile(r"([0-9]{4})(?:年|[-./、])([0-9]{1,2})(?:月|[-./、])([0-9]{1,2})[日号]?")
_MONTH = re.compile(r"([0-9]{4})(?:年|[-./、])([0-9]{1,2})月?份?")
_SHORT_YEAR = re.compile(r"([0-9]{2})(?:年|[-./、])([0-9]{1,2})(?:月|[-./、])([0-9]{1,2})[日号]?")
_DAY_FIRST = re.compile(r"([0-9]{1,2})[-./]([0-9]{1,2})[-./]([0-9]{4})")
_TIME = re.compile(r"[0-9]{1,2}:[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,6})?)?")
_CHINESE = re.compile(r"[〇零○一二三四五六七八九十]+")
_DIGITS = {digit: str(value) for value, digit in enumerate("零一二三四五六七八九")} | {"〇": "0", "○": "0"}
_ONLY_MONTH = "只写了年月，按当月 1 日记录"
_ONLY_YEAR = "只写了年份，按当年 1 月 1 日记录，请补上月日"


class Reading(NamedTuple):
    """The day in a cell (None: none), a remark, usually empty, and whether the cell says that nobody knows: then what was known
    before stays.
    """

    value: date | None
    remark: str = ""
    unread: bool = False


def day(cell: Cell, *, today: date) -> Reading:
    """What a cell says. Raises ``ValueError`` for what is no day, or none on which anybody can have joined."""
    if isinstance(cell, datetime):
        return Reading(_plausible(cell.date(), today))
    if isinstance(cell, date):
        return Reading(_plausible(cell, today))
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        found = _of_number(float(cell))
    else:
        text = _arabic(_without_time(text_of(cell)))
        if not text:
            return Reading(None)
        if text in NOTHING:
            return Reading(None, f"“{text}”按未填写处理，请补上", unread=True)
        found = _of_text(text)
    if found is None:
        raise ValueError("日期看不懂，请写成 2001-03-26 的样子")
    return Reading(_plausible(found[0], today), found[1])


def _without_time(text: str) -> str:
    """``1998-7-1 08:30`` is a day; other spaces are decoration."""
    before, _, last = " ".join(text.replace("T", " ").split()).rpartition(" ")
    return compact(before if before and _TIME.fullmatch(last) else text)


def _of_number(number: float) -> tuple[date, str] | None:
    if number.is_integer() and 19_000_000 <= number <= 21_001_231:
        return _of_text(str(int(number)))
    if number.is_integer() and 190_001 <= number <= 210_012:
        return _of_text(str(int(number)))
    if 1921 <= number < 2100:
        return _of_decimal(number)
    if _SERIALS.start <= number < _SERIALS.stop:
        return _EPOCH + timedelta(days=int(number)), ""
    return None


def _of_decimal(number: float) -> tuple[date, str] | None:
    """1998.7 that became a number: .1 may have been October, whose 0 a spreadsheet drops."""
    year, _, month = f"{number:.2f}".partition(".")
    if month == "00":
        return _made(year, "1", "1"), _ONLY_YEAR
    if month == "10":
        return _made(year, "1", "1"), f"“{number}”可能是 1 月也可能是 10 月，按 1 月 1 日记录，请核对"
    return _made(year, str(int(month.rstrip("0"))), "1"), _ONLY_MONTH


def _of_text(text: str) -> tuple[date, str] | None:
    text = text.removesuffix(".0").rstrip(".。,，;；")
    if re.fullmatch("[0-9]{8}", text):
        return _made(text[:4], text[4:6], text[6:8]), ""
    if re.fullmatch("(?:19|20)[0-9]{4}", text):
        return _made(text[:4], text[4:6], "1"), _ONLY_MONTH
    if re.fullmatch("(?:19|20)[0-9]{2}年?", text):
        return _made(text[:4], "1", "1"), _ONLY_YEAR
    if re.fullmatch("[0-9]{5}", text) and int(text) in _SERIALS:
        found = _EPOCH + timedelta(days=int(text))
        return found, f"“{text}”是 Excel 的日期序号，按 {found} 记录"
    if match := _DAY.match(text):
        rest = text[match.end() :]
        if not rest[:1].isdigit():
            return _made(*match.groups()), f"只取了日期，没有取“{rest[:10]}”" if rest else ""
    if (match := _MONTH.match(text)) and text[match.end() :][:1] in ("", "("):
        rest = text[match.end() :]
        left = f"，没有取“{rest[:10]}”" if rest else ""
        return _made(match[1], match[2], "1"), _ONLY_MONTH + left
    return _unusual(text)


def _unusual(text: str) -> tuple[date, str] | None:
    if match := _SHORT_YEAR.fullmatch(text):
        year = f"19{match[1]}" if int(match[1]) > 30 else f"20{match[1]}"
        return _made(year, match[2], match[3]), f"年份只写了两位，按 {year} 年记录，请核对"
    match = _DAY_FIRST.fullmatch(text)
    if match and (int(match[1]) > 12) != (int(match[2]) > 12):
        first, second = (match[2], match[1]) if int(match[1]) > 12 else (match[1], match[2])
        found = _made(match[3], first, second)
        return found, f"按 {found} 记录，请核对月和日"
    return None


def _arabic(text: str) -> str:
    """二〇〇一年七月一日 in Arabic digits; 十 and its company as numbers, single ones as digits."""
    return _CHINESE.sub(lambda found: _number(found[0]), text) if "年" in text else text


def _number(said: str) -> str:
    tens, ten, ones = said.partition("十")
    if not ten:
        return "".join(_DIGITS[digit] for digit in said)
    return (_DIGITS.get(tens, "") or "1") + (_DIGITS.get(ones, "") or "0")


def _made(year: str, month: str, day_of_month: str) -> date:
    try:
        return date(int(year), int(month), int(day_of_month))
    except ValueError:
        raise ValueError("没有这一天，请核对年月日") from None


def _plausible(value: date, today: date) -> date:
    if value < FOUNDED:
        raise ValueError("早于 1921 年 7 月 1 日，请核对年份")
    if value > today:
        raise ValueError("晚于今天，请核对年份")
    return value
