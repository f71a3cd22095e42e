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
_WIDTH_MM = {True: 277.0, False: 190.0}
_HEIGHT_MM = {True: 190.0, False: 277.0}
_TITLE_MM, _WORDS_MM, _NEXT_MM, _FOOT_MM, _SIGNS_MM = 13.0, 6.5, 9.0, 8.0, 15.0
"""What stands round the table: the title, a line under it, the title of further pages, the number below, room to sign."""
_TITLE_EM_MM, _WORDS_EM_MM, _NOTE_EM_MM, _NOTE_MM = 6.35, 3.88, 3.18, 4.5


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
    def is_long(self) -> bool:
        """Whether the title is too long for large letters."""
        return _wide(self.form.title) * _TITLE_EM_MM > _WIDTH_MM[self.form.wide] * 0.96

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
    room = _HEIGHT_MM[form.wide] - _FOOT_MM - head - _notes([form.secret], form)
    end = _SIGNS_MM + _notes(form.notes, form) + (_high(form.total, form) if form.total else 0)
    rows: list[Sequence[str]] = []
    left = room - _TITLE_MM - _words(form)
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


def _words(form: Form) -> float:
    """How high the lines under the title are: what does not fit beside each other stands below each other."""
    width, high = _WIDTH_MM[form.wide], 0.0
    for pair in zip(form.left, form.right, strict=True):
        each = [_wide(text) * _WORDS_EM_MM for text in pair]
        high += 1 if sum(each) + 8 <= width else sum(max(1, math.ceil(one / (width - 4))) for one in each)
    return high * _WORDS_MM


def _notes(texts: Sequence[str], form: Form) -> float:
    width = _WIDTH_MM[form.wide] - _NOTE_EM_MM
    return sum(math.ceil(_wide(text) * _NOTE_EM_MM / width) * _NOTE_MM for text in texts)


def _high(row: Sequence[str], form: Form) -> float:
    """How high a row is: that of its fullest cell."""
    cells = zip(row, form.columns, strict=True)
    lines = max(_lines(text, column.mm - _SIDES_MM) for text, column in cells)
    return max(form.row_mm, lines * _LINE_MM + _AIR_MM)


def _lines(text: str, mm: float) -> int:
    wide = _wide(text) * _EM_MM
    # a letter that does not fit leaves its room empty: each line holds up to an em less
    return 1 if wide <= mm else math.ceil(wide / (mm - _EM_MM))


def _wide(text: str) -> float:
    """How wide a text is, in ems."""
    return sum(1 if unicodedata.east_asian_width(one) in "WFA" else _HALF for one in text)


__all__ = ["Leaf", "leaves"]
