"""Open an .xlsx that somebody uploaded, or say in Chinese why it cannot be used and what to do.

Everything that could hurt is looked at before the parser sees the file: size, what it really is, what it unpacks to, and how far
its cells reach (one cell in the last corner would make the parser ask for gigabytes). This runs in a child with limits, which
:func:`bounds` gives; the modules of the files that offices send (rosters, places, lexicons) take care of that.
"""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from python_calamine import CalamineError, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from ground import apart, mending
from ground.errors import Refused
from ground.parcel import Caps, Damaged, Excess, Locked, Parcel, Scanner, Unsafe, repacked
from ground.shown import has_two_decimals

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

SAVE_AS = "请用 Excel 或 WPS 打开后“另存为” .xlsx 格式再上传"
_YES = ("1", "true", "on")
_STYLES = "xl/styles.xml"
_OLE = bytes.fromhex("D0CF11E0A1B11AE1")
_TOO_LARGE = "文件展开后过大，请只保留需要导入的工作表，清除多余的行列后再上传"


def bounds(max_rows: int) -> apart.Bounds:
    """What a child may take to read a sheet of so many rows."""
    more = max(0, max_rows - USUAL_ROWS) // 1000
    return apart.Bounds(seconds=40 + 2 * more, cpu_seconds=8 + more)


@dataclass(frozen=True)
class Sheet:
    """One sheet. ``rows[0]`` is Excel's row 1 and ``rows[0][0]`` its cell A1; an empty cell is ``""``.

    ``merges`` are ((row, column), (row, column)) from 0, both ends included; ``formulas`` are (row, column) from 0, ``unsaved``
    those of them whose value the file does not hold, ``hundredths`` the numbers that are shown with two decimals. ``hidden`` are
    the rows, from 0, that hold something and that nobody sees, ``hidden_columns`` the columns; ``visible`` is the sheet itself.
    ``struck`` are the cells that are struck out as a whole.
    """

    name: str
    rows: list[list[Cell]]
    merges: list[tuple[tuple[int, int], tuple[int, int]]] = field(default_factory=list)
    formulas: frozenset[tuple[int, int]] = frozenset()
    hidden: frozenset[int] = frozenset()
    hidden_columns: frozenset[int] = frozenset()
    unsaved: frozenset[tuple[int, int]] = frozenset()
    hundredths: frozenset[tuple[int, int]] = frozenset()
    visible: bool = True
    struck: frozenset[tuple[int, int]] = frozenset()


def read_workbook(data: bytes, *, max_rows: int, counted: str = "人", hidden: bool = False) -> list[Sheet]:
    """All visible sheets (``hidden``: the others too) of an .xlsx with at most ``max_rows`` rows of data each.

    ``counted`` is what a row holds. Raises :class:`Refused` with a sentence that says what the file is and what to do.
    """
    _refuse_what_is_not_xlsx(data)
    try:
        return _sheets(*_inspected(data, max_rows, counted, mending.errors_as_text), hidden)
    except CalamineError:  # some cell's value does not fit its type; this takes a second look at everything
        pass
    except (OSError, ValueError):
        raise Refused(f"文件已损坏或格式不受支持，无法读取，{SAVE_AS}") from None
    try:
        return _sheets(*_inspected(data, max_rows, counted, mending.mended), hidden)
    except (CalamineError, OSError, ValueError):
        raise Refused(f"文件已损坏或格式不受支持，无法读取，{SAVE_AS}") from None


def _sheets(package: bytes, scanner: _Cells, hidden: bool) -> list[Sheet]:
    with CalamineWorkbook.from_filelike(io.BytesIO(package)) as workbook:
        sheets = []
        for index, meta in enumerate(workbook.sheets_metadata):
            visible = meta.visible == SheetVisibleEnum.Visible
            if meta.typ != SheetTypeEnum.WorkSheet or not (visible or hidden):
                continue
            sheet = workbook.get_sheet_by_index(index)
            rows: list[list[Cell]] = [] if sheet.start is None else sheet.to_python(skip_empty_area=False)
            seen = scanner.seen(index)
            sheets.append(
                Sheet(
                    meta.name,
                    rows,
                    list(sheet.merged_cell_ranges or []),
                    frozenset(seen.formulas),
                    frozenset(seen.hidden & seen.filled),
                    frozenset(seen.hidden_columns),
                    frozenset(place for place in seen.uncertain if not _stands_at(rows, *place)),
                    frozenset(seen.hundredths),
                    visible,
                    frozenset(seen.struck),
                )
            )
        return sheets


def _stands_at(rows: list[list[Cell]], row: int, column: int) -> bool:
    return row < len(rows) and column < len(rows[row]) and rows[row][column] != ""


def is_old(data: bytes) -> bool:
    """Whether these are the compound files of Microsoft's older programs; a locked .xlsx is one too."""
    return data.startswith(_OLE)


