"""Excel files round the roster's import: the template to fill in, and the wrong rows with their reasons."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import xlsxwriter

from community.faults import Fault
from community.roster_columns import COLUMNS, REQUIRED
from ground import apart
from ground.cells import harmless
from ground.spreadsheet import ABOUT, bounds
from ground.tables import read_tables

_EXAMPLE = ("示例：张三", "男", "", "", "13800000000", "2010-07-01", "", "本行为示例，导入时会自动略过")
_ORDER = ("name", "gender", "branch", "grid", "phone", "joined", "duty", "note")
_GUIDE = (
    "带 * 的列必填：姓名、所在党支部、手机号码。",
    "所在党支部和网格请从下拉列表中选择，名称须与系统中的一致。",
    "手机号码为 11 位数字，列已设为文本格式，请不要改为数字格式。",
    "入党时间写成 2010-07-01 的样子。",
    "系统按姓名和手机号码识别同一人，重复导入同一文件不会产生重复数据。",
    "请不要填写身份证号、家庭住址等系统不需要的信息。",
    "第 2 行为示例，导入时会自动略过。",
)
_OPTIONS = {
    "in_memory": True,
    "strings_to_formulas": False,
    "strings_to_urls": False,
    "strings_to_numbers": False,
}


def template(branches: Sequence[str], grids: Sequence[str], *, rows: int = 5000) -> bytes:
    """An .xlsx to fill in: required columns with a red star, text format for phones, drop-downs of the names given."""
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        sheet = book.add_worksheet("党员名册")
        text = book.add_format({"num_format": "@"})
        head = book.add_format({"bold": True, "border": 1, "bg_color": "#F2F2F2", "align": "center"})
        needed = book.add_format(
            {"bold": True, "border": 1, "bg_color": "#F2F2F2", "align": "center", "font_color": "#C8102E"}
        )
        grey = book.add_format({"font_color": "#8B909A", "num_format": "@"})
        for column, field in enumerate(_ORDER):
            star = "*" if field in REQUIRED else ""
            sheet.write_string(0, column, f"{star}{COLUMNS[field][0]}", needed if star else head)
            sheet.write_string(1, column, _EXAMPLE[column], grey)
            sheet.set_column(column, column, 26 if field in ("branch", "note") else 16, text)
        sheet.freeze_panes(1, 0)
        names = book.add_worksheet("名称")
        names.hide()
        for column, (field, known) in enumerate((("branch", branches), ("grid", grids))):
            for row, name in enumerate(known):
                names.write_string(row, column, harmless(name))
            if known:
                letter = "AB"[column]
                source = f"=名称!${letter}$1:${letter}${len(known)}"
                at = _ORDER.index(field)
                sheet.data_validation(1, at, rows, at, {"validate": "list", "source": source})
        sheet.data_validation(1, 1, rows, 1, {"validate": "list", "source": ["男", "女"]})
        guide = book.add_worksheet("填写说明")
        guide.set_column(0, 0, 80)
        for row, line in enumerate(_GUIDE):
            guide.write_string(row, 0, f"{row + 1}. {line}")
    return out.getvalue()


def with_reasons(
    data: bytes, sheet_name: str, labels: Sequence[str], faults: Sequence[Fault], *, max_rows: int
) -> bytes:
    """The wrong rows of an uploaded roster as they were, with Excel's row number before and the reasons behind them.

    Made in a child. Raises as :func:`community.roster_file.parse` does.
    """
    arguments = (data, sheet_name, list(labels), list(faults), max_rows)
    return apart.run(_with_reasons, *arguments, gives=bytes, about=ABOUT, bounds=bounds(max_rows))


def _with_reasons(
    data: bytes, sheet_name: str, labels: Sequence[str], faults: Sequence[Fault], max_rows: int
) -> bytes:
    rows = next(sheet.rows for sheet in read_tables(data, max_rows=max_rows) if sheet.name == sheet_name)
    reasons: dict[int, list[str]] = {}
    for fault in faults:
        reasons.setdefault(fault.row, []).append(
            f"{fault.column}：{fault.reason}" if fault.column else fault.reason
        )
    width = max((len(rows[row - 1]) for row in reasons if 0 < row <= len(rows)), default=0)
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, _OPTIONS) as book:
        sheet = book.add_worksheet("错误行")
        bold = book.add_format({"bold": True, "bg_color": "#F2F2F2", "border": 1})
        red = book.add_format({"font_color": "#B42318", "bg_color": "#FDF0EF", "text_wrap": True})
        _line(sheet, 0, ["原行号", *_padded(labels, width), "错误原因"], bold)
        for at, (row, texts) in enumerate(sorted(reasons.items()), start=1):
            values = rows[row - 1] if 0 < row <= len(rows) else []
            _line(sheet, at, [row or "", *_padded(values, width)], None)
            sheet.write_string(at, width + 1, harmless("；".join(texts)), red)
        sheet.set_column(1, width, 16)
        sheet.set_column(width + 1, width + 1, 60)
        sheet.freeze_panes(1, 0)
    return out.getvalue()


def _padded(values: Sequence[Any], width: int) -> list[Any]:
    return [*values[:width], *([""] * (width - len(values)))]


def _line(sheet: Any, at: int, values: Sequence[Any], style: Any) -> None:
    for column, value in enumerate(values):
        shown = (
            ""
            if value is None
            else str(int(value))
            if isinstance(value, float) and value.is_integer()
            else str(value)
        )
        sheet.write_string(at, column, harmless(shown), *([style] if style else []))
