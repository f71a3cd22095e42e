"""Constraints for a table that is in use.

SQLite cannot add a constraint to a table: it is made anew, exactly as it stands but for that, filled, and put in the place of the
former one (the twelve steps of https://sqlite.org/lang_altertable.html#otheralter). That needs foreign keys switched off,
which SQLite allows outside a transaction only: :mod:`database.migrate` does it, and checks all keys at the end.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import sqlalchemy as sa

_NEW = "_pioneer_new_"


def add_checks(connection: sa.Connection, table: str, checks: Mapping[str, str]) -> None:
    """Give a table these checks, name → condition; a condition is SQL that SQLite and PostgreSQL both understand.

    Rows must fit already. Rows of other tables that refer to this one, indexes, triggers and ids stay as they are.
    """
    if connection.dialect.name != "sqlite":
        for name, condition in checks.items():
            connection.exec_driver_sql(f'ALTER TABLE "{table}" ADD CONSTRAINT {name} CHECK ({condition})')
        return
    made = _definition(connection, table)
    parts = "".join(f", \n\t{_clause(name, condition)}" for name, condition in checks.items())
    _replace(connection, table, f"{made.rstrip()[:-1].rstrip()}{parts}\n)")


def drop_checks(connection: sa.Connection, table: str, checks: Mapping[str, str]) -> None:
    """Take away what :func:`add_checks` gave."""
    if connection.dialect.name != "sqlite":
        for name in checks:
            connection.exec_driver_sql(f'ALTER TABLE "{table}" DROP CONSTRAINT {name}')
        return
    made = _definition(connection, table)
    for name, condition in checks.items():
        made = made.replace(f", \n\t{_clause(name, condition)}", "")
    _replace(connection, table, made)


def set_nullable(connection: sa.Connection, table: str, column: str, *, nullable: bool) -> None:
    """Let a column be empty, or never again; the rows must fit already."""
    if connection.dialect.name != "sqlite":
        verb = "DROP" if nullable else "SET"
        connection.exec_driver_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" {verb} NOT NULL')
        return
    column_, others = _column(connection, table, column)
    if column_.endswith(" NOT NULL") != nullable:
        raise RuntimeError(f"{table}.{column} is so already")
    _replace(
        connection, table, others(column_.removesuffix(" NOT NULL") if nullable else f"{column_} NOT NULL")
    )


def set_length(connection: sa.Connection, table: str, column: str, length: int) -> None:
    """Let a text column hold so many characters; the rows must fit already."""
    if connection.dialect.name != "sqlite":
        connection.exec_driver_sql(f'ALTER TABLE "{table}" ALTER COLUMN "{column}" TYPE VARCHAR({length})')
        return
    column_, others = _column(connection, table, column)
    before, _, after = column_.partition(")")
    _replace(connection, table, others(f"{before.partition('(')[0]}({length}){after}"))


def _column(connection: sa.Connection, table: str, column: str) -> tuple[str, Callable[[str], str]]:
    """How a column is defined, and what makes of another definition of it the table's."""
    lines = _definition(connection, table).split(", \n")
    at = [number for number, line in enumerate(lines) if line.strip().split()[:1] == [column]]
    if len(at) != 1:
        raise RuntimeError(f"the definition of {table}.{column} is not one that we can read")
    return lines[at[0]], lambda line: ", \n".join([*lines[: at[0]], line, *lines[at[0] + 1 :]])


def _clause(name: str, condition: str) -> str:
    return f"CONSTRAINT {name} CHECK ({condition})"


def _definition(connection: sa.Connection, table: str) -> str:
    found = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?", (table,)
    )
    return str(found.scalar_one())


def _replace(connection: sa.Connection, table: str, definition: str) -> None:
    if connection.exec_driver_sql("PRAGMA foreign_keys").scalar_one():
        raise RuntimeError(
            "a table cannot be made anew while foreign keys are on: its referring rows would go"
        )
    new = f"{_NEW}{table}"
    head, _, body = definition.partition("(")
    if head.replace('"', " ").split() != ["CREATE", "TABLE", table]:
        raise RuntimeError(f"the definition of {table} is not one that we can read")
    beside = connection.exec_driver_sql(
        "SELECT sql FROM sqlite_master WHERE tbl_name = ? AND type IN ('index', 'trigger') AND sql IS NOT NULL",
        (table,),
    )
    statements = [str(sql) for sql in beside.scalars()]
    # So that what refers to the table by its name (keys, triggers of others) goes on doing so through drop and rename.
    connection.exec_driver_sql("PRAGMA legacy_alter_table=ON")
    connection.exec_driver_sql(f'CREATE TABLE "{new}" ({body}')
    connection.exec_driver_sql(f'INSERT INTO "{new}" SELECT * FROM "{table}"')  # noqa: S608 - names of our own
    connection.exec_driver_sql(f'DROP TABLE "{table}"')
    connection.exec_driver_sql(f'ALTER TABLE "{new}" RENAME TO "{table}"')
    for statement in statements:
        connection.exec_driver_sql(statement)
    connection.exec_driver_sql("PRAGMA legacy_alter_table=OFF")


__all__ = ["add_checks", "drop_checks", "set_length", "set_nullable"]
