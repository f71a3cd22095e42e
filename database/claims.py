"""Conditional updates: the one way in which work is claimed, by any number of threads and processes, on both databases.

A claim is an update of rows as long as they still are what the claimer believes, which also writes an owner and the end of a
lease: whoever changed the row has it. The database decides; there is no lock service. After the lease the row is open to others,
so what a claim allows must be safe to repeat or be guarded by a mark of its own (``called_at``).
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, Session, mapped_column

from database.base import Base, UtcDateTime, table_of
from ground import clock


class Leased:
    """The columns of a table whose rows are claimed: who has a row, and until when. Both are empty where nobody has."""

    lease_owner: Mapped[str] = mapped_column(sa.String(80), default="")
    lease_until: Mapped[datetime | None] = mapped_column(UtcDateTime())


@dataclass(frozen=True)
class Lease:
    """What a claim writes into a row."""

    owner: str
    until: datetime


def new_owner() -> str:
    """A name for one run of one actor; no other run, thread or process ever has it."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(6)}"


def lease_for(owner: str, seconds: float, at: datetime) -> Lease:
    """A lease that begins ``at`` and holds for so many real seconds."""
    return Lease(owner, lease_end(seconds, at))


def lease_end(seconds: float, at: datetime) -> datetime:
    """When a lease that begins ``at`` ends. What it covers takes real time, so a clock that runs faster needs a longer one."""
    return at + timedelta(seconds=seconds * max(1.0, clock.speed()))


def lease_over(
    until: sa.ColumnElement[datetime] | Any, seconds: float, at: datetime
) -> sa.ColumnElement[bool]:
    """SQL: a lease that has ended, or that ends too late to have been given by a clock that was right.

    Twice its length, because the clocks of several machines differ a little, and so does the moment of the question.
    """
    longest = lease_end(seconds, at) - at
    return sa.or_(until <= at, until > at + 2 * longest)


def free(model: type[Leased], seconds: float, at: datetime) -> sa.ColumnElement[bool]:
    """SQL: a row that nobody has, or has no longer."""
    return sa.or_(model.lease_until.is_(None), lease_over(model.lease_until, seconds, at))


def claim(
    session: Session,
    model: type[Base],
    *,
    where: Sequence[sa.ColumnElement[bool]],
    lease: Lease | None = None,
    values: Mapping[str, Any] | None = None,
    limit: int = 1,
    order_by: Sequence[Any] = (),
) -> list[Any]:
    """Change at most ``limit`` rows for which ``where`` holds; the primary keys of those that were won, smallest first.

    ``lease`` is written into a table that is :class:`Leased`; without one, ``values`` must take the rows out of ``where``, else
    the next one wins them as well. On PostgreSQL rows that another transaction is just claiming are skipped instead of waited
    for; SQLite writes one at a time.
    """
    written = dict(values or {})
    if lease is not None:
        written |= {"lease_owner": lease.owner, "lease_until": lease.until}
    statement = claiming(
        model, session.connection().dialect.name, where, written, limit=limit, order_by=order_by
    )
    won = session.scalars(statement.execution_options(synchronize_session=False))
    return sorted(won)


def claiming(
    model: type[Base],
    dialect: str,
    where: Sequence[sa.ColumnElement[bool]],
    values: Mapping[str, Any],
    *,
    limit: Any = 1,
    order_by: Sequence[Any] = (),
    returning: Sequence[Any] = (),
) -> sa.UpdateBase:
    """The statement of :func:`claim`, for who builds it once, with parameters in it, and runs it often.

    It tells of each row that was won the primary key and the columns ``returning``, as they are then, in no order.
    """
    (key,) = table_of(model).primary_key
    wanted = sa.select(key).where(*where).order_by(*(order_by or (key,))).limit(limit)
    if dialect == "postgresql":
        wanted = wanted.with_for_update(skip_locked=True)
    # The rows are locked, and what is asked of them was true of them then: asked again outside, PostgreSQL would look through
    # all that fit for each that was chosen.
    chosen = wanted.cte("chosen")
    mine = key.in_(sa.select(chosen.c[key.name]))
    return sa.update(model).where(mine).values(dict(values)).returning(key, *returning)


def give_back(session: Session, model: type[Leased], owner: str, *which: sa.ColumnElement[bool]) -> int:
    """End the leases that ``owner`` still has on these rows; how many."""
    mine = sa.update(model).where(*which, model.lease_owner == owner)
    freed = mine.values(lease_owner="", lease_until=None)
    return changed(session.execute(freed.execution_options(synchronize_session=False)))


def not_being_written(query: sa.Select[Any]) -> sa.Select[Any]:
    """The rows of a query that no other transaction is writing just now, held until the end of this one."""
    return query.with_for_update(skip_locked=True)


def change(
    session: Session, model: type[Base], where: Sequence[sa.ColumnElement[bool]], **values: Any
) -> int:
    """A conditional update of any number of rows; how many changed. What the session has loaded of them stays as it was read."""
    statement = sa.update(model).where(*where).values(**values)
    return changed(session.execute(statement.execution_options(synchronize_session=False)))


def changed(result: sa.Result[Any]) -> int:
    """How many rows a statement has inserted, updated or removed. Raises ``TypeError`` where that is not known."""
    count = result.rowcount if isinstance(result, sa.CursorResult) else -1
    if count < 0:
        raise TypeError("this result does not tell how many rows have changed")
    return int(count)
