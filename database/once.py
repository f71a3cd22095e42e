"""Rows that may be there already: inserted once, or brought up to date, beside any number of others who do the same.

Nobody reads first and writes then: the database decides, by its unique keys.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from database.base import Base, table_of
from database.claims import changed

Insert: TypeAlias = sqlite.Insert | postgresql.Insert

_INSERT: Mapping[str, Any] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
DIALECTS = tuple(_INSERT)
"""SQLAlchemy's names of the databases that we run on."""


def insert_once(
    on: Session | sa.Connection,
    model: type[Base],
    rows: Iterable[Mapping[str, Any]],
    *,
    keys: Sequence[str] | None = None,
) -> int:
    """Insert those rows that are not there yet; how many were new.

    A row is there if one with the same ``keys`` is, which name one unique constraint; without them, if it would break any. Any
    number of rows, all with the same columns, called as in the table. On PostgreSQL it waits for the end of who is just
    inserting the same.

    Raises ``ValueError`` for rows of different columns.
    """
    given = list(rows)
    if not given:
        return 0
    if any(row.keys() != given[0].keys() for row in given):
        raise ValueError("the rows differ in their columns")
    connection = _connection(on)
    statement = inserting_once(model, connection.dialect.name, keys=keys)
    # A row is a run of one statement, so no list is too long for the database's limit of parameters. Compiled for each list anew,
    # several rows in one statement take five times as long.
    return changed(connection.execute(statement.execution_options(preserve_rowcount=True), given))


def upsert(on: Session | sa.Connection, model: type[Base], **values: Any) -> None:
    """Insert the row of this primary key, or change it to these values if it is there.

    A session reads anew what it has loaded of it.
    """
    connection = _connection(on)
    key = [column.name for column in table_of(model).primary_key]
    connection.execute(upserting(model, connection.dialect.name, values.keys() - set(key)), values)
    if isinstance(on, Session):
        loaded = on.identity_map.get(identity_key(model, tuple(values[name] for name in key)))
        if loaded is not None:
            on.expire(loaded)


def add(on: Session | sa.Connection, model: type[Base], key: Mapping[str, Any], **amounts: int) -> None:
    """Add these amounts to the columns of the row of this primary key, which begins with them if it is not there."""
    connection, table = _connection(on), table_of(model)
    insert: Insert = _INSERT[connection.dialect.name](table)
    more = {name: table.c[name] + insert.excluded[name] for name in amounts}
    statement = insert.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key], set_=more
    )
    connection.execute(statement, {**key, **amounts})


def inserting_once(model: type[Base], dialect: str, *, keys: Sequence[str] | None = None) -> Insert:
    """The statement of :func:`insert_once`, for who builds it once and runs it often. ``dialect`` is one of :data:`DIALECTS`."""
    insert: Insert = _INSERT[dialect](table_of(model))
    return insert.on_conflict_do_nothing(index_elements=keys)


def upserting(model: type[Base], dialect: str, names: Iterable[str]) -> Insert:
    """The statement of :func:`upsert`, which changes the columns ``names`` of a row that is there."""
    table = table_of(model)
    insert: Insert = _INSERT[dialect](table)
    return insert.on_conflict_do_update(
        index_elements=[column.name for column in table.primary_key],
        set_={name: insert.excluded[name] for name in sorted(names)},
    )


def _connection(on: Session | sa.Connection) -> sa.Connection:
    if isinstance(on, sa.Connection):
        return on
    if on.autoflush:
        on.flush()  # a row may belong to one that is only pending
    return on.connection()