def is_locked(data: bytes) -> bool:
    """Whether it is an .xlsx that asks for a password."""
    return is_old(data) and "EncryptedPackage".encode("utf-16-le") in data


def check_size(rows: int, columns: int, max_rows: int, counted: str) -> None:
    """Raise :class:`Refused` where a sheet reaches further than a table of ``max_rows`` rows of data does."""
    if rows > max_rows + SPARE_ROWS:
        raise Refused(
            f"表格有 {rows:,} 行，一次最多导入 {max_rows:,} {counted}，请拆成几个文件；"
            f"如果没有这么多{counted}，请删除数据下方的空行后保存再试"
        )
    if columns > MAX_COLUMNS:
        raise Refused(f"表格有 {columns:,} 列，请删除数据右侧多余的列后保存再试")


def _refuse_what_is_not_xlsx(data: bytes) -> None:
    if not data.strip():
        raise Refused("文件是空的，没有任何内容，请检查后重新选择文件")
    if len(data) > MAX_BYTES:
        raise Refused(
            f"文件超过 {MAX_BYTES // 1_000_000} MB，请删去图片和无关的工作表，或拆成几个文件后再上传"
        )
    if is_locked(data):
        raise Refused("文件设置了打开密码，请在 Excel 或 WPS 里取消密码后再上传")
    if is_old(data):
        raise Refused(f"这是旧版 .xls 文件，暂不支持，{SAVE_AS}")
    if data.startswith(b"PK"):
        return
    if data.startswith(b"%PDF"):
        raise Refused("这是 PDF 文件，不是 Excel 表格，请上传 Excel 表格")
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
            return f"这是网页格式的表格，只是后缀像 Excel，{SAVE_AS}"
        if "," in text or "\t" in text or ";" in text:
            return f"这是 {name} 编码的 CSV 文本文件，不是 Excel 表格，{SAVE_AS}"
        if text.strip() and "\ufffd" not in text:
            return "这是没有分列的文本文件，请把内容粘贴到 Excel 或 WPS 里分好列，另存为 .xlsx 格式再上传"
        break
    return "这不是 Excel 表格，请上传 Excel 表格"


def _inspected(
    data: bytes, max_rows: int, counted: str, mend: Callable[[bytes, int], bytes]
) -> tuple[bytes, _Cells]:
    """The package with nothing in it but the parts that were looked through, its sheets mended, and what was seen in them."""
    try:
        package = Parcel(data, _caps(max_rows))
        if "xl/workbook.xml" not in package.names:
            raise Refused(_what_package_is_it(package.names))
        scanner = _Cells(_caps(max_rows), max_rows, counted)
        parts = {}
        for name in sorted(package.names, key=lambda name: name != _STYLES):  # cells point to them
            if name.endswith((".xml", ".rels")):
                scanner.begin(name)
                parts[name] = scanner.read(package.chunks(name))
    except (Excess, Unsafe):
        raise Refused(_TOO_LARGE) from None
    except Locked:
        raise Refused("文件设置了打开密码，请在 Excel 或 WPS 里取消密码后再上传") from None
    except Damaged:
        raise Refused(f"文件已损坏，无法读取，{SAVE_AS}") from None
    for name in scanner.sheet_parts():
        parts[name] = mend(parts[name], scanner.strings)
    return repacked(parts), scanner


def _caps(max_rows: int) -> Caps:
    return Caps(parts=2_000, unpacked_bytes=100_000_000, elements=600_000 + 60 * max_rows, depth=60)


def _what_package_is_it(names: list[str]) -> str:
    if "word/document.xml" in names:
        return "这是 Word 文档，不是 Excel 表格，请上传 Excel 表格"
    if "xl/workbook.bin" in names:
        return f"这是 .xlsb 文件，暂不支持，{SAVE_AS}"
    if "content.xml" in names:
        return f"这是 OpenDocument 表格，暂不支持，{SAVE_AS}"
    return "这是压缩包，不是 Excel 表格，请解压后上传其中的 .xlsx 文件"


@dataclass
class _Seen:
    """What the scanner saw in one part: places of formulas, rows and columns that are hidden, rows that hold something.

    ``uncertain`` are the formulas that say of no text that it is their value, so that an empty one means that it has none.
    """

    formulas: set[tuple[int, int]] = field(default_factory=set)
    uncertain: set[tuple[int, int]] = field(default_factory=set)
    hundredths: set[tuple[int, int]] = field(default_factory=set)
    struck: set[tuple[int, int]] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    filled: set[int] = field(default_factory=set)
    hidden_columns: set[int] = field(default_factory=set)


