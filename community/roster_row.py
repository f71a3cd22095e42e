"""One person of a roster's sheet: the row brought into form, and what is wrong with it. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import TypeVar

from community import cell_dates, cell_names, cells
from community.faults import Fault
from community.roster_columns import COLUMNS, Head, is_former
from ground.cells import compact, looks_like_formula
from ground.mending import is_error
from ground.spreadsheet import Cell, Sheet

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RosterRow:
    """One person of the file, brought into form. Branch and grid are names still.

    ``unread`` are fields whose cells say something that could not be read: they are left as they were.
    """

    row: int
    name: str
    gender: str
    branch: str
    grid: str
    phone: str
    joined_on: date | None
    duty: str
    note: str
    unread: tuple[str, ...] = ()


@dataclass
class RosterFile:
    """What a file holds: people whose cells are fine, and faults.

    ``columns`` tells which fields the file has at all, ``labels`` what the sheet's columns are called from A on, ``chosen`` the
    position of each field among them. With ``missing`` fields nothing was read. ``struck`` are the rows that are struck out.
    """

    sheet: str
    sha256: str
    columns: frozenset[str]
    rows: list[RosterRow] = field(default_factory=list)
    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    chosen: dict[str, int] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    struck: list[int] = field(default_factory=list)


class Reader:
    """One person of the sheet: the values by the names of our columns, and what is wrong with them."""

    def __init__(
        self,
        sheet: Sheet,
        index: int,
        columns: dict[str, int],
        other_phones: Sequence[int],
        head: Head,
        found: RosterFile,
    ) -> None:
        self._sheet, self._index, self._values = sheet, index, sheet.rows[index]
        self._columns, self._other_phones = columns, other_phones
        self._head, self._found = head, found
        self.row = index + 1
        self.faults: list[Fault] = []
        self.unread: set[str] = set()

    def value(self, name: str) -> Cell:
        """What stands in a column; empty where the sheet has no such column, or the cell only says that its formula failed."""
        position = self._columns.get(name)
        if position is None:
            return ""
        cell = self._at(position)
        if isinstance(cell, str) and is_error(cell.strip()):
            self.warn(name, f"单元格显示“{cell.strip()}”，是公式出错，按未填写处理，请改为正确的内容")
        elif self.is_unsaved(name):
            self.warn(
                name,
                f"{self._head.shown(position)}的单元格是公式，文件里没有存下它的结果，按未填写处理，请“选择性粘贴”为数值后再导入",
            )
        else:
            return cell
        self.unread.add(name)
        return ""

    def _at(self, position: int) -> Cell:
        return self._values[position] if position < len(self._values) else ""

    def day(self) -> Cell:
        """入党时间; a number as it is shown, because 1999.1 under the format 0.00 says October."""
        cell, position = self.value("joined"), self._columns.get("joined", -1)
        if (self._index, position) in self._sheet.hundredths and isinstance(cell, float):
            return cell if cell.is_integer() else f"{cell:.2f}"
        return cell

    def phone(self) -> Cell:
        """The number of the first column that holds one, in this row; the others are spoken of."""
        cell = self.value("phone")
        others = [place for place in self._other_phones if is_mobile(self._at(place))]
        if not others:
            return cell
        shown = self._head.shown(others[0])
        if not is_mobile(cell):
            empty = compact(cell) in ("", *cells.NOTHING)
            first = (
                "手机号码列为空" if empty else f"{self._head.shown(self._columns['phone'])}的内容不是手机号码"
            )
            self.warn("phone", f"{first}，采用了 {shown}的号码")
            return self._at(others[0])
        number = cells.mobile_number(cell)
        for place in others:
            if not is_former(self._head.labels[place]) and cells.mobile_number(self._at(place)) != number:
                self.warn("phone", f"{self._head.shown(place)}另有一个不同的手机号码，没有采用，请核对")
        return cell

    @property
    def is_struck(self) -> bool:
        """Whether the name is struck out: the office has taken this person off its list."""
        return (self._index, self._columns["name"]) in self._sheet.struck

    def fault(self, name: str, reason: str) -> None:
        """The row cannot be taken."""
        self.faults.append(Fault(self.row, COLUMNS[name][0], reason))

    def warn(self, name: str, reason: str) -> None:
        """It can, but somebody should look; an empty ``reason`` is none."""
        if reason:
            self._found.warnings.append(Fault(self.row, COLUMNS[name][0], reason))

    def read(self, name: str, cell: Cell, how: Callable[[Cell], T], otherwise: T) -> T:
        """The cell as ``how`` understands it; its ``ValueError`` becomes a fault."""
        try:
            return how(cell)
        except ValueError as error:
            self.fault(name, str(error))
            return otherwise

    def refuse_formulas(self) -> None:
        """What is computed may show something else tomorrow."""
        for name in ("name", "phone"):
            if (self._index, self._columns[name]) in self._sheet.formulas:
                self.fault(name, "单元格是公式，请“选择性粘贴”为数值后再导入")

    def is_unsaved(self, name: str) -> bool:
        """Whether a formula stands there whose value the file does not hold."""
        return (self._index, self._columns.get(name, -1)) in self._sheet.unsaved


def is_mobile(cell: Cell) -> bool:
    """Whether a cell holds the number of a mobile phone."""
    try:
        return bool(cells.mobile_number(cell))
    except ValueError:
        return False


def read_row(one: Reader, today: date, found: RosterFile) -> None:
    """Add the person to the file's rows, or what is wrong with them to its errors."""
    gender, remark = cells.gender(one.value("gender"))
    one.warn("gender", remark)
    if remark:
        one.unread.add("gender")
    one.refuse_formulas()
    named, phone = cell_names.Person(""), ""
    if not one.faults:
        named = one.read("name", one.value("name"), partial(cell_names.person, gender=gender), named)
        one.warn("name", named.remark)
        phone = one.read("phone", one.phone(), cells.mobile_number, "")
    branch = _read_branch(one)
    joined = one.read("joined", one.day(), partial(cell_dates.day, today=today), cell_dates.Reading(None))
    one.warn("joined", joined.remark)
    if joined.unread:
        one.unread.add("joined")
    duty = one.read("duty", one.value("duty"), partial(cells.plain_text, limit=40), "")
    note = one.read("note", one.value("note"), partial(cells.plain_text, limit=200), "")
    if one.faults:
        found.errors.extend(one.faults)
        return
    one.warn("note", cells.gone(note))
    grid, unread = compact(one.value("grid")), tuple(sorted(one.unread))
    gender = gender or named.gender
    found.rows.append(
        RosterRow(one.row, named.name, gender, branch, grid, phone, joined.value, duty, note, unread)
    )


def _read_branch(one: Reader) -> str:
    if one.is_unsaved("branch"):
        one.fault("branch", "单元格是公式，文件里没有存下它的结果，请“选择性粘贴”为数值后再导入")
        return ""
    cell = one.value("branch")
    branch = compact(cell)
    if not branch:
        one.fault("branch", "未填写所在党支部，请补上")
    elif looks_like_formula(cell):
        one.fault("branch", "内容像是公式，请改为党支部名称")
    return branch
