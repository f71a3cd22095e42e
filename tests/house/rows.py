"""Rows for every table as it was at some migration, and what tables hold: for tests of what an upgrade makes of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from database.session import Database

Content = dict[str, list[tuple[Any, ...]]]

BEFORE_CHECKS, BEFORE_ONE_DELIVERY = "0007", "0010"
KNOWN = {
    ("article", "status"): "queued",
    ("push", "status"): "sending",
    ("delivery", "status"): "unknown",
    ("activity", "status"): "open",
    ("check_in", "via"): "paper",
    ("make_up_request", "status"): "pending",
    ("outbox_message", "status"): "sent",
    ("outbox_message", "dedupe_key"): "reply:oOne:{}",
}
MADE_ANEW = ("article", "push", "delivery", "activity", "check_in", "make_up_request", "follower")


def filled(database: Database) -> Content:
    """Two rows in every table, each pointing to the row of the same number wherever it points; what they hold."""
    metadata = sa.MetaData()
    with database.engine.begin() as connection:
        metadata.reflect(connection)
        del_version = metadata.tables["alembic_version"]
        for table in metadata.sorted_tables:
            if table is not del_version:
                connection.execute(sa.delete(table))
                connection.execute(sa.insert(table), [row_of(table, number) for number in (1, 2)])
                if not database.on_sqlite and table.autoincrement_column is not None:
                    numbers = (
                        f"pg_get_serial_sequence('\"{table.name}\"', '{table.autoincrement_column.name}')"
                    )
                    connection.exec_driver_sql(f"SELECT setval({numbers}, 2) WHERE {numbers} IS NOT NULL")
    return content_of(database)


def row_of(table: sa.Table, number: int) -> dict[str, Any]:
    """The row of this number."""
    return {column.name: _value(table.name, column, number) for column in table.columns}


def _value(table: str, column: sa.Column[Any], number: int) -> Any:
    if (table, column.name) in KNOWN:
        return KNOWN[table, column.name].format(number)
    match column.type:
        case sa.Boolean():
            return False
        case sa.Integer():
            return number
        case sa.DateTime():
            return datetime(2026, 11, number, 4, tzinfo=UTC)
        case sa.Date():
            return date(2026, 11, number)
        case sa.JSON():
            return [number]
        case sa.LargeBinary():
            return b"%d" % number
        case _:
            return str(number)


def content_of(database: Database, known: Mapping[str, Sequence[str]] | None = None) -> Content:
    """What the tables hold, in ``known`` columns only (as a rule all)."""
    known = columns_of(database) if known is None else known
    with database.engine.connect() as connection:
        return {
            name: sorted(tuple(map(str, row)) for row in connection.execute(_all_of(name, columns)))
            for name, columns in known.items()
        }


def _all_of(name: str, columns: Sequence[str]) -> sa.Select[*tuple[Any, ...]]:
    wanted: list[sa.ColumnElement[Any]] = [sa.column(column) for column in columns]
    return sa.select(*wanted).select_from(sa.table(name))


def columns_of(database: Database) -> dict[str, list[str]]:
    """The columns by table."""
    with database.engine.connect() as connection:
        inspector = sa.inspect(connection)
        return {
            name: [column["name"] for column in inspector.get_columns(name)]
            for name in inspector.get_table_names()
            if name != "alembic_version"
        }
