"""Open an .xlsx that somebody uploaded, or say in Chinese why it cannot be used and what to do.

Everything that could hurt is looked at before the parser sees the file: size, what it really is, what it unpacks to, and how far
its cells reach (one cell in the last corner would make the parser ask for gigabytes). This runs in a child with limits, which
:func:`bounds` gives; the modules of the files that offices send (rosters, places, lexicons) take care of that.
"""

from __future__ import annotations

import io
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from ground import apart
from ground.errors import Refused
from ground.parcel import Caps, Damaged, Excess, Locked, Parcel, Scanner, Unsafe, repacked

Cell = int | float | str | bool | date | datetime | time | timedelta

MAX_BYTES = 10_000_000
MAX_COLUMNS = 200
MAX_AREA = 4_000_000
"""Cells of the rectangle from A1 to the furthest one: the parser makes room for each."""
MAX_MERGES = 50_000
MAX_SHEETS = 200
SPARE_ROWS = 1000
"""Titles, sub-totals, blank rows and footers that a sheet may have beside its rows of data."""
USUAL_ROWS = 5_000
"""So many rows are read within the usual limits; who allows more allows more time."""
ABOUT = apart.About("表格", "请只保留需要导入的工作表，另存一份再上传")

_SAVE_AS = "请用 Excel 或 WPS 打开后“另存为” .xlsx 格式再上传"
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_TOO_LARGE = "文件展开后过大，请只保留需要导入的工作表，清除多余的行列后再上传"


def bounds(max_rows: int) -> apart.Bounds:
    """What a child may take to read a sheet of so many rows."""
    more = max(0, max_rows - USUAL_ROWS) // 1000
    return apart.Bounds(seconds=20 + 2 * more, cpu_seconds=8 + more)


@dataclass(frozen=True)
class Sheet:
    """One visible sheet. ``rows[0]`` is Excel's row 1 and ``rows[0][0]`` its cell A1; an empty cell is ``""``.

    ``merges`` are ((row, column), (row, column)) from 0, both ends included; ``formulas`` are (row, column) from 0.
    """

    name: str
    rows: list[list[Cell]]
    merges: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    formulas: frozenset[tuple[int, int]] = frozenset()


def read_workbook(data: bytes, *, max_rows: int, counted: str = "人") -> list[Sheet]:
    """All visible sheets of an .xlsx with at most ``max_rows`` rows of data each; ``counted`` is what a row holds.

    Raises :class:`Refused` with a sentence that says what the file is and what to do.
    """
    _refuse_what_is_not_xlsx(data)
    package, formulas = _inspected(data, max_rows, counted)
    try:
        with CalamineWorkbook.from_filelike(io.BytesIO(package)) as workbook:
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


def _inspected(
    data: bytes, max_rows: int, counted: str
) -> tuple[bytes, dict[int, frozenset[tuple[int, int]]]]:
    """The package with nothing in it but the parts that were looked through, and where its formulas are, by sheet."""
    try:
        package = Parcel(data, _caps(max_rows))
        if "xl/workbook.xml" not in package.names:
            raise Refused(_what_package_is_it(package.names))
        scanner = _Cells(_caps(max_rows), max_rows, counted)
        parts = {}
        for name in package.names:
            if name.endswith((".xml", ".rels")):
                scanner.begin(name)
                parts[name] = scanner.read(package.chunks(name))
    except (Excess, Unsafe):
        raise Refused(_TOO_LARGE) from None
    except Locked:
        raise Refused("文件设置了打开密码，请在 Excel 或 WPS 里取消密码后再上传") from None
    except Damaged:
        raise Refused(f"文件已损坏，无法读取，{_SAVE_AS}") from None
    return repacked(parts), scanner.formulas_by_sheet()


def _caps(max_rows: int) -> Caps:
    return Caps(parts=2_000, unpacked_bytes=100_000_000, elements=600_000 + 60 * max_rows, depth=60)


