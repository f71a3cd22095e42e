"""The office's workbook of places: from bytes to rows, with what is wrong in Excel's row numbers. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from community.faults import Fault
from ground import apart
from ground.cells import compact, looks_like_formula
from ground.errors import Refused
from ground.spreadsheet import ABOUT, Sheet, bounds
from ground.tables import read_tables

_MAX_ROWS = 2000
_GRID_COLUMNS = ("片区", "社区", "网格")
_BRANCH_COLUMNS = ("党支部", "所属社区", "简称")


@dataclass(frozen=True)
class GridRow:
    """One line of the sheet 网格."""

    row: int
    area: str
    community: str
    grid: str


@dataclass(frozen=True)
class BranchRow:
    """One line of the sheet 党支部; ``community`` may be empty."""

    row: int
    name: str
    community: str
    short_name: str


@dataclass
class PlacesFile:
    """What a workbook of places holds. With errors nothing of it is written."""

    grids: list[GridRow] = field(default_factory=list)
    branches: list[BranchRow] = field(default_factory=list)
    errors: list[Fault] = field(default_factory=list)

    def as_dict(self) -> dict[str, object]:
        """The shape of the JSON contract: how many of each the file names, and its errors."""
        return {
            "areas": len({row.area for row in self.grids}),
            "communities": len({row.community for row in self.grids}),
            "grids": len(self.grids),
            "branches": len(self.branches),
            "errors": [fault.as_dict() for fault in self.errors],
        }


def parse(data: bytes) -> PlacesFile:
    """Read the sheets 网格 and 党支部, in a child. Raises :class:`Refused` where the workbook cannot be used at all."""
    return apart.run(_parsed, data, gives=PlacesFile, about=ABOUT, bounds=bounds(_MAX_ROWS))


def _parsed(data: bytes) -> PlacesFile:
    sheets = {compact(sheet.name): sheet for sheet in read_tables(data, max_rows=_MAX_ROWS)}
    missing = [name for name in ("网格", "党支部") if name not in sheets]
    if missing:
        raise Refused(f"文件里缺少工作表：{'、'.join(missing)}，应有“网格”和“党支部”两个工作表")
    found = PlacesFile()
    _read_grids(sheets["网格"], found)
    _read_branches(sheets["党支部"], found)
    if not found.grids and not found.errors:
        raise Refused("工作表“网格”的表头下没有内容，请检查文件是否保存完整")
    return found


def _table(sheet: Sheet, columns: Sequence[str], needed: int) -> Iterable[tuple[int, list[str]]]:
    """Rows below the header as (Excel's row, values in the order of ``columns``)."""
    places: list[int] = []
    start = 0
    for index, values in enumerate(sheet.rows[:20]):
        labels = [re.sub(r"[*＊]", "", compact(cell)) for cell in values]
        if all(name in labels for name in columns[:needed]):
            places = [labels.index(name) if name in labels else -1 for name in columns]
            start = index + 1
            break
    if not places:
        names = "、".join(columns[:needed])
        raise Refused(f"工作表“{sheet.name}”没有找到表头，应有一行写着：{names}")
    for index in range(start, len(sheet.rows)):
        row = [compact(cell) for cell in sheet.rows[index]]
        picked = [row[place] if 0 <= place < len(row) else "" for place in places]
        if any(picked) and picked != list(columns):
            yield index + 1, picked


def _read_grids(sheet: Sheet, found: PlacesFile) -> None:
    area_of: dict[str, str] = {}
    seen: dict[str, int] = {}
    area = community = ""
    for row, picked in _table(sheet, _GRID_COLUMNS, 3):
        area, community, grid = (
            picked[0] or area,
            picked[1] or community,
            picked[2],
        )  # written once, meant for all below
        for name, text in zip(_GRID_COLUMNS, (area, community, grid), strict=True):
            if reason := unusable(text, 40):
                found.errors.append(Fault(row, name, reason))
        if area_of.setdefault(community, area) != area:
            found.errors.append(
                Fault(row, "片区", f"社区“{community}”在上面属于“{area_of[community]}”，请核对")
            )
        if grid in seen:
            found.errors.append(Fault(row, "网格", f"与第 {seen[grid]} 行重复，请删去一行"))
        elif grid:
            seen[grid] = row
            found.grids.append(GridRow(row, area, community, grid))


def _read_branches(sheet: Sheet, found: PlacesFile) -> None:
    communities = {row.community for row in found.grids}
    seen: dict[str, int] = {}
    for row, (name, community, short_name) in _table(sheet, _BRANCH_COLUMNS, 1):
        if reason := unusable(name, 60):
            found.errors.append(Fault(row, "党支部", reason))
        if short_name and (reason := unusable(short_name, 30)):
            found.errors.append(Fault(row, "简称", reason))
        if community and community not in communities:
            found.errors.append(Fault(row, "所属社区", f"工作表“网格”里没有“{community}”，请核对"))
        if name in seen:
            found.errors.append(Fault(row, "党支部", f"与第 {seen[name]} 行重复，请删去一行"))
        elif name:
            seen[name] = row
            found.branches.append(BranchRow(row, name, community, short_name))


def unusable(text: str, limit: int) -> str:
    """What is wrong with a text as the name of a place, in words that follow it; empty where nothing is."""
    if not text:
        return "未填写，请补上"
    if len(text) > limit:
        return f"不能超过 {limit} 个字，现在是 {len(text)} 个字"
    if looks_like_formula(text) or not re.fullmatch(r"[\w（）()·\-—]+", text):
        return "含有不能使用的符号，请改为汉字、字母或数字"
    return ""
