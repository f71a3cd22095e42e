"""Dates against weekdays, days that do not exist, periods that end before they begin, times that no clock shows."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import date

from content.proofing import numerals
from content.proofing.findings import Found, Severity
from content.proofing.text import Line, Text

_DATE = re.compile(
    r"(?:(?P<year>\d{4}|[〇零一二三四五六七八九十]{4}|今|去|明|本)年)?(?P<month>\d{1,2}|[〇零一二三四五六七八九十]{"
    r"1,3})月(?P<day>\d{1,2}|[〇零一二三四五六七八九十]{1,3})[日号]?(?P<gap>(?:上午|下午|晚上?|早上)?[ \u3000"
    r"]?[（(，, ]?[ \u3000]?)(?:(?:星期|周|礼拜)(?P<weekday>[一二三四五六日天]))?"
)
_TURNED = re.compile(
    r"(?:星期|周)(?P<weekday>[一二三四五六日天])[（(](?:(?P<year>\d{4})年)?"
    r"(?P<month>\d{1,2})月(?P<day>\d{1,2})日?[）)]"
)
_YEAR = re.compile(r"(?<!\d)(?:19|20)\d{2}(?=年)")
_RANGE = re.compile(r"(?<!\d)(\d{1,2})月(\d{1,2})日?(?:至|到|—|－|-|–|~|～)(\d{1,2})月(\d{1,2})日")
_TIME = re.compile(r"(?<![\d:：.])(\d{1,2})[:：](\d{2})(?![\d:：])")
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_WEEKDAYS = "一二三四五六日"
_RELATIVE = {"今": 0, "本": 0, "去": -1, "明": 1}


def find(text: Text, today: date) -> Iterator[Found]:
    """Everything about days and times. A date without a year is held against the years that it may mean."""
    last: int | None = None
    for line in text.lines:
        if not any(char in line.half for char in "年月:："):
            continue
        years = [(match.start(), int(match[0])) for match in _YEAR.finditer(line.half)]
        for match in [*_DATE.finditer(line.half), *_TURNED.finditer(line.half)]:
            before = bisect_left(years, (match.start(), 0))
            named = _year_of(match["year"], today)
            yield from _date(line, match, named, years[before - 1][1] if before else last, today)
        last = years[-1][1] if years else last
        yield from _ranges(line)
        yield from _times(line)


def _year_of(written: str | None, today: date) -> int | None:
    if not written:
        return None
    if written in _RELATIVE:
        return today.year + _RELATIVE[written]
    found = numerals.value(written)
    return found if found and 1900 <= found <= 2100 else None


def _date(
    line: Line, match: re.Match[str], named: int | None, near: int | None, today: date
) -> Iterator[Found]:
    month, day = numerals.value(match["month"]) or 0, numerals.value(match["day"]) or 0
    if not 1 <= month <= 12 or not 1 <= day <= _DAYS[month - 1] or (named and not _made(named, month, day)):
        end = match.end("day") + (line.half[match.end("day") : match.end("day") + 1] in ("日", "号"))
        if 0 < month < 100 and match["day"] and line.half[match.end("day") : end]:
            yield Found("date", Severity.CONFIRM, line.number, match.start(), end, "没有这一天", "请核对日期")
        return
    if not match["weekday"]:
        return
    wanted = {year: _made(year, month, day) for year in _candidates(named, near, month, today)}
    said = _WEEKDAYS.index(match["weekday"].replace("天", "日"))
    if not wanted or any(one and one.weekday() == said for one in wanted.values()):
        return
    year, first = next(iter(wanted.items()))
    if first is None:
        return
    right = _WEEKDAYS[first.weekday()]
    end = match.end() + (line.text[match.end() : match.end() + 1] in ("）", ")"))
    replacement = (
        line.text[match.start() : match.start("weekday")] + right + line.text[match.end("weekday") : end]
    )
    reason = f"{year}年{month}月{day}日是星期{right}"
    yield Found("weekday", Severity.CONFIRM, line.number, match.start(), end, reason, replacement=replacement)


def _candidates(named: int | None, near: int | None, month: int, today: date) -> list[int]:
    if named:
        return [named]
    found = [near] if near and abs(near - today.year) <= 1 else []
    found.append(today.year)
    if month <= 3 and today.month >= 10:
        found.append(today.year + 1)
    if month >= 10 and today.month <= 3:
        found.append(today.year - 1)
    return list(dict.fromkeys(found))


def _made(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _ranges(line: Line) -> Iterator[Found]:
    for match in _RANGE.finditer(line.half):
        begins, ends = (int(match[1]), int(match[2])), (int(match[3]), int(match[4]))
        if ends < begins and not (begins[0] >= 10 and ends[0] <= 3):
            yield Found(
                "date", Severity.CONFIRM, line.number, *match.span(), "结束日期早于开始日期", "请核对"
            )


def _times(line: Line) -> Iterator[Found]:
    for match in _TIME.finditer(line.half):
        hour, minute = int(match[1]), int(match[2])
        before = line.half[max(0, match.start() - 6) : match.start()]
        if (hour > 24 or minute > 59) and re.search(r"[日号午晨晚间时午从至到]$", before):
            yield Found("date", Severity.CONFIRM, line.number, *match.span(), "没有这个时刻", "请核对时间")
