"""The one way in which work is claimed, by any number of threads and processes, on both databases.

A claim is a conditional update that also writes an owner and the end of a lease: whoever changed the row has it. The database
decides; there is no lock service. After the lease the row is open to others, so what a claim allows must be safe to repeat or be
guarded by a mark of its own (``called_at``).
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ground import clock
from models import Base, Setting
from settings import System

_INSTANCE = "instance_id"
_KEY_BYTES = 32


def new_owner() -> str:
    """A name for one run of one actor; no other run, thread or process ever has it."""
    return f"{socket.gethostname()[:30]}:{os.getpid()}:{secrets.token_hex(6)}"


def lease_end(system: System, now: datetime) -> datetime:
    """When a claim made now ends. Network time is real time, so a clock that runs faster needs a longer lease."""
    return now + timedelta(seconds=system.delivery_lease_s * max(1.0, clock.speed()))


def lease_over(
    column: sa.ColumnElement[datetime] | Any, system: System, now: datetime
) -> sa.ColumnElement[bool]:
    """SQL: a lease that has ended, or that ends too late to have been given by a clock that was right.

    Twice its length, because the clocks of several machines differ a little, and so does the moment of the question.
    """
    longest = lease_end(system, now) - now
    return sa.or_(column <= now, column > now + 2 * longest)


def claim(
    session: Session,
    model: type[Base],
    *,
    where: Sequence[sa.ColumnElement[bool]],
    values: Mapping[str, Any],
    limit: int = 1,
    order_by: Sequence[Any] = (),
) -> list[int]:
    """Change at most ``limit`` rows for which ``where`` holds and return their ids, smallest first.

    On PostgreSQL rows that another transaction is just claiming are skipped instead of waited for; SQLite writes one at a time.
    """
    table: Any = model.__table__
    order = order_by or (table.c.id,)
    wanted = sa.select(table.c.id).where(*where).order_by(*order).limit(limit)
    if session.get_bind().dialect.name == "postgresql":
        wanted = wanted.with_for_update(skip_locked=True)
    chosen = wanted.cte("chosen")
    changed = session.scalars(
        sa.update(model)
        .where(table.c.id.in_(sa.select(chosen.c.id)), *where)
        .values(**values)
        .returning(table.c.id)
        .execution_options(synchronize_session=False)
    )
    return sorted(int(row_id) for row_id in changed)


def change(
    session: Session, model: type[Base], where: Sequence[sa.ColumnElement[bool]], **values: Any
) -> int:
    """A conditional update of any number of rows; how many changed."""
    result = session.execute(
        sa.update(model).where(*where).values(**values).execution_options(synchronize_session=False)
    )
    return int(result.rowcount)  # type: ignore[attr-defined]


def instance_id(session: Session, now: datetime) -> str:
    """Eight hex digits that tell this database from every other one, also from a fresh one with the same row ids.

    WeChat remembers a ``clientmsgid`` for 24 hours: a database that was set up anew must not repeat old keys. Made once.
    """
    known = session.scalar(sa.select(Setting.value).where(Setting.name == _INSTANCE))
    if known:
        return known
    made = secrets.token_hex(4)
    if session.get_bind().dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as upsert
    else:
        from sqlalchemy.dialects.sqlite import insert as upsert  # type: ignore[assignment]
    session.execute(
        upsert(Setting).values(name=_INSTANCE, value=made, updated_at=now).on_conflict_do_nothing()
    )
    return session.scalars(sa.select(Setting.value).where(Setting.name == _INSTANCE)).one()


def delivery_key(instance: str, push_id: int, number: int) -> str:
    """The idempotency key of a delivery: at most 32 ASCII characters, the same whenever it is made.

    Source: https://developers.weixin.qq.com/doc/service/api/notify/message/api_sendall (``clientmsgid``)
    """
    key = f"{instance}-p{push_id}-{number}"
    if len(key) > _KEY_BYTES:
        raise ValueError("the idempotency key is too long")
    return key
