"""Forms as a workbook: of each a sheet to print (title, unit, borders, head on every page, page x/y, room to sign) and one of
plain data, one row a record and no merged cell, for who goes on calculating.

Runs in a child (:func:`carry_out`), as every workbook of ours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter

from community.form import PRODUCT, Form
from ground import apart, clock
from ground.cells import harmless
from ground.errors import Unavailable

if TYPE_CHECKING:
    from community.period_forms import Book
    from database.session import Database
    from models import User

_ABOUT = apart.About("台账", "请稍后再试，或按月份分别导出")
_BOUNDS = apart.Bounds(seconds=180, cpu_seconds=120, file_bytes=400_000_000)
_MM_A_CHARACTER = 2.05
_TOP = 4


def carry_out(db: Database, book: Book, path: Path, *, user: User | None = None) -> int:
    """Write the .xlsx to ``path`` and note the export in the audit trail; how many rows it holds.

    Raises :class:`errors.Unavailable` where there is no room for it.
    """
    from community import (
        period_forms,
    )  # not above: the process that holds the parsers ready needs no database

    arguments = (list(book.forms), book.made_at, str(path))
    rows = apart.run(written, *arguments, gives=int, about=_ABOUT, bounds=_BOUNDS, lane=apart.EXPORTS)
    with db.session_scope() as session:
        period_forms.note(session, book, user=user)
    return rows


def written(
    forms: Sequence[Form],
    made_at: datetime,
    path: str,
    *,
    read: Iterable[Sequence[str]] | None = None,
) -> int:
    """Write the workbook; how many rows its forms have. Raises :class:`errors.Unavailable` where there is no room for it.

    ``read`` are the rows of the one form that there is, where they are too many to be held: each is written as it is read.
    """
    options = {
        "constant_memory": True,
        "tmpdir": str(Path(path).parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    try:
        with xlsxwriter.Workbook(path, options) as book:
            created = clock.to_shanghai(made_at).replace(tzinfo=None)
            book.set_properties({"title": forms[0].title, "author": PRODUCT, "created": created})
            looks = _looks(book)
            printed = [_Printed(book.add_worksheet(form.sheet), form, looks) for form in forms]
            plain = [_Plain(book.add_worksheet(_data_name(form, forms)), form, looks) for form in forms]
            for form, one, other in zip(forms, printed, plain, strict=True):
                for texts in form.rows if read is None else read:
                    one.add(texts)
                    other.add(texts)
                one.close()
                other.close()
    except (OSError, xlsxwriter.exceptions.FileCreateError):
        raise Unavailable("台账没有写成，请检查磁盘空间和目录的权限后重试") from None
    return sum(sheet.rows for sheet in printed)


def _data_name(form: Form, forms: Sequence[Form]) -> str:
    return "数据" if len(forms) == 1 else f"数据（{form.sheet}）"


def _looks(book: Any) -> dict[str, Any]:
    font = {"font_name": "宋体", "valign": "vcenter"}
    cell = {**font, "font_size": 10, "border": 1, "text_wrap": True}
    return {
        "title": book.add_format({**font, "font_name": "黑体", "font_size": 18, "align": "center"}),
        "line": book.add_format({**font, "font_size": 11}),
        "line-right": book.add_format({**font, "font_size": 11, "align": "right"}),
        "head": book.add_format({**cell, "bold": True, "align": "center", "bg_color": "#F2F2F2"}),
        "total": book.add_format({**cell, "bold": True, "align": "center"}),
        "bold": book.add_format({"bold": True}),
        **{align: book.add_format({**cell, "align": align}) for align in ("left", "center", "right")},
    }


class _Printed:
    """The form as it is printed and signed. Rows come in their order, for nothing of them is held."""

    def __init__(self, sheet: Any, form: Form, looks: Mapping[str, Any]) -> None:
        self._sheet, self._form, self._looks = sheet, form, looks
        self._last = len(form.columns) - 1
        self.rows = 0
        half, last = _half(form), self._last
        _page(sheet, form)
        sheet.set_row(0, 32)
        sheet.merge_range(0, 0, 0, last, harmless(form.title), looks["title"])
        for number, (left, right) in enumerate(zip(form.left, form.right, strict=True), start=1):
            sheet.merge_range(number, 0, number, half, harmless(left), looks["line"])
            sheet.merge_range(number, half + 1, number, last, harmless(right), looks["line-right"])
        sheet.set_row(_TOP - 1, 32)
        for at, column in enumerate(form.columns):
            sheet.write_string(_TOP - 1, at, column.name, looks["head"])

    def add(self, texts: Sequence[str]) -> None:
        """One more row."""
        for at, (text, column) in enumerate(zip(texts, self._form.columns, strict=True)):
            _cell(
                self._sheet, _TOP + self.rows, at, text, number=column.number, look=self._looks[column.align]
            )
        self.rows += 1

    def close(self) -> None:
        """The total, room to sign, and the notes."""
        sheet, form, looks, row = self._sheet, self._form, self._looks, _TOP + self.rows
        if not self.rows:
            sheet.merge_range(row, 0, row, self._last, form.empty, looks["center"])
            row += 1
        if form.total and self.rows:
            for at, text in enumerate(form.total):
                _cell(sheet, row, at, text, number=form.columns[at].number, look=looks["total"])
            row += 1
        sheet.set_row(row, 30)
        signs = "：                    ".join((*form.signs, "")).rstrip()
        sheet.merge_range(row, 0, row, self._last, signs, looks["line"])
        for note in filter(None, (*form.notes, form.secret)):
            row += 1
            sheet.merge_range(row, 0, row, self._last, harmless(note), looks["line"])


class _Plain:
    """The plain data, for who goes on calculating."""

    def __init__(self, sheet: Any, form: Form, looks: Mapping[str, Any]) -> None:
        self._sheet, self._form, self._rows = sheet, form, 0
        for at, column in enumerate(form.columns):
            sheet.set_column(at, at, column.mm / _MM_A_CHARACTER)
            sheet.write_string(0, at, column.name, looks["bold"])

    def add(self, texts: Sequence[str]) -> None:
        """One more row."""
        self._rows += 1
        for at, (text, column) in enumerate(zip(texts, self._form.columns, strict=True)):
            _cell(self._sheet, self._rows, at, text, number=column.number)

    def close(self) -> None:
        """What makes it easy to look through."""
        self._sheet.freeze_panes(1, 0)
        self._sheet.autofilter(0, 0, max(self._rows, 1), len(self._form.columns) - 1)


def _half(form: Form) -> int:
    """The last column of the left half: as wide as the right one, as far as columns allow."""
    widths = [column.mm for column in form.columns]
    return min(range(1, len(widths) - 2), key=lambda at: abs(sum(widths[: at + 1]) - sum(widths) / 2))


def _page(sheet: Any, form: Form) -> None:
    for at, column in enumerate(form.columns):
        sheet.set_column(at, at, column.mm / _MM_A_CHARACTER)
    sheet.freeze_panes(_TOP, 2)
    sheet.repeat_rows(_TOP - 1)
    if form.wide:
        sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.4, right=0.4, top=0.7, bottom=0.7)
    sheet.center_horizontally()
    sheet.set_footer("&C第 &P 页 共 &N 页")
    if form.secret:
        sheet.set_header(f"&C{form.secret.replace('&', '&&')[:200]}")


def _cell(sheet: Any, row: int, at: int, text: str, *, number: bool, look: Any = None) -> None:
    if number and text.isdigit():
        sheet.write_number(row, at, int(text), look)
    else:
        sheet.write_string(row, at, harmless(text), look)


__all__ = ["carry_out", "written"]
