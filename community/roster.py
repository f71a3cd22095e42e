"""党员名册: from a parsed file to the table, in three steps that an edge puts together::

    file = roster_file.parse(data, max_rows=..., today=...)          # no database
    with db.read_scope() as session:
        plan = roster.plan(session, file)                            # reads
    roster.carry_out(db, plan, file_name=...)                        # writes, a short transaction a chunk

The entry in the audit trail and the record of the import are written with the first rows, so that no row is ever without them;
the record counts down what is still unwritten. An import that was cut off is finished by importing the file again: whoever is
there already is recognised by name and phone, and the record of the first attempt is closed with the second.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from community.places import BranchIndex, branches
from community.roster_file import COLUMNS, Fault, RosterFile, RosterRow
from community.tags import queue_moves
from database import locks
from database.locks import Lock
from database.sealed import keyring
from database.session import Database
from ground import clock, faultpoints
from models import Branch, Grid, ImportRun, Member, User

CHUNK = 500
_COMPARED = ("gender", "branch_id", "grid_id", "joined_on", "duty", "note")


def phone_index(phone: str) -> bytes:
    """Blind index of a whole number."""
    return keyring().index(f"phone:{phone}")


def tail_index(tail: str) -> bytes:
    """Blind index of the last four digits."""
    return keyring().index(f"tail:{tail}")


@dataclass(frozen=True)
class Change:
    """One row to write: ``member_id`` is None for a new person. ``values`` are columns, the phone encrypted already."""

    member_id: int | None
    values: dict[str, Any]


@dataclass
class Plan:
    """What an import would do. ``changes`` are in the file's order."""

    sheet: str
    sha256: str
    changes: list[Change] = field(default_factory=list)
    unchanged: int = 0
    repeated: int = 0
    errors: list[Fault] = field(default_factory=list)
    warnings: list[Fault] = field(default_factory=list)
    per_branch: dict[str, int] = field(default_factory=dict)

    @property
    def created(self) -> int:
        """How many people are new."""
        return sum(change.member_id is None for change in self.changes)

    @property
    def updated(self) -> int:
        """How many people differ from the table."""
        return len(self.changes) - self.created

    def chunks(self) -> Iterator[list[Change]]:
        """The changes in pieces, each for one short transaction."""
        for start in range(0, len(self.changes), CHUNK):
            yield self.changes[start : start + CHUNK]

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
            "valid": self.valid,
            "repeated": self.repeated,
            "errors": [fault.as_dict() for fault in self.errors],
            "warnings": [fault.as_dict() for fault in self.warnings],
            "per_branch": self.per_branch,
        }


def plan(session: Session, file: RosterFile) -> Plan:
    """Hold a file against the table: who is new, who differs, who is there already, who stands in the file twice.

    A person is recognised by phone and name. Columns that the file lacks are left as they are.
    """
    made = Plan(file.sheet, file.sha256, errors=list(file.errors), warnings=list(file.warnings))
    known_branches = BranchIndex(branches(session))
    grids = {grid.name: grid.id for grid in session.scalars(sa.select(Grid))}
    present = _present(session)
    by_phone: dict[bytes, set[str]] = {}
    for name, index in present:
        by_phone.setdefault(index, set()).add(name)
    first_seen: dict[tuple[str, bytes], tuple[int, dict[str, Any]]] = {}
    for row in file.rows:
        branch = known_branches.get(row.branch)
        if branch is None:
            reason = f"没有“{row.branch[:30]}”这个党支部，请核对名称，或先在片区网格表里加上"
            made.errors.append(Fault(row.row, COLUMNS["branch"][0], reason))
            continue
        values = _values(row, branch, grids, file.columns, made)
        index = phone_index(row.phone)
        key = (row.name, index)
        if key in first_seen:
            _repeat(made, row, first_seen[key], values)
            continue
        first_seen[key] = (row.row, values)
        others = by_phone.setdefault(index, set()) - {row.name}
        if others:
            reason = "与另一位党员的手机号码相同，已分别导入，请核对是否填错"
            made.warnings.append(Fault(row.row, COLUMNS["phone"][0], reason))
        by_phone[index].add(row.name)
        made.per_branch[branch.name] = made.per_branch.get(branch.name, 0) + 1
        _compare(made, row, index, values, present.get(key))
    made.errors.sort(key=lambda fault: fault.row)
    made.warnings.sort(key=lambda fault: fault.row)
    return made


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


def _values(
    row: RosterRow, branch: Branch, grids: dict[str, int], columns: frozenset[str], made: Plan
) -> dict[str, Any]:
    values: dict[str, Any] = {"branch_id": branch.id}
    for name, value in (
        ("gender", row.gender),
        ("joined_on", row.joined_on),
        ("duty", row.duty),
        ("note", row.note),
    ):
        if ("joined" if name == "joined_on" else name) in columns:
            values[name] = value
    if "grid" in columns:
        values["grid_id"] = grids.get(row.grid) if row.grid else None
        if row.grid and row.grid not in grids:
            reason = f"没有“{row.grid[:30]}”这个网格，已导入但未归入网格"
            made.warnings.append(Fault(row.row, COLUMNS["grid"][0], reason))
    return values


