"""Branches by the names that people and files use for them: the present ones, and those that a branch had or is called by."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from types import MappingProxyType

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from database.once import insert_once
from ground.cells import compact
from ground.errors import NotFound
from models import Branch, BranchName


class BranchIndex:
    """Finds branches by the names that offices use for them: full, short, with 中共 in front, with 支部 for 党支部."""

    def __init__(self, known: Iterable[Branch], others: Mapping[str, Branch] = MappingProxyType({})) -> None:
        """``others``: branches by the keys of their other names, which count where no branch has such a name itself."""
        self._by_key: dict[str, Branch | None] = {}
        for branch in known:
            for key in {self.key(branch.name), self.key(branch.short_name)} - {""}:
                taken = self._by_key.setdefault(key, branch)
                if taken is not None and taken.id != branch.id:
                    self._by_key[key] = None  # two branches go by this name: neither is meant for sure
        for key, branch in others.items():
            self._by_key.setdefault(key, branch)

    def get(self, name: str) -> Branch | None:
        """The branch, or None where the name is unknown or ambiguous."""
        return self._by_key.get(self.key(name))

    def find(self, name: str) -> Branch:
        """The branch. Raises :class:`NotFound`."""
        branch = self.get(name)
        if branch is None:
            raise NotFound(f"没有名为“{name}”的党支部，请核对名称，或先导入片区网格表")
        return branch

    @staticmethod
    def key(name: str) -> str:
        """What two ways of writing one branch's name have in common."""
        text = compact(name).removeprefix("中国共产党").removeprefix("中共")
        return re.sub(r"党支部$", "支部", text)


def of(session: Session) -> BranchIndex:
    """The index of the branches that are used, by all their names."""
    known = list(session.scalars(sa.select(Branch).where(Branch.active.is_(True))))
    others = {key: branch for key, branch in former(session).items() if branch.active}
    return BranchIndex(known, others)


def former(session: Session) -> dict[str, Branch]:
    """Branches by the keys of their other names."""
    found = session.scalars(sa.select(BranchName).options(joinedload(BranchName.branch)))
    return {one.key: one.branch for one in found}


def keep_former(session: Session, branch: Branch, *names: str, at: datetime) -> None:
    """A branch was renamed: go on knowing it by the names that it had, and no longer list one that it has again."""
    present = {BranchIndex.key(branch.name), BranchIndex.key(branch.short_name)} - {""}
    session.execute(
        sa.delete(BranchName).where(BranchName.branch_id == branch.id, BranchName.key.in_(present))
    )
    for key, name in {BranchIndex.key(name): name for name in reversed(names)}.items():
        if key and key not in present:
            row = {"key": key, "name": compact(name), "branch_id": branch.id, "kept_at": at}
            insert_once(session, BranchName, [row], keys=["key"])
