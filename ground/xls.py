"""The older .xls (Excel 97 to 2003, and what WPS still saves), by xlrd: it is the reader that tells hidden rows.

The file was made by somebody else and xlrd walks it trustingly, so this runs in a child with limits; whatever xlrd trips over is
a damaged file.
"""

from __future__ import annotations

import io
from datetime import datetime, time
from typing import Any

import xlrd

from ground.errors import Refused
from ground.shown import has_two_decimals
from ground.spreadsheet import SAVE_AS, Cell, Sheet, check_size


def read(data: bytes, *, max_rows: int, counted: str, hidden: bool = False) -> list[Sheet]:
    """All visible sheets (``hidden``: the others too). Raises :class:`Refused`."""
    try:
        book = xlrd.open_workbook(
            file_contents=data, formatting_info=True, ignore_workbook_corruption=True, logfile=io.StringIO()
        )
        wanted = [one for one in book.sheets() if hidden or one.visibility == 0]
        return [_sheet(book, one, max_rows, counted) for one in wanted]
    except Refused:
        raise
    except Exception as error:
        raise Refused(_why(str(error), data)) from None


def _why(said: str, data: bytes) -> str:
    if "encrypted" in said:
        return "文件设置了打开密码，请在 Excel 或 WPS 里取消密码后再上传"
    if "WordDocument".encode("utf-16-le") in data:
        return "这是 Word 文档，不是 Excel 表格，请上传 Excel 文件"
    return f"文件已损坏或格式不受支持，无法读取，{SAVE_AS}"


def _sheet(book: Any, sheet: Any, max_rows: int, counted: str) -> Sheet:
    filled = [
        index for index in range(sheet.nrows) if any(kind not in (0, 6) for kind in sheet.row_types(index))
    ]
    last = filled[-1] + 1 if filled else 0
    check_size(last, sheet.ncols, max_rows, counted)
    rows = [[_cell(book, sheet, row, column) for column in range(sheet.ncols)] for row in range(last)]
    hidden = {
        row for row in filled if (info := sheet.rowinfo_map.get(row)) and (info.hidden or info.height == 0)
    }
    return Sheet(
        sheet.name,
        rows,
        [
            ((top, left), (bottom - 1, right - 1))
            for top, bottom, left, right in sheet.merged_cells
            if bottom <= last
        ],
        hidden=frozenset(hidden),
        hidden_columns=frozenset(column for column, info in sheet.colinfo_map.items() if info.hidden),
        hundredths=frozenset(
            (row, column)
            for row in filled
            for column, kind in enumerate(sheet.row_types(row))
            if kind == xlrd.XL_CELL_NUMBER and _has_two_decimals(book, sheet.cell_xf_index(row, column))
        ),
        visible=sheet.visibility == 0,
        struck=frozenset(
            (row, column)
            for row in filled
            for column, kind in enumerate(sheet.row_types(row))
            if kind not in (0, 6) and _is_struck(book, sheet.cell_xf_index(row, column))
        ),
    )


def _has_two_decimals(book: Any, style: int) -> bool:
    number = book.xf_list[style].format_key
    known = book.format_map.get(number)
    return has_two_decimals(number, known.format_str if known else "")


def _is_struck(book: Any, style: int) -> bool:
    return bool(book.font_list[book.xf_list[style].font_index].struck_out)


def _cell(book: Any, sheet: Any, row: int, column: int) -> Cell:
    kind, value = sheet.cell_type(row, column), sheet.cell_value(row, column)
    if kind == xlrd.XL_CELL_DATE:
        try:
            moment: datetime = xlrd.xldate_as_datetime(value, book.datemode)
        except (xlrd.XLDateError, ValueError, OverflowError):
            return float(value)
        return moment.date() if moment.time() == time() else moment
    if kind == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(value, "#ERROR!"))
    if kind == xlrd.XL_CELL_BOOLEAN:
        return bool(value)
    return value if isinstance(value, float) else str(value)
