"""放假通知: the holidays of a year as the State Council's notice writes them, so that nobody has to type in thirty dates.

``一、元旦：1月1日（周四）至3日（周六）放假调休，共3天。1月4日（周日）上班。``
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date

from ground.errors import Refused
from workdays.days import Holiday, span

_LONGEST = 20_000
_MOST_DAYS = 20
_HEAD = re.compile(r"([一-鿿、]{0,12}?(?:节|元旦))[:：]")
_SPAN = re.compile(
    r"(?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(?:[（(][^（）()]{1,20}[)）])?"
    r"(?:[至到—~～-](?:(\d{4})年)?(?:(\d{1,2})月)?(\d{1,2})日(?:[（(][^（）()]{1,20}[)）])?)?"
)
_ORDINAL = re.compile(r"^[一二三四五六七八九十]{1,3}、")
_SEPARATORS = re.compile(r"[、，,；;和及]")
_SPACES = re.compile(r"\s{1,400}")


def read(text: str, year: int) -> list[Holiday]:
    """The holidays of ``year`` that the notice names, in their order.

    Raises :class:`errors.Refused` for a text in which none is found, and for a sentence that cannot be right (a make-up day on a
    weekday, a day named twice).
    """
    plain = _SPACES.sub("", text[:_LONGEST])
    heads = list(_HEAD.finditer(plain))
    ends = [*(head.start() for head in heads[1:]), len(plain)][: len(heads)]
    found = [
        _holiday(_ORDINAL.sub("", head[1]), plain[head.end() : end], year)
        for head, end in zip(heads, ends, strict=True)
    ]
    named = [one for one in found if one.off]
    if not named:
        raise Refused(
            "没有找到放假日期，请粘贴放假通知的正文，例如“元旦：1月1日（周四）至3日（周六）放假调休，共3天。”"
        )
    check(named, year)
    return named


def check(holidays: list[Holiday], year: int) -> None:
    """Raise :class:`errors.Refused` for what cannot be right, naming the holiday."""
    taken: dict[date, str] = {}
    for one in holidays:
        for day in one.days:
            if day in taken:
                raise Refused(f"{day.month}月{day.day}日在“{taken[day]}”和“{one.name}”里都写到了，请核对")
            taken[day] = one.name
            if abs(day.year - year) > 1:
                raise Refused(f"“{one.name}”里的 {day:%Y-%m-%d} 不在 {year} 年前后，请核对年份")
        for day in one.made_up:
            if day.weekday() < 5:
                raise Refused(f"“{one.name}”的调休上班日 {day.month}月{day.day}日不是周末，请核对年份和日期")
        if len(one.off) > _MOST_DAYS:
            raise Refused(f"“{one.name}”放假 {len(one.off)} 天，太长，请核对起止日期")


def _holiday(name: str, said: str, year: int) -> Holiday:
    off: list[date] = []
    made_up: list[date] = []
    for sentence in re.split(r"[。；;]", said):
        for clause in re.split(r"(?<=放假)|(?<=上班)", sentence):
            days = list(_days(clause, year))
            if "上班" in clause:
                made_up += days
            elif "放假" in clause or "休息" in clause:
                off += days
    return Holiday(name, tuple(dict.fromkeys(off)), tuple(dict.fromkeys(made_up)))


def _days(clause: str, year: int) -> Iterator[date]:
    """Every day that a clause names; a month that is not written is that of the day before it, a year the one that is meant."""
    month = 0
    for found in _SPAN.finditer(clause):
        begins_in, month = int(found[1] or year), int(found[2] or month)
        first = _date(begins_in, month, int(found[3]))
        last = first
        if found[6]:
            before, month = month, int(found[5] or month)
            last = _date(int(found[4] or begins_in + (month < before)), month, int(found[6]))
        if not 0 <= (last - first).days <= 60:
            raise Refused(f"“{found[0]}”的起止日期不对，请核对")
        yield from span(first, last)


def _date(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError as error:
        raise Refused(f"没有“{month}月{day}日”这一天，请核对") from error


def dates(text: str, year: int) -> tuple[date, ...]:
    """The days of ``2月15日至23日、2月28日``; none for an empty text. Raises :class:`errors.Refused` for anything else."""
    plain = _SPACES.sub("", text[:400])
    if _SEPARATORS.sub("", _SPAN.sub("", plain)):
        raise Refused(f"“{plain[:20]}”看不懂，请写成“2月15日至23日”，多个日期用顿号隔开")
    return tuple(dict.fromkeys(_days(plain, year)))


def written(days: Sequence[date], year: int) -> str:
    """The days as :func:`dates` reads them, spans together."""
    spans: list[list[date]] = []
    for day in sorted(days):
        if spans and (day - spans[-1][-1]).days == 1:
            spans[-1].append(day)
        else:
            spans.append([day])
    return "、".join(_span(span[0], span[-1], year) for span in spans)


def _span(first: date, last: date, year: int) -> str:
    said = _named(first, year)
    if last == first:
        return said
    same = (first.year, first.month) == (last.year, last.month)
    return f"{said}至{f'{last.day}日' if same else _named(last, year)}"


def _named(day: date, year: int) -> str:
    return f"{'' if day.year == year else f'{day.year}年'}{day.month}月{day.day}日"