class _Cells(Scanner):
    """Follows the cells of every part, as the parser behind will, whatever the part calls itself."""

    def __init__(self, caps: Caps, max_rows: int, counted: str) -> None:
        super().__init__(caps)
        self._max_rows, self._counted = max_rows, counted
        self._part = ""
        self._row = self._column = 0  # of the cell that is open or comes next, from 0
        self._in_cell = False
        self._kind = self._style = ""
        self._formats: dict[str, str] = {}
        self._in_styles = self._in_fonts = False
        self._styles: list[tuple[bool, bool]] = []  # of each: two decimals, struck out
        self._fonts: list[bool] = []  # struck out
        self._furthest_row = self._furthest_column = 0
        self._merges = 0
        self._seen: dict[str, _Seen] = {}
        self._here = _Seen()
        self.strings = 0
        self._sheets: list[str] = []
        self._targets: dict[str, str] = {}

    def begin(self, part: str) -> None:
        """The next part is this one."""
        self._part = part
        self._here = self._seen.setdefault(part, _Seen())
        self._row = self._column = 0
        self._in_cell = False
        self._furthest_row = self._furthest_column = 0

    def seen(self, index: int) -> _Seen:
        """What was seen in the sheet at this position of the workbook."""
        path = self._targets.get(self._sheets[index], "") if index < len(self._sheets) else ""
        return self._seen.get(path, _Seen())

    def sheet_parts(self) -> list[str]:
        """The names of the parts that hold cells."""
        return [name for name, seen in self._seen.items() if seen.filled]

    def started(self, name: str, attributes: dict[str, str]) -> None:
        if name == "c":
            if "r" in attributes:
                self._row, self._column = _place(attributes["r"])
            self._kind, self._style = attributes.get("t", "n"), attributes.get("s", "")
            self._in_cell = True
        elif self._in_cell:
            if name in ("v", "is", "f"):  # a styled but empty cell takes no room
                self._reach()
                self._look_at(name, (self._row, self._column))
        elif name == "row":
            if "r" in attributes:
                self._row = _number(attributes["r"]) - 1
            self._column = 0
            if attributes.get("hidden") in _YES or attributes.get("ht") == "0":
                self._here.hidden.add(self._row)
        elif name == "col":
            if attributes.get("hidden") in _YES:
                last = min(_number(attributes.get("max", "1")), MAX_COLUMNS)
                self._here.hidden_columns.update(range(_number(attributes.get("min", "1")) - 1, last))
        elif self._part == _STYLES:
            self._style_started(name, attributes)
        elif name == "si" and self._part == "xl/sharedStrings.xml":
            self.strings += 1
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

    def _look_at(self, name: str, place: tuple[int, int]) -> None:
        """A piece of the cell that is open."""
        if name == "f":
            self._here.formulas.add(place)
            if self._kind != "str":
                self._here.uncertain.add(place)
        elif (style := _index(self._style)) < len(self._styles):
            hundredths, struck = self._styles[style]
            if struck:
                self._here.struck.add(place)
            if hundredths and name == "v" and self._kind == "n":
                self._here.hundredths.add(place)

    def _style_started(self, name: str, attributes: dict[str, str]) -> None:
        number = attributes.get("numFmtId", "")
        if name == "numFmt":
            self._formats[number] = attributes.get("formatCode", "")
        elif name in ("cellXfs", "cellStyleXfs"):
            self._in_styles = name == "cellXfs"
        elif name == "fonts":
            self._in_fonts = True
        elif name == "font" and self._in_fonts:
            self._fonts.append(False)
        elif name == "strike" and self._in_fonts and self._fonts:
            self._fonts[-1] = attributes.get("val", "1") in _YES
        elif name == "xf" and self._in_styles:
            built_in = int(number) if number.isdecimal() and len(number) < 7 else 0
            font = _index(attributes.get("fontId", ""))
            struck = font < len(self._fonts) and self._fonts[font]
            self._styles.append((has_two_decimals(built_in, self._formats.get(number, "")), struck))

    def ended(self, name: str) -> None:
        if name == "c":
            self._in_cell = False
            self._column += 1
        elif name == "row":
            self._row += 1
        elif name == "fonts":  # those of conditional formats come behind
            self._in_fonts = False

    def _reach(self) -> None:
        self._here.filled.add(self._row)
        self._furthest_row = max(self._furthest_row, self._row + 1)
        self._furthest_column = max(self._furthest_column, self._column + 1)
        check_size(self._furthest_row, self._furthest_column, self._max_rows, self._counted)
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


def _index(digits: str) -> int:
    """A place in a list of styles or fonts; where it says nothing, one that no list has."""
    return int(digits) if digits.isdecimal() and len(digits) < 7 else 1 << 30


def _number(digits: str) -> int:
    """A row's number from 1. Raises :class:`Damaged`."""
    if not 0 < len(digits) <= 7 or not digits.isascii() or not digits.isdigit() or int(digits) < 1:
        raise Damaged
    return int(digits)
