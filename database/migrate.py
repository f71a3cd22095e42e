"""Bring a database to the present schema (the same migrations on SQLite and PostgreSQL)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from database.session import Database
from ground.errors import Refused

_FOLDER = Path(__file__).resolve().parents[1] / "models" / "migrations"


def upgrade(url: str) -> None:
    """Run all migrations that the database at ``url`` has not had yet."""
    database = Database(url)
    try:
        upgrade_database(database)
    finally:
        database.close()


def upgrade_database(database: Database, to: str = "head") -> None:
    """The same on an open database; ``to`` is the last migration to run."""
    with database.engine.connect().execution_options(writes=True) as connection:
        upgrade_connection(connection, to)
        connection.commit()


def downgrade_database(database: Database, to: str) -> None:
    """Take back all migrations after ``to``."""
    with database.engine.connect().execution_options(writes=True) as connection:
        _run(connection, command.downgrade, to)
        connection.commit()


def upgrade_connection(connection: Connection, revision: str = "head") -> None:
    """The same on a connection; up to ``revision`` only, where that is wanted.

    PostgreSQL: inside the transaction that the caller ends. SQLite: what the connection has begun is committed first, and the
    migrations are one transaction of their own, committed with all foreign keys checked, or rolled back. Raises
    :class:`errors.Refused` for data that the newer tables cannot hold.
    """
    _run(connection, command.upgrade, revision)


def _run(connection: Connection, direction: Callable[[Config, str], None], revision: str) -> None:
    config = _config()
    config.attributes["connection"] = connection
    if connection.dialect.name != "sqlite":
        direction(config, revision)
        return
    connection.commit()
    with _without_foreign_keys(connection):
        try:
            before = revision_of(connection)
            direction(config, revision)
            if revision_of(connection) != before:
                _check_foreign_keys(connection)
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


@contextmanager
def _without_foreign_keys(connection: Connection) -> Iterator[None]:
    """SQLite deletes what refers to a table made anew unless keys are off, and switches them outside transactions only."""
    bare = cast(sqlite3.Connection, connection.connection.driver_connection)
    bare.execute("PRAGMA foreign_keys=OFF")
    try:
        yield
    finally:
        bare.execute("PRAGMA foreign_keys=ON")


def _check_foreign_keys(connection: Connection) -> None:
    """Raises :class:`errors.Refused` where a row points to one that does not exist."""
    lost = {str(row[0]) for row in connection.exec_driver_sql("PRAGMA foreign_key_check")}
    if lost:
        names = "、".join(sorted(lost))
        raise Refused(
            f"数据表 {names} 中有数据互相对不上，数据库没有升级，数据没有改动，请从备份恢复后再升级"
        )


def pending(database: Database) -> bool:
    """Whether migrations are missing."""
    with database.engine.connect().execution_options(writes=False) as connection:
        return revision_of(connection) != head()


def head() -> str | None:
    """The newest revision that this program knows."""
    return ScriptDirectory.from_config(_config()).get_current_head()


def knows(revision: str) -> bool:
    """Whether this program can bring a database of that revision to the newest."""
    try:
        return ScriptDirectory.from_config(_config()).get_revision(revision) is not None
    except CommandError:
        return False


def revision_of(connection: Connection) -> str | None:
    """The revision of the tables that a connection sees; None before the first migration."""
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


__all__ = [
    "downgrade_database",
    "head",
    "knows",
    "pending",
    "revision_of",
    "upgrade",
    "upgrade_connection",
    "upgrade_database",
]
