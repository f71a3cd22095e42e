"""The file of a ledger: rows go from a connection of its own into the workbook as they are read, two sheets side by side.

Runs in a child (:func:`community.ledger.carry_out`): 65,000 rows are a million cells, over which the interpreter's lock would be
held for seconds. Nothing is kept in memory but the row at hand.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import xlsxwriter

from community.privacy import mask_name
from ground import clock
from ground.cells import harmless
from ground.errors import Unavailable

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from community.ledger import Ledger

PRODUCT = "时代先锋云"
HEADER = ("序号", "姓名", "党支部", "网格", "签到时间", "签到方式", "是否补签", "说明")
_WIDTHS = (6, 12, 26, 16, 20, 12, 10, 34)
_AT_ONCE = 1_000
_FORM_TOP = 4
_LAST = len(HEADER) - 1


def written(url: str, ledger: Ledger, path: str) -> int:
    """Write the .xlsx; how many records it holds. Raises :class:`errors.Unavailable` where there is no room for it."""
    options = {
        "constant_memory": True,
        "tmpdir": str(Path(path).parent),
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
    }
    try:
        with xlsxwriter.Workbook(path, options) as book:
            title = f"{ledger.title}签到台账"
            book.set_properties({"title": title, "author": PRODUCT, "created": _local(ledger.made_at)})
            form, data = _Form(book, ledger), _Data(book)
            number = 0
            for number, texts in enumerate(_rows(url, ledger), start=1):
                form.add(number, texts)
                data.add(number, texts)
            form.close(number)
            data.close(number)
    except (OSError, xlsxwriter.exceptions.FileCreateError):
        raise Unavailable("台账没有写成，请检查磁盘空间和目录的权限后重试") from None
    return number


def _rows(url: str, ledger: Ledger) -> Iterator[list[str]]:
    from database.session import (
        Database,
    )  # not above: the process that holds the parsers ready needs no database

    database = Database(url)
    with database.read_scope() as session:
        for texts in records(session, ledger):
            yield [harmless(text) for text in texts]
    database.close()


def records(session: Session, ledger: Ledger) -> Iterator[list[str]]:
    """What stands beside the number of each record (:data:`HEADER`), by branch and then by the roster, as they are read."""
    import sqlalchemy as sa

    from community.lives import CHECK_IN, WAYS, CheckInState
    from models import Branch, CheckIn, CheckInWay, Grid, Member

    query = (
        sa.select(
            Member.name, Branch.name, Grid.name, CheckIn.at, CheckIn.via, CheckIn.made_up, CheckIn.reason
        )
        .join(Member, Member.id == CheckIn.member_id)
        .join(Branch, Branch.id == CheckIn.branch_id)
        .outerjoin(Grid, Grid.id == Member.grid_id)
        .where(CheckIn.activity_id == ledger.activity_id)
        .order_by(Branch.sort, Branch.id, Member.id)
    )
    if ledger.branch_id is not None:
        query = query.where(CheckIn.branch_id == ledger.branch_id)
    made_up_word = CHECK_IN.label(CheckInState.MADE_UP)
    for name, branch, grid, at, via, made_up, reason in session.execute(
        query, execution_options={"yield_per": _AT_ONCE}
    ):
        shown = name if ledger.unmasked_for else mask_name(name)
        when = clock.to_shanghai(at).strftime("%Y-%m-%d %H:%M")
        way = WAYS[CheckInWay(via)]
        yield [shown, branch, grid or "", when, way, made_up_word if made_up else "", reason]


class _Form:
    """The office's form on A4 landscape, to be printed and signed."""

    def __init__(self, book: Any, ledger: Ledger) -> None:
        self._ledger = ledger
        self._sheet = sheet = book.add_worksheet("签到台账")
        font = {"font_name": "宋体", "valign": "vcenter"}
        title = book.add_format({**font, "font_name": "黑体", "font_size": 18, "align": "center"})
        self._plain = book.add_format({**font, "font_size": 11})
        right = book.add_format({**font, "font_size": 11, "align": "right"})
        head = book.add_format(
            {**font, "bold": True, "border": 1, "align": "center", "text_wrap": True, "bg_color": "#F2F2F2"}
        )
        self._cell = book.add_format({**font, "font_size": 10, "border": 1, "text_wrap": True})
        self._middle = book.add_format({**font, "font_size": 10, "border": 1, "align": "center"})
        _page(sheet)
        sheet.set_row(0, 32)
        sheet.merge_range(0, 0, 0, _LAST, harmless(f"{ledger.title}签到台账"), title)
        day = clock.to_shanghai(ledger.made_at)
        self._made_on = f"{day.year}年{day.month}月{day.day}日"
        sheet.merge_range(1, 0, 1, 3, f"单位：{ledger.unit}", self._plain)
        sheet.merge_range(1, 4, 1, _LAST, f"制表人：{ledger.maker}    制表日期：{self._made_on}", right)
        totals = ledger.counts
        numbers = (
            f"应到 {totals.expected:,} 人，签到 {totals.checked_in:,} 人，其中补签 {totals.made_up:,} 人"
        )
        sheet.merge_range(2, 0, 2, 3, f"签到时间：{ledger.window}", self._plain)
        sheet.merge_range(2, 4, 2, _LAST, numbers, right)
        sheet.set_row(3, 22)
        for column, name in enumerate(HEADER):
            sheet.write_string(3, column, name, head)

    def add(self, number: int, texts: list[str]) -> None:
        """One record."""
        at = _FORM_TOP + number - 1
        self._sheet.write_number(at, 0, number, self._middle)
        for column, text in enumerate(texts, start=1):
            self._sheet.write_string(at, column, text, self._middle if column in (4, 5, 6) else self._cell)

    def close(self, rows: int) -> None:
        """The lines below the records."""
        sheet, ledger, at = self._sheet, self._ledger, _FORM_TOP + rows
        if not rows:
            sheet.merge_range(at, 0, at, _LAST, "无记录", self._middle)
            at += 1
        blanks = "填表人（签字）：                    负责人（签字）：                    日期："
        sheet.set_row(at, 30)
        sheet.merge_range(at, 0, at, _LAST, blanks, self._plain)
        if ledger.unmasked_for:
            note = (
                f"本表含未脱敏信息，由{ledger.maker}导出，事由：{ledger.unmasked_for}，请妥善保管，不得转发"
            )
            sheet.merge_range(at + 1, 0, at + 1, _LAST, note, self._plain)
            sheet.set_header(f"&C含未脱敏信息  {ledger.maker.replace('&', '&&')}  {self._made_on}")


