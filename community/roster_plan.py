"""What an import would do: a file held against the table of members. Reads only.

The plan of a whole roster stays small: of a new person it keeps the file's row, and the columns (with the phone encrypted) are
made when they are written.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import branch_names
from community.branch_index import BranchIndex
from community.faults import Fault
from community.places import branches
from community.roster_by_hand import ByHand, Moved
from community.roster_columns import COLUMNS
from community.roster_file import RosterFile, RosterRow
from database.sealed import keyring
from models import Branch, Grid, Member

CHUNK = 500


def phone_index(phone: str) -> bytes:
    """Blind index of a whole number."""
    return keyring().index(f"phone:{phone}")


def tail_index(tail: str) -> bytes:
    """Blind index of the last four digits."""
    return keyring().index(f"tail:{tail}")


class Filled(NamedTuple):
    """One row to write: ``member_id`` is None for a new person. ``values`` are columns, the phone encrypted already."""

    member_id: int | None
    values: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """Somebody new, by the file's ``row``, or what is different of a member."""

    branch_id: int
    grid_id: int | None
    row: RosterRow
    member_id: int | None = None
    changed: dict[str, Any] | None = None

    @property
    def values(self) -> dict[str, Any]:
        """Columns and what they will hold."""
        if self.changed is not None:
            return self.changed
        row = self.row
        return {
            "name": row.name,
            "gender": row.gender,
            "branch_id": self.branch_id,
            "grid_id": self.grid_id,
            "joined_on": row.joined_on,
            "duty": row.duty,
            "note": row.note,
            "phone_sealed": keyring().seal(row.phone.encode(), b"member.phone"),
            "phone_index": phone_index(row.phone),
            "tail_index": tail_index(row.phone[-4:]),
        }


@dataclass
class Plan:
    """What an import would do. ``changes`` are in the file's order; ``meant`` says which branch the file's other names mean.

    ``moved`` are those on the roster who change branch, among the changes.
    """

    sha256: str
    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    repeated: int = 0
    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    per_branch: dict[str, int] = field(default_factory=dict)
    meant: dict[str, int] = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)

    @property
    def created(self) -> int:
        """How many people are new."""
        return sum(change.member_id is None for change in self.changes)

    @property
    def updated(self) -> int:
        """How many people differ from the table."""
        return len(self.changes) - self.created

    @property
    def bad_rows(self) -> int:
        """How many rows of the file have errors."""
        return len({fault.row for fault in self.errors})

    def chunks(self) -> Iterator[list[Filled]]:
        """The changes in pieces, each for one short transaction; what is secret is encrypted when a piece is asked for."""
        for start in range(0, len(self.changes), CHUNK):
            piece = self.changes[start : start + CHUNK]
            yield [Filled(change.member_id, change.values) for change in piece]

    @property
    def valid(self) -> int:
        """How many people of the file are in order, known or new."""
        return len(self.changes) + self.unchanged

    def as_dict(self, *, refused: bool = False) -> dict[str, object]:
        """The shape of the JSON contract. ``refused`` says that nothing is written because of the errors."""
        return {
            "created": 0 if refused else self.created,
            "updated": 0 if refused else self.updated,
            "unchanged": self.unchanged,
            "moved": 0 if refused else len(self.moved),
            "valid": self.valid,
            "repeated": self.repeated,
            "errors": [fault.as_dict() for fault in self.errors],
            "warnings": [fault.as_dict() for fault in self.warnings],
            "per_branch": self.per_branch,
        }


def plan(session: Session, file: RosterFile, *, meant: Mapping[str, int] | None = None) -> Plan:
    """Hold a file against the table: who is new, who differs, who is there already, who stands in the file twice.

    A person is recognised by phone and name. Columns that the file lacks are left as they are. ``meant`` says which branch (by
    id; 0: none) is meant by a name that the file has for it; what was remembered of other names holds besides.
    """
    made = Plan(file.sha256, errors=list(file.errors), warnings=list(file.warnings))
    holding = _Holding(session, file, made, dict(meant or {}))
    for row in file.rows:
        holding.take(row)
    holding.tell_doubles()
    made.warnings += holding.by_hand.warnings()
    made.moved = holding.by_hand.moved
    made.errors.sort(key=lambda fault: fault.row)
    made.warnings.sort(key=lambda fault: fault.row)
    return made


