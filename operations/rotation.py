"""Key rotation: every sealed value is sealed anew with the first key, batch by batch, so that the old key can be thrown away.

Which columns are sealed is read from the tables themselves. A run may be killed anywhere: what is sealed with the first key
already is passed over by the next one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from database.claims import changed
from database.sealed import Keyring, Sealed, keyring
from database.session import Database
from ground import faultpoints
from models import Base

BATCH = 500


@dataclass(frozen=True)
class SealedColumn:
    """One sealed column and the key of its table."""

    table: sa.Table
    column: sa.Column[Any]
    context: str

    @property
    def name(self) -> str:
        """``table.column``."""
        return f"{self.table.name}.{self.column.name}"

    @property
    def key(self) -> sa.Column[Any]:
        """The primary key, of one column."""
        (key,) = self.table.primary_key.columns
        return key


@dataclass(frozen=True)
class Rotated:
    """What a rotation came to: ``unreadable`` values open with no configured key, and stay as they are."""

    sealed: dict[str, int]
    unreadable: dict[str, int]

    @property
    def total(self) -> int:
        """How many values were sealed anew."""
        return sum(self.sealed.values())


def sealed_columns() -> list[SealedColumn]:
    """All columns that are encrypted at rest."""
    return [
        SealedColumn(table, column, column.type.context)
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if isinstance(column.type, Sealed)
    ]


def remaining(db: Database) -> dict[str, int]:
    """How many values of each column are sealed with another key than the first."""
    found = {}
    with db.read_scope() as session:
        for one in sealed_columns():
            counted = sa.select(sa.func.count()).select_from(one.table).where(*_old(one, keyring()))
            found[one.name] = session.scalar(counted) or 0
    return found


def rotate(db: Database, at: datetime, progress: Callable[[str, int], None] = lambda *_: None) -> Rotated:
    """Seal all that is left with the first key; ``progress`` hears of column and count after each batch."""
    done = Rotated({}, {})
    for one in sealed_columns():
        for sealed, unreadable in _column(db, one):
            done.sealed[one.name] = done.sealed.get(one.name, 0) + sealed
            done.unreadable[one.name] = done.unreadable.get(one.name, 0) + unreadable
            progress(one.name, done.sealed[one.name])
            faultpoints.reach("rotation.batch")
    if done.total:
        with db.session_scope() as session:
            audit.record(session, "privacy.rotate", actor="命令行", detail={"values": done.total}, at=at)
        db.empty_log()
    return done


def _column(db: Database, one: SealedColumn) -> Iterator[tuple[int, int]]:
    """Batches in the order of the key, so that what cannot be read is met once."""
    ring, after, context = keyring(), None, one.context.encode()
    raw = sa.type_coerce(one.column, sa.LargeBinary)
    while True:
        where = _old(one, ring) if after is None else [*_old(one, ring), one.key > after]
        with db.read_scope() as session:
            batch = session.execute(
                sa.select(one.key, raw).where(*where).order_by(one.key).limit(BATCH)
            ).all()
        if not batch:
            return
        after = batch[-1][0]
        anew = []
        for key, value in batch:  # opened and sealed before the lock is taken
            try:
                anew.append((key, bytes(value), ring.seal(ring.open(bytes(value), context), context)))
            except ValueError:
                continue
        with db.session_scope() as session:
            changed = sum(_replace(session, one, *values) for values in anew)
        yield changed, len(batch) - len(anew)


def _replace(session: Session, one: SealedColumn, key: Any, old: bytes, new: bytes) -> int:
    """Conditional: whoever wrote meanwhile wrote with the first key."""
    raw = sa.type_coerce(one.column, sa.LargeBinary)
    result = session.execute(
        sa.update(one.table)
        .where(one.key == key, raw == old)
        .values({one.column.name: sa.literal(new, sa.LargeBinary)})
    )
    return changed(result)


def _old(one: SealedColumn, ring: Keyring) -> list[sa.ColumnElement[bool]]:
    raw = sa.type_coerce(one.column, sa.LargeBinary)
    start = sa.func.substr(raw, 1, len(ring.prefix), type_=sa.LargeBinary)
    return [one.column.is_not(None), start != sa.literal(ring.prefix, sa.LargeBinary)]
