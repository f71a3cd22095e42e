"""片区、社区、网格 and 党支部: their import (:mod:`community.places_file` reads the workbook), and the lists that faces need.

Areas hold communities, communities hold grids; branches are units of people and may belong to a community or to none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import may, require
from community import branch_index
from community.branch_index import BranchIndex
from community.places_file import PlacesFile, unusable
from ground.cells import compact
from ground.errors import Forbidden, NotFound, Refused
from models import Area, Branch, Community, Follower, Grid, Member, User


def write(session: Session, found: PlacesFile, *, at: datetime, user: User | None = None) -> None:
    """Bring the tables to what the file says: new places are added, moved ones moved, none is ever deleted. Repeatable.

    A name that a branch had before means that branch, and does not take it back.

    Raises :class:`Refused` if the file has errors.
    """
    if found.errors:
        raise Refused(f"文件有 {len(found.errors)} 处错误，没有导入，请按行号修改后重新上传")
    areas = {area.name: area for area in session.scalars(sa.select(Area))}
    communities = {community.name: community for community in session.scalars(sa.select(Community))}
    grids = {grid.name: grid for grid in session.scalars(sa.select(Grid))}
    branches = {branch.name: branch for branch in session.scalars(sa.select(Branch))}
    former = branch_index.former(session)
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
    renamed: list[tuple[Branch, str]] = []
    for line in found.branches:
        branch = branches.get(line.name) or former.get(BranchIndex.key(line.name))
        if branch is None:
            branch = Branch(name=line.name, sort=len(branches), active=True)
        branches.setdefault(branch.name, branch)
        if line.short_name and former.get(BranchIndex.key(line.short_name)) is not branch:
            before, branch.short_name = branch.short_name or "", line.short_name
            renamed.append((branch, before))
        branch.community_id = communities[line.community].id if line.community else None
    session.add_all(branches.values())
    session.flush()
    for branch, short in renamed:
        branch_index.keep_former(session, branch, short, at=at)
    if shared := _shared(branches.values()):
        raise Refused(f"有两个党支部都可以叫“{shared}”，没有导入，请给它们不同的简称后重新上传")
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


def add_branch(session: Session, user: User, name: str, *, at: datetime) -> Branch:
    """A branch of this name, made where there is none: one that the name means already is given back.

    Raises :class:`Refused` for what cannot be a name.
    """
    require(user, "place.import")
    name = compact(name)
    if reason := unusable(name, 60):
        raise Refused(f"党支部名称{reason}")
    if (known := BranchIndex(branches(session, only_active=False)).get(name)) is not None:
        if not known.active:
            raise Refused(f"党支部“{known.label}”已停用，请改选其他党支部")
        return known
    last = session.scalar(sa.select(sa.func.max(Branch.sort))) or 0
    made = Branch(name=name, short_name="", sort=last + 1, active=True)
    session.add(made)
    session.flush()
    audit.record(session, "branch.create", user=user, subject=f"branch:{made.id}", at=at)
    return made


def _shared(known: Iterable[Branch]) -> str:
    """A name by which two branches go; empty where there is none."""
    taken: dict[str, int] = {}
    for one in known:
        for name in {one.name, one.short_name} - {""}:
            if taken.setdefault(BranchIndex.key(name), one.id) != one.id:
                return name
    return ""


def keep_code(session: Session, user: User, branch_id: int, ticket: str, *, at: datetime) -> None:
    """Note the ticket of a branch's lasting QR code. Raises :class:`NotFound`."""
    require(user, "system.manage")
    branch(session, branch_id).qr_ticket = ticket
    audit.record(session, "branch.qr", at=at, user=user, subject=f"branch:{branch_id}")


def branch_named(session: Session, name: str) -> Branch:
    """A branch by name, short name or another name that it had or has; spaces and 中共 ignored. Raises :class:`NotFound`."""
    return branch_index.of(session).find(name)


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


def called(session: Session) -> dict[str, str]:
    """What people read for branches that have a short name, by the full one."""
    query = sa.select(Branch.name, Branch.short_name).where(Branch.short_name != "")
    return {row.name: row.short_name for row in session.execute(query)}


def grids(session: Session, *, first: int | None = None) -> list[tuple[Community, list[Grid]]]:
    """The communities with their grids, in the office's order; the community ``first`` before the others."""
    held = [one for _, communities in tree(session) for one in communities]
    return sorted(held, key=lambda one: one[0].id != first)


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
