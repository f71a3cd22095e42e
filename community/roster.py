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

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from accounts.rights import require
from community import moves, roster_undo
from community.roster_plan import Change, Filled, Plan, phone_index, plan, tail_index
from database.session import Database
from ground import clock, faultpoints
from models import ImportRun, Member, User

__all__ = [
    "Change",
    "Filled",
    "Plan",
    "begin",
    "carry_out",
    "phone_index",
    "plan",
    "runs",
    "tail_index",
    "write",
]

_INSERT = sa.insert(Member).values(phone=sa.bindparam("phone_sealed", type_=sa.LargeBinary))


def write(session: Session, chunk: Sequence[Filled], *, at: datetime, run_id: int | None = None) -> None:
    """Write one chunk, inside :func:`moves.alone`.

    Since the plan was made others may have acted: whom another import added is not added again, who was
    erased or merged is left alone.

    With ``run_id``, what was there before is kept, so that the import can be undone.
    """
    rows = _not_there_yet(session, [one.values for one in chunk if one.member_id is None], at)
    known = _still_there(session, {one.member_id: one.values for one in chunk if one.member_id is not None})
    if run_id is not None:
        roster_undo.remember(session, run_id, known, at=at)
    if rows:
        session.connection().execute(_INSERT, rows)
        if run_id is not None:
            roster_undo.remember_new(session, run_id, [row["phone_index"] for row in rows], at=at)
    changed = {ident: {**values, "updated_at": at} for ident, values in known.items()}
    run = session.get(ImportRun, run_id) if run_id is not None else None
    why = moves.Why("名册导入", run.user_id if run else None, clock.shanghai_day(at))
    moves.write(session, changed, why, at=at)


def _still_there(session: Session, known: dict[int, dict[str, Any]]) -> dict[int, dict[str, Any]]:
    """Without who was erased or merged into another record since the plan was made: nothing is written onto those again."""
    gone = sa.select(Member.id).where(Member.id.in_(known), Member.erased_at.is_not(None))
    dropped = set(session.scalars(gone)) if known else set()
    return {ident: values for ident, values in known.items() if ident not in dropped}


def _not_there_yet(session: Session, new: Sequence[dict[str, Any]], at: datetime) -> list[dict[str, Any]]:
    if not new:
        return []
    indexes = [values["phone_index"] for values in new]
    query = sa.select(Member.name, Member.phone_index).where(Member.phone_index.in_(indexes))
    there = {(name, bytes(index or b"")) for name, index in session.execute(query)}
    return [
        {**values, "active": True, "created_at": at, "updated_at": at}
        for values in new
        if (values["name"], values["phone_index"]) not in there
    ]


def begin(
    session: Session, made: Plan, *, file_name: str, at: datetime, user: User | None = None
) -> ImportRun:
    """Keep that an import takes place, with what it means to do: numbers only, no personal data.

    Raises :class:`Forbidden` for a user without the right.
    """
    if user is not None:
        require(user, "member.import")
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
        "failed": made.bad_rows,
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


def carry_out(db: Database, made: Plan, *, file_name: str, user: User | None = None) -> int:
    """Write a plan: a short transaction a chunk, so that others may write between them; the first also begins the record.

    The record's number is given back: by it the import can be undone.
    """
    run_id: int | None = None
    for chunk in made.chunks() if made.changes else iter([[]]):
        with db.session_scope() as session:
            at = clock.now()
            moves.alone(session, at=at)
            if run_id is None:
                run_id = begin(session, made, file_name=file_name, at=at, user=user).id
            write(session, chunk, at=at, run_id=run_id)
            faultpoints.reach("roster.chunk_written")
            _advance(session, run_id, len(chunk))
        faultpoints.reach("roster.chunk_committed")
    assert run_id is not None
    return run_id


def runs(session: Session, *, limit: int) -> list[ImportRun]:
    """The latest imports of the roster."""
    query = sa.select(ImportRun).where(ImportRun.kind == "roster").order_by(ImportRun.id.desc())
    return list(session.scalars(query.limit(limit)))
