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
from database.sealed import Keyring, Sealed, keyring, named_key
from database.session import Database
from ground import faultpoints
from models import Base

BATCH = 500
SAMPLE = 100
"""So many of the oldest and of the newest values of a column are opened to see whether a key is the one that sealed them."""


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


@dataclass(frozen=True)
class Standing:
    """How far a change of keys is: the keys' ids, the one in use first, how many values are sealed with another, what is shut."""

    keys: tuple[str, ...]
    remaining: int
    shut: Shut | None = None


@dataclass(frozen=True)
class Shut:
    """Values that do not open with the configured keys, and the ids of the keys that they name."""

    count: int
    ids: tuple[str, ...]

    @property
    def advice(self) -> str:
        """What is so, and how it is mended, in Chinese."""
        return (
            f"抽查有 {self.count:,} 项加密内容打不开，加密它们的密钥编号是 {'、'.join(self.ids)}，现在配置的不是那一把。"
            "请找回当时的密钥，用没有用过的编号补在 field_keys 后面，再在最前面加一把新密钥（./pioneer flask keys），"
            "重启服务后运行 ./pioneer flask privacy rotate"
        )


def standing(db: Database) -> Standing:
    """For a page: counts only."""
    return Standing(keyring().names, sum(remaining(db).values()), shut(db))


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


def shut(db: Database) -> Shut | None:
    """What of a sample of each column does not open, or names the present key and was sealed with another; None for nothing."""
    ring, count, ids = keyring(), 0, set()
    for one in sealed_columns():
        raw = sa.type_coerce(one.column, sa.LargeBinary)
        values: set[bytes] = set()
        with db.read_scope() as session:
            for order in (one.key.asc(), one.key.desc()):
                query = sa.select(raw).where(one.column.is_not(None)).order_by(order).limit(SAMPLE)
                values |= {bytes(value) for value in session.scalars(query)}
        for value in values:
            if not ring.fits(value, one.context.encode()):
                count += 1
                ids.add(named_key(value) or "无法识别")
    return Shut(count, tuple(sorted(ids))) if count else None


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
