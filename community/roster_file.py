"""The roster as offices send it: find the table on the sheet, leave out what is no person, name what is wrong.

Pure: from bytes to rows. Titles may stand above the header, the header may come again on every page, branches may be merged cells
with sub-totals between them; row numbers are Excel's own.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TypeVar

from community import cells
from ground import apart
from ground.cells import compact, looks_like_formula
from ground.errors import Refused
from ground.spreadsheet import ABOUT, Cell, Sheet, bounds, read_workbook

T = TypeVar("T")

COLUMNS: dict[str, tuple[str, ...]] = {
    "name": ("姓名", "党员姓名", "名字"),
    "gender": ("性别",),
    "branch": (
        "所在党支部",
        "所属党支部",
        "党支部",
        "党支部名称",
        "所在支部",
        "所属支部",
        "支部",
        "支部名称",
    ),
    "grid": ("网格", "所在网格", "所属网格", "网格名称"),
    "phone": ("手机号码", "手机号", "手机", "联系电话", "联系方式", "移动电话", "电话"),
    "joined": ("入党时间", "入党日期", "入党年月", "加入党组织日期"),
    "duty": ("党内职务", "职务", "支部职务"),
    "note": ("备注", "说明"),
}
"""Field → names of its column, the first one being ours."""

REQUIRED = ("name", "branch", "phone")
_ID_CARD = ("身份证号", "身份证号码", "身份证", "公民身份号码")
_HEADER_ROWS = 30
_TOTAL = re.compile(r"(?:本页|本支部)?(?:小计|合计|总计|共计|累计)[:：]?.*")
_FOOTER = re.compile(
    r"(?:填表人|填报人|制表人?|审核人?|负责人|经办人|填报单位|填报日期|联系人|注|说明|备注)[:：].*"
)


@dataclass(frozen=True)
class Fault:
    """Something in the file that needs a look: Excel's row (0: the whole sheet), the column's name, and why."""

    row: int
    column: str
    reason: str

    def as_dict(self) -> dict[str, object]:
        """The shape of the JSON contract."""
        return {"row": self.row, "column": self.column, "reason": self.reason}


@dataclass(frozen=True)
class RosterRow:
    """One person of the file, brought into form. Branch and grid are names still."""

    row: int
    name: str
    gender: str
    branch: str
    grid: str
    phone: str
    joined_on: date | None
    duty: str
    note: str


@dataclass
class RosterFile:
    """What a file holds: people whose cells are fine, and faults. ``columns`` tells which fields the file has at all."""

    sheet: str
    sha256: str
    columns: frozenset[str]
    rows: list[RosterRow] = field(default_factory=list)
    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)


def parse(data: bytes, *, max_rows: int, today: date) -> RosterFile:
    """Read an .xlsx roster, in a child.

    Raises :class:`Refused` where the file as a whole cannot be used: no Excel file, no header, two rosters in one file, too long.
    """
    return apart.run(_parsed, data, max_rows, today, gives=RosterFile, about=ABOUT, bounds=bounds(max_rows))


def _parsed(data: bytes, max_rows: int, today: date) -> RosterFile:
    sheets = read_workbook(data, max_rows=max_rows)
    sheet, header_at, header = _find_table(sheets)
    found = RosterFile(sheet.name, hashlib.sha256(data).hexdigest(), frozenset(header))
    _note_left_out(sheets, sheet, header_at, found)
    _fill_merged(sheet, header_at, [header[name] for name in ("branch", "grid") if name in header])
    people = 0
    for index in range(header_at + 1, len(sheet.rows)):
        values = sheet.rows[index]
        if _is_no_person(values, header):
            continue
        people += 1
        if people > max_rows:
            raise Refused(f"名册超过 {max_rows:,} 人，一次最多导入 {max_rows:,} 人，请拆成几个文件后分别导入")
        _read_row(sheet, index, values, header, today, found)
    if not people:
        raise Refused(f"工作表“{sheet.name}”的表头下没有党员，请检查文件是否保存完整")
    return found


def _find_table(sheets: Sequence[Sheet]) -> tuple[Sheet, int, dict[str, int]]:
    candidates = []
    nearest: tuple[int, list[str]] = (0, [])
    for sheet in sheets:
        for index, values in enumerate(sheet.rows[:_HEADER_ROWS]):
            header = _header_of(values)
            missing = [COLUMNS[name][0] for name in REQUIRED if name not in header]
            if not missing:
                candidates.append((sheet, index, header))
                break
            if len(header) > nearest[0]:
                nearest = (len(header), missing)
    if len(candidates) > 1:
        names = "、".join(f"“{sheet.name}”" for sheet, _, _ in candidates)
        raise Refused(f"文件里有 {len(candidates)} 个工作表都像名册：{names}，请只保留要导入的一个后再上传")
    if candidates:
        return candidates[0]
    if nearest[0] >= 2:
        raise Refused(
            f"表头缺少：{'、'.join(nearest[1])}，请补上这些列，或下载导入模板对照修改（表头应在前 {_HEADER_ROWS} 行内）"
        )
    if not any(sheet.rows for sheet in sheets):
        raise Refused("表格是空的，没有任何内容，请检查文件是否保存完整")
    raise Refused("没有找到表头，表中应有一行写着：姓名、所在党支部、手机号码，请下载导入模板对照修改")


def _header_of(values: Sequence[Cell]) -> dict[str, int]:
    header: dict[str, int] = {}
    for position, cell in enumerate(values):
        label = re.sub(r"[*＊★:：]|\(.*?\)|（.*?）", "", compact(cell))
        for name, labels in COLUMNS.items():
            if label in labels and name not in header:
                header[name] = position
    return header


def _note_left_out(sheets: Sequence[Sheet], chosen: Sheet, header_at: int, found: RosterFile) -> None:
    labels = [compact(cell) for cell in chosen.rows[header_at]]
    if any(label in _ID_CARD for label in labels):
        found.warnings.append(Fault(0, "身份证号", "本系统不收集身份证号，这一列没有导入"))
    for other in sheets:
        if other is not chosen and other.rows:
            found.warnings.append(
                Fault(0, "", f"工作表“{other.name}”不是名册，没有导入，只导入了“{chosen.name}”")
            )


def _fill_merged(sheet: Sheet, header_at: int, columns: Sequence[int]) -> None:
    """A branch written once in a cell merged over its people belongs to each of them."""
    left_to_fill = len(columns) * len(
        sheet.rows
    )  # merged cells never lie over each other, unless somebody wants them to
    for (top, left), (bottom, right) in sheet.merges:
        if left == right and left in columns and top > header_at:
            last = min(bottom, len(sheet.rows) - 1)
            left_to_fill -= max(0, last - top)
            if left_to_fill < 0:
                raise Refused("合并单元格互相重叠，请取消合并并另存一份再上传")
            for row in range(top + 1, last + 1):
                sheet.rows[row][left] = sheet.rows[top][left]


def _is_no_person(values: Sequence[Cell], header: dict[str, int]) -> bool:
    texts = [compact(cell) for cell in values]
    if not any(texts):
        return True
    first = next(text for text in texts if text)
    if _TOTAL.fullmatch(first) or _FOOTER.fullmatch(first):
        return True
    name = _cell(texts, header, "name")
    if _TOTAL.fullmatch(name) or _FOOTER.fullmatch(name):
        return True
    if len(_header_of(values)) >= len(REQUIRED) and name in COLUMNS["name"]:
        return True
    # A number in front and nothing else is an unused line of a form; a merged branch alone is no person either.
    return not any(_cell(texts, header, field_) for field_ in ("name", "gender", "phone", "joined", "duty"))


def _cell(values: Sequence[str], header: dict[str, int], name: str) -> str:
    position = header.get(name)
    return values[position] if position is not None and position < len(values) else ""


class _Reader:
    """One row of the sheet: its values by the names of our columns, and what is wrong with them."""

    def __init__(
        self, sheet: Sheet, index: int, values: Sequence[Cell], header: dict[str, int], found: RosterFile
    ) -> None:
        self._sheet, self._index, self._values = sheet, index, values
        self._header, self._found = header, found
        self.row = index + 1
        self.faults: list[Fault] = []

    def value(self, name: str) -> Cell:
        """What stands in a column; empty where the sheet has no such column."""
        position = self._header.get(name)
        return "" if position is None or position >= len(self._values) else self._values[position]

    def fault(self, name: str, reason: str) -> None:
        """The row cannot be taken."""
        self.faults.append(Fault(self.row, COLUMNS[name][0], reason))

    def warn(self, name: str, reason: str) -> None:
        """It can, but somebody should look; an empty ``reason`` is none."""
        if reason:
            self._found.warnings.append(Fault(self.row, COLUMNS[name][0], reason))

    def read(self, name: str, how: Callable[[Cell], T], otherwise: T) -> T:
        """The value as ``how`` understands it; its ``ValueError`` becomes a fault."""
        try:
            return how(self.value(name))
        except ValueError as error:
            self.fault(name, str(error))
            return otherwise

    def refuse_formulas(self, *names: str) -> None:
        """What is computed may show something else tomorrow."""
        for name in names:
            if (self._index, self._header[name]) in self._sheet.formulas:
                self.fault(name, "单元格是公式，请“选择性粘贴”为数值后再导入")


def _read_row(
    sheet: Sheet, index: int, values: Sequence[Cell], header: dict[str, int], today: date, found: RosterFile
) -> None:
    one = _Reader(sheet, index, values, header, found)
    one.refuse_formulas("name", "phone")
    name = phone = ""
    if not one.faults:
        name, phone = one.read("name", cells.person_name, ""), one.read("phone", cells.mobile_number, "")
    branch = compact(one.value("branch"))
    if not branch:
        one.fault("branch", "未填写所在党支部，请补上")
    elif looks_like_formula(one.value("branch")):
        one.fault("branch", "内容像是公式，请改为党支部名称")
    no_day: tuple[date | None, str] = (None, "")
    joined, remark = one.read("joined", partial(cells.day, today=today), no_day)
    one.warn("joined", remark)
    gender, remark = cells.gender(one.value("gender"))
    one.warn("gender", remark)
    duty = one.read("duty", partial(cells.plain_text, limit=40), "")
    note = one.read("note", partial(cells.plain_text, limit=200), "")
    if one.faults:
        found.errors.extend(one.faults)
        return
    grid = compact(one.value("grid"))
    found.rows.append(RosterRow(one.row, name, gender, branch, grid, phone, joined, duty, note))
