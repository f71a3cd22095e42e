"""Open an .xlsx that somebody uploaded, or say in Chinese why it cannot be used and what to do.

Everything that could hurt is looked at before the parser sees the file: size, what it really is, what it unpacks to, and how far
its cells reach (one cell in the last corner would make the parser ask for gigabytes).
"""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from ground.errors import Refused

Cell = int | float | str | bool | date | datetime | time | timedelta

MAX_BYTES = 10_000_000
MAX_UNPACKED_BYTES = 150_000_000
MAX_COLUMNS = 200
SPARE_ROWS = 1000
"""Titles, sub-totals, blank rows and footers that a sheet may have beside its rows of data."""

_SAVE_AS = "请用 Excel 或 WPS 打开后“另存为” .xlsx 格式再上传"
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_CELL = re.compile(rb'<(?:\w+:)?c\b[^>]*?\br="([A-Z]{1,3})([0-9]{1,7})"[^>]*?(/?)>(<(?:\w+:)?f\b)?')
_ROW = re.compile(rb'<(?:\w+:)?row\b[^>]*?\br="([0-9]{1,7})"[^>/]*>\s*<(?:\w+:)?c\b(?![^>]*\br=)')
_SHEET = re.compile(r"xl/worksheets/[^/]+\.xml")


@dataclass(frozen=True)
class Sheet:
    """One visible sheet. ``rows[0]`` is Excel's row 1 and ``rows[0][0]`` its cell A1; an empty cell is ``""``.

    ``merges`` are ((row, column), (row, column)) from 0, both ends included; ``formulas`` are (row, column) from 0.
    """

    name: str
    rows: list[list[Cell]]
    merges: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    formulas: frozenset[tuple[int, int]] = frozenset()


def read_workbook(data: bytes, *, max_rows: int) -> list[Sheet]:
    """All visible sheets of an .xlsx with at most ``max_rows`` rows of data each.

    Raises :class:`Refused` with a sentence that says what the file is and what to do.
    """
    _refuse_what_is_not_xlsx(data)
    formulas = _inspect(data, max_rows=max_rows)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(data)) as workbook:
            sheets = []
            for index, meta in enumerate(workbook.sheets_metadata):
                if meta.typ != SheetTypeEnum.WorkSheet or meta.visible != SheetVisibleEnum.Visible:
                    continue
                sheet = workbook.get_sheet_by_index(index)
                rows: list[list[Cell]] = [] if sheet.start is None else sheet.to_python(skip_empty_area=False)
                sheets.append(
                    Sheet(
                        meta.name,
                        rows,
                        list(sheet.merged_cell_ranges or []),
                        formulas.get(index, frozenset()),
                    )
                )
            return sheets
    except (CalamineError, OSError, ValueError):
        raise Refused(f"文件已损坏或格式不受支持，无法读取，{_SAVE_AS}") from None


def _refuse_what_is_not_xlsx(data: bytes) -> None:
    if not data.strip():
        raise Refused("文件是空的，没有任何内容，请检查后重新选择文件")
    if len(data) > MAX_BYTES:
        raise Refused(
            f"文件超过 {MAX_BYTES // 1_000_000} MB，请删去图片和无关的工作表，或拆成几个文件后再上传"
        )
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise Refused("文件设置了打开密码，请在 Excel 或 WPS 里取消密码后再上传")
        raise Refused(f"这是旧版 .xls 文件，暂不支持，{_SAVE_AS}")
    if data.startswith(b"PK"):
        return
    if data.startswith(b"%PDF"):
        raise Refused("这是 PDF 文件，不是 Excel 表格，请上传 .xlsx 文件")
    raise Refused(_what_text_is_it(data))


def _what_text_is_it(data: bytes) -> str:
    head = data[:65536]
    for encoding, name in (("utf-8-sig", "UTF-8"), ("gb18030", "GBK"), ("utf-16", "UTF-16")):
        try:
            text = head.decode(encoding, errors="strict" if len(data) <= 65536 else "ignore")
        except UnicodeDecodeError:
            continue
        if "\x00" in text or sum(char < " " and char not in "\r\n\t" for char in text):
            continue
        if "<html" in text.lower() or "<table" in text.lower():
            return f"这是网页格式的表格，只是后缀像 Excel，{_SAVE_AS}"
        if "," in text or "\t" in text or ";" in text:
            return f"这是 {name} 编码的 CSV 文本文件，不是 Excel 表格，{_SAVE_AS}"
        break
    return "这不是 Excel 表格，请上传 .xlsx 文件"


