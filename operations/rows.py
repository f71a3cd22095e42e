"""Rows as JSON lines, the same for SQLite and PostgreSQL, with sums by which two databases can be compared.

Values are taken as they lie in the database: sealed columns stay sealed.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import sqlalchemy as sa

from models import DERIVED_TABLES, FORMER_TABLES, Base

Row = dict[str, Any]
"""A row with its values as JSON knows them."""

_CHUNK = 1000


@dataclass
class Tally:
    """How many rows, and the sum of their hashes modulo 2^256: the same rows give the same sum in whatever order."""

    rows: int = 0
    total: int = 0

    def add(self, row: Row) -> None:
        """Count one row."""
        digest = hashlib.sha256(line_of(_normal(row))).digest()
        self.rows += 1
        self.total = (self.total + int.from_bytes(digest, "big")) % (1 << 256)

    def plain(self) -> dict[str, Any]:
        """For a manifest."""
        return {"rows": self.rows, "sum": f"{self.total:064x}"}


def reflected(connection: sa.Connection) -> dict[str, sa.Table]:
    """The product's tables by name, parents first, with plain column types: what is sealed stays as it is.

    Without those that are made from others (:data:`models.DERIVED_TABLES`).
    """
    plain = sa.MetaData()
    wanted = {*Base.metadata.tables, *FORMER_TABLES} - DERIVED_TABLES
    plain.reflect(connection, only=lambda name, _: name in wanted)
    for table in plain.tables.values():
        for column in table.columns:
            if isinstance(column.type, sa.JSON):
                column.type.none_as_null = True  # an empty field stays NULL and does not become JSON's null
    return {table.name: table for table in plain.sorted_tables}


def rows_of(connection: sa.Connection, table: sa.Table) -> Iterator[Row]:
    """All rows of a table, in the order of the primary key."""
    query = sa.select(table).order_by(*table.primary_key.columns)
    options = {"stream_results": True, "yield_per": _CHUNK}
    for row in connection.execute(query, execution_options=options).mappings():
        yield {name: _to_json(table.c[name], value) for name, value in row.items()}


def tallies(connection: sa.Connection) -> dict[str, Tally]:
    """What lies in the database, to be compared with a manifest."""
    found = {}
    for name, table in reflected(connection).items():
        found[name] = Tally()
        for row in rows_of(connection, table):
            found[name].add(row)
    return found


def insert(connection: sa.Connection, table: sa.Table, rows: Iterable[Row]) -> None:
    """Put rows into an empty table. Raises ``ValueError`` for one that is not of this table."""
    batch: list[dict[str, Any]] = []
    for row in rows:
        if not row.keys() <= set(table.c.keys()):
            raise ValueError("not a row of this table")
        batch.append({name: _from_json(table.c[name], value) for name, value in row.items()})
        if len(batch) >= _CHUNK:
            connection.execute(sa.insert(table), batch)
            batch.clear()
    if batch:
        connection.execute(sa.insert(table), batch)


def go_on_behind(connection: sa.Connection, table: sa.Table) -> None:
    """PostgreSQL: the next number of a table follows its highest."""
    if connection.dialect.name == "postgresql" and "id" in table.c:
        serial = sa.func.pg_get_serial_sequence(f'"{table.name}"', "id")
        highest = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
        connection.execute(sa.select(sa.func.setval(serial, highest, False)))


def line_of(row: Row) -> bytes:
    """A row as one line, without its end; the same row gives the same line."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def _normal(value: Any) -> Any:
    """What counts as the same: JSONB gives 1e16 back as a whole number, so whole numbers are hashed as such."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {name: _normal(inner) for name, inner in value.items()}
    return [_normal(inner) for inner in value] if isinstance(value, list) else value


def _to_json(column: sa.Column[Any], value: Any) -> Any:
    if value is None:
        return None
    if isinstance(column.type, sa.JSON):
        return {"j": value}
    if isinstance(value, bytes | memoryview):
        return {"b": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return {"t": moment.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    return value


def _from_json(column: sa.Column[Any], value: Any) -> Any:
    if not isinstance(value, dict):
        return bool(value) if isinstance(column.type, sa.Boolean) and value is not None else value
    ((kind, inner),) = value.items()
    if kind == "j":
        return inner
    if kind == "b":
        return base64.b64decode(inner)
    if kind == "d":
        return date.fromisoformat(inner)
    if kind != "t":
        raise ValueError("an unknown kind of value")
    moment = datetime.fromisoformat(inner)
    return moment if getattr(column.type, "timezone", False) else moment.replace(tzinfo=None)