def _repeat(made: Plan, row: RosterRow, first: tuple[int, dict[str, Any]], values: dict[str, Any]) -> None:
    if first[1] == values:
        made.repeated += 1
        return
    reason = f"与第 {first[0]} 行是同一人（姓名和手机号码相同）但内容不同，请核对后只保留一行"
    made.errors.append(Fault(row.row, COLUMNS["name"][0], reason))


def _compare(
    made: Plan, row: RosterRow, index: bytes, values: dict[str, Any], known: sa.Row[Any] | None
) -> None:
    if known is None:
        sealed = keyring().seal(row.phone.encode(), b"member.phone")
        new = {
            "gender": "",
            "grid_id": None,
            "joined_on": None,
            "duty": "",
            "note": "",
            **values,
            "name": row.name,
            "phone_sealed": sealed,
            "phone_index": index,
            "tail_index": tail_index(row.phone[-4:]),
        }
        made.changes.append(Change(None, new))
        return
    before = known._mapping
    changed = {name: value for name, value in values.items() if before[name] != value}
    if not known.active:
        changed["active"] = True
    if changed:
        made.changes.append(Change(known.id, changed))
    else:
        made.unchanged += 1


_INSERT = sa.insert(Member).values(phone=sa.bindparam("phone_sealed", type_=sa.LargeBinary))


def write(session: Session, chunk: Sequence[Change], *, at: datetime) -> None:
    """Write one chunk. Whoever another import added since the plan was made is not added again."""
    connection = session.connection()
    locks.hold(connection, Lock.ROSTER_IMPORT)
    new = [change.values for change in chunk if change.member_id is None]
    if new:
        there = {
            (name, bytes(index or b""))
            for name, index in session.execute(
                sa.select(Member.name, Member.phone_index).where(
                    Member.phone_index.in_([values["phone_index"] for values in new])
                )
            )
        }
        rows = [
            {**values, "active": True, "created_at": at, "updated_at": at}
            for values in new
            if (values["name"], values["phone_index"]) not in there
        ]
        if rows:
            connection.execute(_INSERT, rows)
    moved: dict[int, dict[str, Any]] = {}
    for change in chunk:
        if change.member_id is None:
            continue
        if "branch_id" in change.values or "grid_id" in change.values:
            moved[change.member_id] = change.values
    if moved:
        queue_moves(session, moved, at=at)
    for change in chunk:
        if change.member_id is not None:
            session.execute(
                sa.update(Member).where(Member.id == change.member_id).values(**change.values, updated_at=at),
                execution_options={"synchronize_session": False},
            )


def begin(
    session: Session, made: Plan, *, file_name: str, at: datetime, user: User | None = None
) -> ImportRun:
    """Keep that an import takes place, with what it means to do: numbers only, no personal data."""
    run = ImportRun(
        kind="roster",
        file_name=file_name[-200:],
        file_sha256=made.sha256,
        user_id=user.id if user else None,
        at=at,
        created=made.created,
        updated=made.updated,
        unchanged=made.unchanged,
        failed=len(made.errors),
        unwritten=made.created + made.updated,
    )
    session.add(run)
    session.flush()
    detail = {
        "created": made.created,
        "updated": made.updated,
        "unchanged": made.unchanged,
        "failed": len({fault.row for fault in made.errors}),
    }
    audit.record(
        session, "member.import", user=user, actor="命令行", subject=f"import:{run.id}", detail=detail, at=at
    )
    return run


def _advance(session: Session, run_id: int, written: int) -> None:
    """Note that so many changes more are written. With the last one, earlier attempts at the same file are over too."""
    run = session.get_one(ImportRun, run_id)
    run.unwritten = max(0, run.unwritten - written)
    if not run.unwritten:
        session.execute(
            sa.update(ImportRun)
            .where(
                ImportRun.kind == run.kind, ImportRun.file_sha256 == run.file_sha256, ImportRun.id < run.id
            )
            .values(unwritten=0)
        )


def carry_out(db: Database, made: Plan, *, file_name: str, user: User | None = None) -> None:
    """Write a plan: a short transaction a chunk, so that others may write between them; the first also begins the record."""
    run_id: int | None = None
    for chunk in list(made.chunks()) or [[]]:
        with db.session_scope() as session:
            if run_id is None:
                run_id = begin(session, made, file_name=file_name, at=clock.now(), user=user).id
            write(session, chunk, at=clock.now())
            faultpoints.reach("roster.chunk_written")
            _advance(session, run_id, len(chunk))
        faultpoints.reach("roster.chunk_committed")


def runs(session: Session, *, limit: int) -> list[ImportRun]:
    """The latest imports of the roster."""
    query = sa.select(ImportRun).where(ImportRun.kind == "roster").order_by(ImportRun.id.desc())
    return list(session.scalars(query.limit(limit)))