def _inspect(data: bytes, *, max_rows: int) -> dict[int, frozenset[tuple[int, int]]]:
    """Look through the package before it is parsed; where the formulas are, by the position of the sheet."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as package:
            names = package.namelist()
            if "xl/workbook.xml" not in names:
                raise Refused(_what_package_is_it(names))
            if sum(entry.file_size for entry in package.infolist()) > MAX_UNPACKED_BYTES:
                raise Refused("文件展开后过大，请只保留需要导入的工作表，清除多余的行列后再上传")
            if package.testzip() is not None:  # also finds an entry that unpacks to more than it says
                raise Refused(f"文件已损坏，无法读取，{_SAVE_AS}")
            found: dict[int, frozenset[tuple[int, int]]] = {}
            for index, path in enumerate(_sheet_paths(package, names)):
                found[index] = _scan(package.read(path), max_rows=max_rows) if path in names else frozenset()
            return found
    except (
        zipfile.BadZipFile,
        zipfile.LargeZipFile,
        zlib.error,
        RuntimeError,
        NotImplementedError,
        EOFError,
        OSError,
    ):
        raise Refused(f"文件已损坏，无法读取，{_SAVE_AS}") from None


def _what_package_is_it(names: list[str]) -> str:
    if "word/document.xml" in names:
        return "这是 Word 文档，不是 Excel 表格，请上传 .xlsx 文件"
    if "xl/workbook.bin" in names:
        return f"这是 .xlsb 文件，暂不支持，{_SAVE_AS}"
    if "content.xml" in names:
        return f"这是 OpenDocument 表格，暂不支持，{_SAVE_AS}"
    return "这是压缩包，不是 Excel 表格，请解压后上传其中的 .xlsx 文件"


def _sheet_paths(package: zipfile.ZipFile, names: list[str]) -> list[str]:
    """Paths of the sheets in the workbook's order (relations are looked up by id, as the order of files says nothing)."""
    try:
        workbook = package.read("xl/workbook.xml").decode("utf-8", "replace")
        relations = package.read("xl/_rels/workbook.xml.rels").decode("utf-8", "replace")
    except KeyError:
        return [name for name in names if _SHEET.fullmatch(name)]
    targets: dict[str, str] = {}
    for element in re.findall(r"<(?:\w+:)?Relationship\b[^>]*>", relations):
        ident = re.search(r'\bId="([^"]+)"', element)
        target = re.search(r'\bTarget="([^"]+)"', element)
        if ident and target:
            path = target[1]
            targets[ident[1]] = path.lstrip("/") if path.startswith("/") else f"xl/{path}"
    ids = re.findall(r'<(?:\w+:)?sheet\b[^>]*?\b\w+:id="([^"]+)"', workbook)
    return [targets.get(ident, "") for ident in ids]


def _scan(xml: bytes, *, max_rows: int) -> frozenset[tuple[int, int]]:
    formulas = set()
    furthest_column = 0
    furthest_row = max((int(number) for number in _ROW.findall(xml)), default=0)
    for letters, digits, closed, formula in _CELL.findall(xml):
        if closed and not formula:
            continue  # a styled but empty cell
        row, column = int(digits), _column_number(letters)
        furthest_row = max(furthest_row, row)
        furthest_column = max(furthest_column, column)
        if formula:
            formulas.add((row - 1, column - 1))
    if furthest_row > max_rows + SPARE_ROWS:
        raise Refused(
            f"表格有 {furthest_row:,} 行，一次最多导入 {max_rows:,} 人，请拆成几个文件；"
            "如果没有这么多人，请删除数据下方的空行后保存再试"
        )
    if furthest_column > MAX_COLUMNS:
        raise Refused(f"表格有 {furthest_column:,} 列，请删除数据右侧多余的列后保存再试")
    return frozenset(formulas)


def _column_number(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + letter - 64
    return number
