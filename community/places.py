"""片区、社区、网格 and 党支部: their import (:mod:`community.places_file` reads the workbook), and the lists that faces need.

Areas hold communities, communities hold grids; branches are units of people and may belong to a community or to none.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import may, require
from community.places_file import PlacesFile
from ground.cells import compact
from ground.errors import Forbidden, NotFound, Refused
from models import Area, Branch, Community, Follower, Grid, Member, User


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


def branch(session: Session, branch_id: int) -> Branch:
    """A branch by id. Raises :class:`NotFound`."""
    found = session.get(Branch, branch_id)
    if found is None:
        raise NotFound("没有这个党支部")
    return found


def shown(session: Session, user: User, branch_id: int) -> Branch:
    """An active branch whose activities this user may see.

    Raises :class:`NotFound`, and :class:`Forbidden` for another one's secretary.
    """
    found = branch(session, branch_id)
    if not found.active:
        raise NotFound("没有这个党支部")
    if not may(user, "activity.view", branch_id):
        raise Forbidden(f"您没有查看{found.label}数据的权限，如需开通请联系管理员")
    return found


def keep_code(session: Session, user: User, branch_id: int, ticket: str, *, at: datetime) -> None:
    """Note the ticket of a branch's lasting QR code. Raises :class:`NotFound`."""
    require(user, "system.manage")
    branch(session, branch_id).qr_ticket = ticket
    audit.record(session, "branch.qr", at=at, user=user, subject=f"branch:{branch_id}")


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
        text = compact(name).removeprefix("中国共产党").removeprefix("中共")
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
