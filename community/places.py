"""片区、社区、网格 and 党支部: their import from the office's workbook, and the lists that every face needs.

Areas hold communities, communities hold grids; branches are units of people and may belong to a community or to none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from community import cells
from community.roster_file import Fault
from community.spreadsheet import Sheet, read_workbook
from ground.errors import NotFound, Refused
from models import Area, Branch, Community, Follower, Grid, Member, User

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
    """Read the sheets 网格 and 党支部. Raises :class:`Refused` where the workbook cannot be used at all."""
    sheets = {cells.compact(sheet.name): sheet for sheet in read_workbook(data, max_rows=_MAX_ROWS)}
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
        labels = [re.sub(r"[*＊]", "", cells.compact(cell)) for cell in values]
        if all(name in labels for name in columns[:needed]):
            places = [labels.index(name) if name in labels else -1 for name in columns]
            start = index + 1
            break
    if not places:
        names = "、".join(columns[:needed])
        raise Refused(f"工作表“{sheet.name}”没有找到表头，应有一行写着：{names}")
    for index in range(start, len(sheet.rows)):
        row = [cells.compact(cell) for cell in sheet.rows[index]]
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
            if reason := _unusable(text, 40):
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
        if reason := _unusable(name, 60):
            found.errors.append(Fault(row, "党支部", reason))
        if short_name and (reason := _unusable(short_name, 30)):
            found.errors.append(Fault(row, "简称", reason))
        if community and community not in communities:
            found.errors.append(Fault(row, "所属社区", f"工作表“网格”里没有“{community}”，请核对"))
        if name in seen:
            found.errors.append(Fault(row, "党支部", f"与第 {seen[name]} 行重复，请删去一行"))
        elif name:
            seen[name] = row
            found.branches.append(BranchRow(row, name, community, short_name))


def _unusable(text: str, limit: int) -> str:
    if not text:
        return "未填写，请补上"
    if len(text) > limit:
        return f"不能超过 {limit} 个字，现在是 {len(text)} 个字"
    if cells.looks_like_formula(text) or not re.fullmatch(r"[\w（）()·\-—]+", text):
        return "含有不能使用的符号，请改为汉字、字母或数字"
    return ""


def write(session: Session, found: PlacesFile, *, at: datetime, user: User | None = None) -> None:
    """Bring the tables to what the file says: new places are added, moved ones moved, none is ever deleted. Repeatable.

    Raises :class:`Refused` if the file has errors.
    """
    if found.errors:
        raise Refused(f"文件有 {len(found.errors)} 处错误，没有导入，请按行号修改后重新上传")
    areas = {area.name: area for area in session.scalars(sa.select(Area))}
    communities = {community.name: community for community in session.scalars(sa.select(Community))}
    grids = {grid.name: grid for grid in session.scalars(sa.select(Grid))}
    branches = {branch.name: branch for branch in session.scalars(sa.select(Branch))}
    for name in dict.fromkeys(row.area for row in found.grids):
        areas.setdefault(name, Area(name=name, sort=len(areas)))
    session.add_all(areas.values())
    session.flush()
    for name, area in {row.community: row.area for row in found.grids}.items():
        community = communities.setdefault(name, Community(name=name, sort=len(communities)))
        community.area_id = areas[area].id
    session.add_all(communities.values())
    session.flush()
    for row in found.grids:
        grid = grids.setdefault(row.grid, Grid(name=row.grid, sort=len(grids)))
        grid.community_id = communities[row.community].id
    session.add_all(grids.values())
    for line in found.branches:
        branch = branches.setdefault(line.name, Branch(name=line.name, sort=len(branches), active=True))
        branch.short_name = line.short_name
        branch.community_id = communities[line.community].id if line.community else None
    session.add_all(branches.values())
    session.flush()
    detail = {"grids": len(found.grids), "branches": len(found.branches)}
    audit.record(session, "place.import", user=user, actor="命令行", detail=detail, at=at)


# --- Lists -------------------------------------------------------------------------------------------------


def branches(session: Session, *, only_active: bool = True) -> list[Branch]:
    """All branches with their communities, in the office's order."""
    query = sa.select(Branch).options(joinedload(Branch.community)).order_by(Branch.sort, Branch.id)
    return list(session.scalars(query.where(Branch.active.is_(True)) if only_active else query))


def branch_named(session: Session, name: str) -> Branch:
    """A branch by name or short name, spaces and 中共 ignored. Raises :class:`NotFound`."""
    return BranchIndex(branches(session)).find(name)


class BranchIndex:
    """Finds branches by the names that offices use for them: full, short, with 中共 in front, with 支部 for 党支部."""

    def __init__(self, known: Iterable[Branch]) -> None:
        self._by_key: dict[str, Branch | None] = {}
        for branch in known:
            for key in {self._key(branch.name), self._key(branch.short_name)} - {""}:
                taken = self._by_key.setdefault(key, branch)
                if taken is not None and taken.id != branch.id:
                    self._by_key[key] = None  # two branches go by this name: neither is meant for sure

    def get(self, name: str) -> Branch | None:
        """The branch, or None where the name is unknown or ambiguous."""
        return self._by_key.get(self._key(name))

    def find(self, name: str) -> Branch:
        """The branch. Raises :class:`NotFound`."""
        branch = self.get(name)
        if branch is None:
            raise NotFound(f"没有名为“{name}”的党支部，请核对名称，或先导入片区网格表")
        return branch

    @staticmethod
    def _key(name: str) -> str:
        text = cells.compact(name).removeprefix("中国共产党").removeprefix("中共")
        return re.sub(r"党支部$", "支部", text)


@dataclass(frozen=True)
class BranchSummary:
    """A branch in numbers, for its list: active members, and how many of them are bound."""

    branch: Branch
    members: int
    bound: int


def summaries(session: Session, *, branch_id: int | None = None) -> list[BranchSummary]:
    """Members and bound members of every branch (or of one), in one grouped query."""
    counts = (
        sa.select(
            Member.branch_id.label("branch_id"),
            sa.func.count(Member.id).label("members"),
            sa.func.count(Follower.id).label("bound"),
        )
        .outerjoin(Follower, Follower.member_id == Member.id)
        .where(Member.active.is_(True))
        .group_by(Member.branch_id)
        .subquery()
    )
    query = (
        sa.select(Branch, counts.c.members, counts.c.bound)
        .outerjoin(counts, counts.c.branch_id == Branch.id)
        .options(joinedload(Branch.community))
        .where(Branch.active.is_(True))
        .order_by(Branch.sort, Branch.id)
    )
    if branch_id is not None:
        query = query.where(Branch.id == branch_id)
    return [
        BranchSummary(branch, members or 0, bound or 0) for branch, members, bound in session.execute(query)
    ]


def tree(session: Session) -> list[tuple[Area, list[tuple[Community, list[Grid]]]]]:
    """Areas with their communities and grids, in the office's order: three queries whatever the size."""
    grids: dict[int, list[Grid]] = {}
    for grid in session.scalars(sa.select(Grid).order_by(Grid.sort, Grid.id)):
        grids.setdefault(grid.community_id, []).append(grid)
    communities: dict[int, list[tuple[Community, list[Grid]]]] = {}
    for community in session.scalars(sa.select(Community).order_by(Community.sort, Community.id)):
        communities.setdefault(community.area_id, []).append((community, grids.get(community.id, [])))
    areas = session.scalars(sa.select(Area).order_by(Area.sort, Area.id))
    return [(area, communities.get(area.id, [])) for area in areas]