def _what_package_is_it(names: list[str]) -> str:
    if "word/document.xml" in names:
        return "这是 Word 文档，不是 Excel 表格，请上传 .xlsx 文件"
    if "xl/workbook.bin" in names:
        return f"这是 .xlsb 文件，暂不支持，{_SAVE_AS}"
    if "content.xml" in names:
        return f"这是 OpenDocument 表格，暂不支持，{_SAVE_AS}"
    return "这是压缩包，不是 Excel 表格，请解压后上传其中的 .xlsx 文件"


class _Cells(Scanner):
    """Follows the cells of every part, as the parser behind will, whatever the part calls itself."""

    def __init__(self, caps: Caps, max_rows: int, counted: str) -> None:
        super().__init__(caps)
        self._max_rows, self._counted = max_rows, counted
        self._part = ""
        self._row = self._column = 0  # of the cell that is open or comes next, from 0
        self._in_cell = False
        self._furthest_row = self._furthest_column = 0
        self._merges = 0
        self._formulas: dict[str, set[tuple[int, int]]] = {}
        self._sheets: list[str] = []
        self._targets: dict[str, str] = {}

    def begin(self, part: str) -> None:
        """The next part is this one."""
        self._part = part
        self._row = self._column = 0
        self._in_cell = False
        self._furthest_row = self._furthest_column = 0

    def formulas_by_sheet(self) -> dict[int, frozenset[tuple[int, int]]]:
        """Where the formulas are, by the sheet's position in the workbook."""
        paths = [self._targets.get(ident, "") for ident in self._sheets]
        return {index: frozenset(self._formulas.get(path, ())) for index, path in enumerate(paths)}

    def started(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            if "r" in attributes:
                self._row, self._column = _place(attributes["r"])
            self._in_cell = True
        elif self._in_cell:
            if name in ("v", "is", "f"):  # a styled but empty cell takes no room
                self._reach()
                if name == "f":
                    self._formulas.setdefault(self._part, set()).add((self._row, self._column))
        elif name == "row":
            if "r" in attributes:
                self._row = _number(attributes["r"]) - 1
            self._column = 0
        elif name == "mergeCell":
            self._merges += 1
            if self._merges > MAX_MERGES:
                raise Excess("merges")
        elif name == "sheet":
            self._sheets += [value for key, value in attributes.items() if key.endswith(":id")][:1]
            if len(self._sheets) > MAX_SHEETS:
                raise Excess("sheets")
        elif name == "Relationship" and self._part == "xl/_rels/workbook.xml.rels":
            path = attributes.get("Target", "")
            self._targets[attributes.get("Id", "")] = (
                path.lstrip("/") if path.startswith("/") else f"xl/{path}"
            )

    def ended(self, name: str) -> None:
        if name == "c":
            self._in_cell = False
            self._column += 1
        elif name == "row":
            self._row += 1

    def _reach(self) -> None:
        self._furthest_row = max(self._furthest_row, self._row + 1)
        self._furthest_column = max(self._furthest_column, self._column + 1)
        if self._furthest_row > self._max_rows + SPARE_ROWS:
            raise Refused(
                f"表格有 {self._furthest_row:,} 行，一次最多导入 {self._max_rows:,} {self._counted}，请拆成几个文件；"
                f"如果没有这么多{self._counted}，请删除数据下方的空行后保存再试"
            )
        if self._furthest_column > MAX_COLUMNS:
            raise Refused(f"表格有 {self._furthest_column:,} 列，请删除数据右侧多余的列后保存再试")
        if self._furthest_row * self._furthest_column > MAX_AREA:
            raise Excess("area")


def _place(reference: str) -> tuple[int, int]:
    """``B3`` as (row, column) from 0. Raises :class:`Damaged`."""
    letters = reference.rstrip("0123456789")
    if not 0 < len(letters) <= 3 or not letters.isascii() or not letters.isalpha():
        raise Damaged
    column = 0
    for letter in letters.upper():
        column = column * 26 + ord(letter) - 64
    return _number(reference[len(letters) :]) - 1, column - 1


def _number(digits: str) -> int:
    """A row's number from 1. Raises :class:`Damaged`."""
    if not 0 < len(digits) <= 7 or not digits.isascii() or not digits.isdigit() or int(digits) < 1:
        raise Damaged
    return int(digits)
