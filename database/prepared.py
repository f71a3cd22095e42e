"""Core statements compiled once and run by the driver, for the one road where each microsecond counts: the callback.

A statement stays written in SQLAlchemy, so it serves SQLite and PostgreSQL alike; what is saved is the work that SQLAlchemy
does anew at each call (measured: 25 to 40 µs a statement). It runs inside the transaction of the connection it is given.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import sqlalchemy as sa
from sqlalchemy.sql import ClauseElement

Processor = Callable[[Any], Any]


class Prepared:
    """One statement for one kind of database. No expanding parameters (``IN`` over a list): they differ at each call."""

    def __init__(self, statement: ClauseElement, engine: sa.Engine) -> None:
        dialect = engine.dialect
        compiled = statement.compile(dialect=dialect)
        self._sql = str(compiled)
        names: dict[sa.BindParameter[Any], str] = getattr(compiled, "bind_names", {})
        processors = {
            name: bind.type.dialect_impl(dialect).bind_processor(dialect) for bind, name in names.items()
        }
        self._constants = {
            name: value if (process := processors[name]) is None or value is None else process(value)
            for name, value in compiled.params.items()
        }
        order: list[str] | None = getattr(compiled, "positiontup", None)
        self._by_position = order is not None
        self._slots = [(name, processors[name]) for name in (order or names.values())]
        self._columns: list[tuple[int, Processor]] = []
        self._row: Callable[[Any], Any] = tuple
        if isinstance(statement, sa.Select):
            columns = statement.selected_columns
            self._row = _row_of(list(columns.keys()))
            for index, column in enumerate(columns):
                processor = column.type.dialect_impl(dialect).result_processor(dialect, None)
                if processor is not None:
                    self._columns.append((index, processor))

    def run(self, connection: sa.Connection, **values: Any) -> int:
        """Run it; the number of rows it changed."""
        return int(self._execute(connection, values).rowcount)

    def first(self, connection: sa.Connection, **values: Any) -> Any:
        """The first row, with its columns as attributes, or None."""
        row = self._execute(connection, values).fetchone()
        return None if row is None else self._processed(row)

    def all(self, connection: sa.Connection, **values: Any) -> list[Any]:
        """All rows, with their columns as attributes."""
        return [self._processed(row) for row in self._execute(connection, values).fetchall()]

    def _execute(self, connection: sa.Connection, values: dict[str, Any]) -> Any:
        constants = self._constants
        driver: Any = connection.connection.driver_connection
        if self._by_position:
            given: Any = [
                (values[name] if process is None else process(values[name]))
                if name in values
                else constants[name]
                for name, process in self._slots
            ]
        else:
            given = dict(constants)
            for name, process in self._slots:
                if name in values:
                    given[name] = values[name] if process is None else process(values[name])
        return driver.execute(self._sql, given)

    def _processed(self, row: Any) -> Any:
        if not self._columns:
            return self._row(row)
        cells = list(row)
        for index, processor in self._columns:
            cells[index] = processor(cells[index])
        return self._row(cells)


def _row_of(names: list[str]) -> Callable[[Any], Any]:
    kind: Any = namedtuple("Row", names)  # type: ignore[misc]
    make: Callable[[Any], Any] = kind._make
    return make


_known: WeakKeyDictionary[sa.Engine, dict[int, Prepared]] = WeakKeyDictionary()


def prepared(statement: ClauseElement, connection: sa.Connection) -> Prepared:
    """The prepared form, for this database, of a statement that a module holds for as long as the process lives."""
    statements = _known.get(connection.engine)
    if statements is None:
        statements = _known.setdefault(connection.engine, {})
    found = statements.get(id(statement))
    if found is None:
        found = statements[id(statement)] = Prepared(statement, connection.engine)
    return found