class _Holding:
    """The table beside the file, while its rows are taken one by one."""

    def __init__(self, session: Session, file: RosterFile, made: Plan, meant: dict[str, int]) -> None:
        known = branches(session)
        self._index, self._by_id = BranchIndex(known), {branch.id: branch for branch in known}
        kept = branch_names.remembered(session, {row.branch for row in file.rows} - meant.keys())
        self._kept = {name: ident for name, ident in kept.items() if self._index.get(name) is None}
        self._meant, self._made, self._columns = {**self._kept, **meant}, made, file.columns
        self._grids = {grid.name: grid.id for grid in session.scalars(sa.select(Grid))}
        self._present = _present(session)
        self._first: dict[tuple[str, bytes], RosterRow] = {}
        self._owner: dict[bytes, str] = {}
        self._shared: set[bytes] = set()
        self.by_hand = ByHand(session, self._by_id)
        for name, index in self._present:
            self._share(name, index)

    def take(self, row: RosterRow) -> None:
        """One person of the file."""
        branch = self._branch(row.branch)
        if branch is None:
            reason = f"没有“{row.branch[:30]}”这个党支部，请核对名称，或先在片区网格表里加上"
            self._made.errors.append(Fault(row.row, COLUMNS["branch"][0], reason, row.branch))
            return
        self._note_name(row, branch)
        index = phone_index(row.phone)
        first = self._first.setdefault((row.name, index), row)
        if first is not row:
            self._repeat(row, first)
            return
        if self._share(row.name, index):
            reason = "与另一位党员的手机号码相同，已分别导入，请核对是否填错"
            self._made.warnings.append(Fault(row.row, COLUMNS["phone"][0], reason))
        self._made.per_branch[branch.name] = self._made.per_branch.get(branch.name, 0) + 1
        if row.grid and "grid" in self._columns and row.grid not in self._grids:
            reason = f"没有“{row.grid[:30]}”这个网格，已导入但未归入网格"
            self._made.warnings.append(Fault(row.row, COLUMNS["grid"][0], reason))
        self._compare(row, branch, self._present.get((row.name, index)))

    def tell_doubles(self) -> None:
        """Who would be new, while the branch has somebody of that name whom the file does not know: perhaps by a new number."""
        left = {
            (known.name, known.branch_id)
            for key, known in self._present.items()
            if known.active and key not in self._first
        }
        for change in self._made.changes:
            if change.member_id is None and (change.row.name, change.branch_id) in left:
                reason = "该党支部已有同名党员，手机号码与文件不同，按新的一人导入；如果是同一人，请先更正手机号码，或导入后合并"
                self._made.warnings.append(Fault(change.row.row, COLUMNS["name"][0], reason))

    def _note_name(self, row: RosterRow, branch: Branch) -> None:
        """Say once of a name from before which branch it meant."""
        if row.branch not in self._meant or row.branch in self._made.meant:
            return
        self._made.meant[row.branch] = branch.id
        if row.branch in self._kept:
            reason = f"“{row.branch[:30]}”按以前的选择归入“{branch.label}”，如不对请取消归入，或到“党支部”页删除这个名称"
            self._made.warnings.append(Fault(0, COLUMNS["branch"][0], reason))

    def _branch(self, name: str) -> Branch | None:
        return self._by_id.get(self._meant[name]) if name in self._meant else self._index.get(name)

    def _share(self, name: str, index: bytes) -> bool:
        """Note whose number this is; whether it is somebody else's too."""
        if self._owner.setdefault(index, name) != name:
            self._shared.add(index)
        return index in self._shared

    def _repeat(self, row: RosterRow, first: RosterRow) -> None:
        if self._values(row) == self._values(first):
            self._made.repeated += 1
            return
        reason = f"与第 {first.row} 行是同一人（姓名和手机号码相同）但内容不同，请核对后只保留一行"
        self._made.errors.append(Fault(row.row, COLUMNS["name"][0], reason))

    def _values(self, row: RosterRow) -> dict[str, Any]:
        """The columns of which the file says something."""
        branch = self._branch(row.branch)
        given: tuple[tuple[str, str, Any], ...] = (
            ("branch", "branch_id", branch.id if branch else None),
            ("gender", "gender", row.gender),
            ("joined", "joined_on", row.joined_on),
            ("duty", "duty", row.duty),
            ("note", "note", row.note),
            ("grid", "grid_id", self._grids.get(row.grid)),
        )
        return {
            column: value
            for name, column, value in given
            if (name in self._columns and name not in row.unread) or name == "branch"
        }

    def _compare(self, row: RosterRow, branch: Branch, known: sa.Row[Any] | None) -> None:
        if known is None:
            self._made.changes.append(Change(branch.id, self._grids.get(row.grid), row))
            return
        before = known._mapping
        self.by_hand.meet(row.row, row.name, known.id, known.branch_id, branch.id, active=known.active)
        changed = {name: value for name, value in self._values(row).items() if before[name] != value}
        if not known.active:
            changed["active"] = True
        if changed:
            self._made.changes.append(Change(branch.id, None, row, known.id, changed))
        else:
            self._made.unchanged += 1


def _present(session: Session) -> dict[tuple[str, bytes], sa.Row[Any]]:
    rows: sa.Result[Any] = session.execute(
        sa.select(
            Member.id,
            Member.name,
            Member.phone_index,
            Member.gender,
            Member.branch_id,
            Member.grid_id,
            Member.joined_on,
            Member.duty,
            Member.note,
            Member.active,
        ).where(Member.phone_index.is_not(None))
    )
    return {(row.name, bytes(row.phone_index)): row for row in rows}
