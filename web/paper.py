"""Forms on A4: which rows stand on which page, so that every page has its head, its number and nothing cut off.

The browser is not left to break pages: old ones repeat no heading, and none but the newest numbers pages. Rows are as high as
their fullest cell; letters are counted as wide as they are in every Chinese font, a full one an em and others a bit more than
half, so that no page overflows.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from community.form import Form

_EM_MM = 3.53  # 10 pt
_HALF = 0.56
_SIDES_MM = 3.4
_LINE_MM = 4.7
_AIR_MM = 2.5
_HEIGHT_MM = {True: 190.0, False: 277.0}
_FIRST_MM, _NEXT_MM, _FOOT_MM, _END_MM = 26.0, 9.0, 9.0, 15.0
_NOTE_MM = 6.0
"""What stands round the table: title and lines of the first page, the title of the others, the number below, room to sign."""


@dataclass(frozen=True)
class Leaf:
    """One page: its rows, its number and how many there are."""

    form: Form
    rows: Sequence[Sequence[str]]
    number: int
    pages: int

    @property
    def is_first(self) -> bool:
        """Whether it has the title and the lines under it."""
        return self.number == 1

    @property
    def is_last(self) -> bool:
        """Whether it has the total, and room to sign."""
        return self.number == self.pages


def leaves(form: Form) -> list[Leaf]:
    """The pages of a form; one where it has no rows."""
    pages = list(_broken(form))
    return [Leaf(form, rows, number, len(pages)) for number, rows in enumerate(pages, start=1)]


def _broken(form: Form) -> Iterator[Sequence[Sequence[str]]]:
    head = _high([column.name for column in form.columns], form)
    room = _HEIGHT_MM[form.wide] - _FOOT_MM - head - (_NOTE_MM if form.secret else 0)
    end = _END_MM + _NOTE_MM * len(form.notes) + (_high(form.total, form) if form.total else 0)
    rows: list[Sequence[str]] = []
    left = room - _FIRST_MM
    for row in form.rows:
        high = _high(row, form)
        if high > left and rows:
            yield rows
            rows, left = [], room - _NEXT_MM
        rows.append(row)
        left -= high
    if end > left and len(rows) > 1:  # nobody signs a page without a row
        yield rows[:-1]
        rows = rows[-1:]
    yield rows


def _high(row: Sequence[str], form: Form) -> float:
    """How high a row is: that of its fullest cell."""
    cells = zip(row, form.columns, strict=True)
    lines = max(_lines(text, column.mm - _SIDES_MM) for text, column in cells)
    return max(form.row_mm, lines * _LINE_MM + _AIR_MM)


def _lines(text: str, mm: float) -> int:
    wide = sum(1 if unicodedata.east_asian_width(one) in "WFA" else _HALF for one in text) * _EM_MM
    # a letter that does not fit leaves its room empty: each line holds up to an em less
    return 1 if wide <= mm else math.ceil(wide / (mm - _EM_MM))


__all__ = ["Leaf", "leaves"]