def _page(sheet: Any) -> None:
    for column, width in enumerate(_WIDTHS):
        sheet.set_column(column, column, width)
    sheet.freeze_panes(_FORM_TOP, 2)
    sheet.repeat_rows(3)
    sheet.set_landscape()
    sheet.set_paper(9)
    sheet.fit_to_pages(1, 0)
    sheet.set_margins(left=0.5, right=0.5, top=0.7, bottom=0.7)
    sheet.center_horizontally()
    sheet.set_footer("&C第 &P 页 共 &N 页")


class _Data:
    """The plain data, for machines."""

    def __init__(self, book: Any) -> None:
        self._sheet = book.add_worksheet("数据")
        bold = book.add_format({"bold": True})
        for column, (name, width) in enumerate(zip(HEADER, _WIDTHS, strict=True)):
            self._sheet.set_column(column, column, width)
            self._sheet.write_string(0, column, name, bold)

    def add(self, number: int, texts: list[str]) -> None:
        """One record."""
        self._sheet.write_number(number, 0, number)
        for column, text in enumerate(texts, start=1):
            self._sheet.write_string(number, column, text)

    def close(self, rows: int) -> None:
        """What makes it easy to look through."""
        self._sheet.freeze_panes(1, 0)
        self._sheet.autofilter(0, 0, max(rows, 1), _LAST)


def _local(at: datetime) -> datetime:
    return clock.to_shanghai(at).replace(tzinfo=None)
