"""Forms as a workbook: of each a sheet to print (title, unit, borders, head on every page, page x/y, room to sign) and one of
plain data, one row a record and no merged cell, for who goes on calculating.

Runs in a child (:func:`carry_out`), as every workbook of ours.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter

from community.form import Form
from ground import apart, clock
from ground.cells import harmless
from ground.errors import Unavailable

if TYPE_CHECKING:
    from community.period_forms import Book
    from database.session import Database
    from models import User

_ABOUT = apart.About("台账", "请稍后再试，或按月份分别导出")
_BOUNDS = apart.Bounds(seconds=180, cpu_seconds=120, file_bytes=400_000_000)
_AUTHOR = "时代先锋云"
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


def written(forms: list[Form], made_at: datetime, path: str) -> int:
    """Write the workbook; how many rows its forms have."""
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
            book.set_properties({"title": forms[0].title, "author": _AUTHOR, "created": created})
            looks = _looks(book)
            for form in forms:
                _print(book.add_worksheet(form.sheet), form, looks)
            for form in forms:
                suffix = "" if len(forms) == 1 else f"（{form.sheet}）"
                _plain(book.add_worksheet(f"数据{suffix}"), form, looks)
    except (OSError, xlsxwriter.exceptions.FileCreateError):
        raise Unavailable("台账没有写成，请检查磁盘空间和目录的权限后重试") from None
    return sum(len(form.rows) for form in forms)


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


def _print(sheet: Any, form: Form, looks: dict[str, Any]) -> None:
    last = len(form.columns) - 1
    half = _half(form)
    _page(sheet, form)
    sheet.set_row(0, 32)
    sheet.merge_range(0, 0, 0, last, harmless(form.title), looks["title"])
    for number, (left, right) in enumerate(zip(form.left, form.right, strict=True), start=1):
        sheet.merge_range(number, 0, number, half, harmless(left), looks["line"])
        sheet.merge_range(number, half + 1, number, last, harmless(right), looks["line-right"])
    sheet.set_row(_TOP - 1, 32)
    for at, column in enumerate(form.columns):
        sheet.write_string(_TOP - 1, at, column.name, looks["head"])
    row = _TOP
    for texts in form.rows:
        _row(sheet, row, texts, form, looks)
        row += 1
    if not form.rows:
        sheet.merge_range(row, 0, row, last, form.empty, looks["center"])
        row += 1
    if form.total and form.rows:
        for at, text in enumerate(form.total):
            _cell(sheet, row, at, text, number=form.columns[at].number, look=looks["total"])
        row += 1
    sheet.set_row(row, 30)
    signs = "：                    ".join((*form.signs, "")).rstrip()
    sheet.merge_range(row, 0, row, last, signs, looks["line"])
    for note in filter(None, (*form.notes, form.secret)):
        row += 1
        sheet.merge_range(row, 0, row, last, harmless(note), looks["line"])


def _half(form: Form) -> int:
    """The last column of the left half: as wide as the right one, as far as columns allow."""
    whole, sofar = sum(column.mm for column in form.columns), 0.0
    for at, column in enumerate(form.columns[:-2]):
        sofar += column.mm
        if sofar >= whole / 2:
            return at
    return len(form.columns) - 3


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
        sheet.set_header("&C含未脱敏信息，请妥善保管，不得转发")


def _plain(sheet: Any, form: Form, looks: dict[str, Any]) -> None:
    for at, column in enumerate(form.columns):
        sheet.set_column(at, at, column.mm / _MM_A_CHARACTER)
        sheet.write_string(0, at, column.name, looks["bold"])
    for row, texts in enumerate(form.rows, start=1):
        _row(sheet, row, texts, form, None)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(form.rows), 1), len(form.columns) - 1)


def _row(sheet: Any, row: int, texts: Any, form: Form, looks: dict[str, Any] | None) -> None:
    for at, (text, column) in enumerate(zip(texts, form.columns, strict=True)):
        _cell(sheet, row, at, text, number=column.number, look=looks[column.align] if looks else None)


def _cell(sheet: Any, row: int, at: int, text: str, *, number: bool, look: Any) -> None:
    if number and text.isdigit():
        sheet.write_number(row, at, int(text), look)
    else:
        sheet.write_string(row, at, harmless(text), look)


__all__ = ["carry_out", "written"]
