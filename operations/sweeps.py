"""How one kind of personal datum is counted and removed: by rows of a table, or by files.

A step is one short transaction over a batch, which also counts what it removed, so that a run may be killed anywhere and the next
one goes on.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database.claims import changed
from database.once import upsert
from database.session import Database
from database.spoolfile import SpoolFile
from models import RetentionRun
from operations import uploads
from settings import Settings

BATCH = 500


@dataclass(frozen=True)
class Moment:
    """For when something is looked at: the configuration and the product's time."""

    settings: Settings
    now: datetime

    def days_ago(self, days: float) -> datetime:
        """The moment before which something is older than so many days."""
        return self.now - timedelta(days=days)


@dataclass(frozen=True)
class Standing:
    """How many there are, since when (None: none, or not known), and how many of them should be gone."""

    rows: int
    oldest: datetime | None
    due: int


class Sweep(Protocol):
    """One way of enforcing a time."""

    def standing(self, db: Database, at: Moment) -> Standing:
        """What is there. Reads only."""

    def step(self, db: Database, at: Moment, kind: str) -> int:
        """Remove one batch of what is due; how many, 0 when nothing is left."""


Conditions = Callable[[Moment], Sequence[sa.ColumnElement[bool]]]


@dataclass(frozen=True)
class Rows:
    """Rows of ``table`` for which ``due`` holds are changed to ``values``, or deleted where there are none.

    ``key`` is the column by which a batch is taken, ``held`` says which rows hold the datum at all, ``since`` how old it is.
    """

    key: Any
    due: Conditions
    held: Sequence[sa.ColumnElement[bool]] = ()
    since: Any = None
    values: Mapping[str, Any] | None = None

    def standing(self, db: Database, at: Moment) -> Standing:
        oldest = sa.func.min(self.since) if self.since is not None else sa.null()
        with db.read_scope() as session:
            rows, first = session.execute(
                sa.select(sa.func.count(), oldest).select_from(self._table).where(*self.held)
            ).one()
            due = session.scalar(sa.select(sa.func.count()).select_from(self._table).where(*self.due(at)))
        return Standing(rows, first, due or 0)

    def step(self, db: Database, at: Moment, kind: str) -> int:
        where = self.due(at)
        batch = sa.select(self.key).where(*where).limit(BATCH)
        with db.read_scope() as session:  # nothing to do is the usual case, and takes no lock
            if session.scalar(batch.limit(1)) is None:
                return 0
        with db.session_scope() as session:
            keys = list(session.scalars(batch))
            chosen = (self.key.in_(keys), *where)
            statement = (
                sa.delete(self._table).where(*chosen)
                if self.values is None
                else sa.update(self._table).where(*chosen).values(**self.values)
            )
            removed = changed(session.execute(statement.execution_options(synchronize_session=False)))
            note(session, kind, removed)
        return removed

    @property
    def _table(self) -> Any:
        return self.key.class_


@dataclass(frozen=True)
class Work:
    """A removal that is more than one statement: what is due is found by reading, then ``work`` does it in a transaction.

    ``work`` must not trust what was found: it may have changed meanwhile.
    """

    count: Callable[[Session, Moment], Standing]
    find: Callable[[Session, Moment], Sequence[Any]]
    work: Callable[[Session, Moment, Sequence[Any]], int]

    def standing(self, db: Database, at: Moment) -> Standing:
        with db.read_scope() as session:
            return self.count(session, at)

    def step(self, db: Database, at: Moment, kind: str) -> int:
        with db.read_scope() as session:
            found = self.find(session, at)
        if not found:
            return 0
        with db.session_scope() as session:
            removed = self.work(session, at, found)
            note(session, kind, removed)
        return removed


@dataclass(frozen=True)
class Held:
    """What stays until a person decides: the rows of ``tables`` for which all of ``where`` holds. Counts only."""

    tables: Sequence[Any]
    where: Sequence[sa.ColumnElement[bool]] = ()

    def standing(self, db: Database, at: Moment) -> Standing:
        """How many there are; none is ever due."""
        with db.read_scope() as session:
            counts = [
                session.scalar(sa.select(sa.func.count()).select_from(table).where(*self.where)) or 0
                for table in self.tables
            ]
        return Standing(sum(counts), None, 0)


class SpoolLines:
    """Messages that wait on disk. No transaction is open while the files are written."""

    def standing(self, db: Database, at: Moment) -> Standing:
        ages = SpoolFile(at.settings.data_dir).ages()
        return Standing(len(ages), min(ages, default=None), sum(age < self._before(at) for age in ages))

    def step(self, db: Database, at: Moment, kind: str) -> int:
        removed = SpoolFile(at.settings.data_dir).expire(self._before(at))
        if removed:
            with db.session_scope() as session:
                note(session, kind, removed)
        return 0

    @staticmethod
    def _before(at: Moment) -> datetime:
        return at.days_ago(at.settings.limits.inbound_keep_days)


class Uploads:
    """Rosters between check and confirmation. Their time is the machine's, as files have it."""

    def standing(self, db: Database, at: Moment) -> Standing:
        ages = [_changed(path) for path in uploads.waiting(at.settings.data_dir)]
        late = time.time() - uploads.KEEP_S - _LATE_S
        return Standing(len(ages), min(ages, default=None), sum(age.timestamp() < late for age in ages))

    def step(self, db: Database, at: Moment, kind: str) -> int:
        removed = uploads.expire(at.settings.data_dir, time.time())
        if removed:
            with db.session_scope() as session:
                note(session, kind, removed)
        return 0


_LATE_S = 300
"""The job looks at files each minute; five minutes late is late."""


def _changed(path: Any) -> datetime:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return datetime.now(UTC)


# --- What was done, in counts -----------------------------------------------------------------------------------


def begin(session: Session, kind: str, at: datetime) -> None:
    """A run over one kind begins; what earlier runs have counted stays in the total."""
    upsert(session, RetentionRun, kind=kind, started_at=at, finished_at=None, removed=0)


def note(session: Session, kind: str, removed: int) -> None:
    """So many more were removed, in the transaction that removed them."""
    counted = {"removed": RetentionRun.removed + removed, "total": RetentionRun.total + removed}
    session.execute(
        sa.update(RetentionRun)
        .where(RetentionRun.kind == kind)
        .values(**counted)
        .execution_options(synchronize_session=False)
    )


def finish(session: Session, kind: str, at: datetime) -> None:
    """The run over this kind is done."""
    session.execute(
        sa.update(RetentionRun)
        .where(RetentionRun.kind == kind)
        .values(finished_at=at)
        .execution_options(synchronize_session=False)
    )
