"""A branch's names: what it is called, how that is changed, and by what other names rosters and people know it.

A name that it had stays known, as does what somebody decided once while importing a roster.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.rights import require
from community import branch_index
from community.branch_index import BranchIndex
from community.places import branch, branches
from community.places_file import unusable
from database import locks
from database.claims import changed as rows_changed
from database.locks import Lock
from database.once import insert_once
from ground.cells import compact
from ground.errors import NotFound, Refused
from models import Branch, BranchName, User


def rename(
    session: Session,
    user: User,
    branch_id: int,
    *,
    name: str | None = None,
    short_name: str | None = None,
    at: datetime,
) -> Branch:
    """Give a branch another full name, another short one (empty: none, people read the full one), or both; None: it stays.

    What it was called stays known. Raises :class:`Refused` for what cannot be a name, or what another branch goes by already,
    :class:`NotFound`.
    """
    require(user, "place.import")
    locks.hold(session, Lock.ROSTER_IMPORT)  # rows of a roster are matched by these names
    found = branch(session, branch_id)
    full = found.name if name is None else compact(name)
    short = found.short_name if short_name is None else compact(short_name)
    if reason := unusable(full, 60):
        raise Refused(f"全称{reason}")
    if short and (reason := unusable(short, 30)):
        raise Refused(f"简称{reason}")
    _need_free(session, found, {full, short} - {"", found.name, found.short_name})
    before, (was, was_short) = found.label, (found.name, found.short_name)
    found.name, found.short_name = full, short
    session.flush()
    branch_index.keep_former(session, found, was, was_short, at=at)
    detail = {"before": before, "after": found.label} if full == was else {"before": was, "after": full}
    if (was, was_short) != (full, short):
        audit.record(session, "branch.change", user=user, subject=f"branch:{branch_id}", detail=detail, at=at)
    return found


def _need_free(session: Session, found: Branch, names: Iterable[str]) -> None:
    """Raise :class:`Refused` for a name by which another branch goes."""
    others = [one for one in branches(session, only_active=False) if one.id != found.id]
    taken = {BranchIndex.key(name) for one in others for name in (one.name, one.short_name)}
    former = branch_index.former(session)
    for name in sorted(names):
        key = BranchIndex.key(name)
        if key in taken:
            raise Refused(f"“{name}”已经是另一个党支部的名称或简称，请换一个")
        if (other := former.get(key)) is not None and other.id != found.id:
            raise Refused(f"“{name}”是“{other.label}”的其他名称，请换一个，或先在“党支部”页删除这个名称")


def remember(session: Session, user: User, meant: Mapping[str, int], *, at: datetime) -> int:
    """Keep which branch (by id) is meant by each name; how many were new or mean another branch now.

    Names that our own branches have, and what cannot be a name of a place, are not kept.
    """
    require(user, "member.import")
    known = branches(session)
    index, ids = BranchIndex(known), {branch.id for branch in known}
    changed = []
    for name, branch_id in sorted(meant.items()):
        if branch_id not in ids or unusable(name, 60) or index.get(name) is not None:
            continue
        row = {"key": index.key(name), "name": compact(name), "branch_id": branch_id, "kept_at": at}
        new = insert_once(session, BranchName, [row], keys=["key"])
        if not new:
            moved = sa.update(BranchName).where(
                BranchName.key == row["key"], BranchName.branch_id != branch_id
            )
            new = rows_changed(
                session.execute(moved.values(branch_id=branch_id, name=row["name"], kept_at=at))
            )
        if new:
            changed.append(branch_id)
    for branch_id in changed:  # the audit chain is held last
        audit.record(session, "branch.name", user=user, subject=f"branch:{branch_id}", at=at)
    return len(changed)


def remembered(session: Session, names: Iterable[str]) -> dict[str, int]:
    """Which branch each of these names means, as it was decided before; names of branches that are used no more mean nothing."""
    keys = {name: BranchIndex.key(name) for name in set(names)}
    query = sa.select(BranchName.key, BranchName.branch_id).join(Branch, Branch.id == BranchName.branch_id)
    kept = {row.key: row.branch_id for row in session.execute(query.where(Branch.active.is_(True)))}
    return {name: kept[key] for name, key in keys.items() if key in kept}


def listed(session: Session) -> list[BranchName]:
    """All that is remembered, with the branches, in the branches' order."""
    query = sa.select(BranchName).join(BranchName.branch).options(joinedload(BranchName.branch))
    return list(session.scalars(query.order_by(Branch.sort, Branch.id, BranchName.name)))


def forget(session: Session, user: User, name_id: int, *, at: datetime) -> str:
    """Remove one; the name that means nothing any more. Raises :class:`NotFound`."""
    require(user, "place.import")
    query = sa.delete(BranchName).where(BranchName.id == name_id)
    gone = session.execute(query.returning(BranchName.name, BranchName.branch_id)).one_or_none()
    if gone is None:
        raise NotFound("没有这个名称，可能已经删除")
    audit.record(session, "branch.name_gone", user=user, subject=f"branch:{gone.branch_id}", at=at)
    return str(gone.name)
