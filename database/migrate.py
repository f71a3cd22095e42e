"""Bring a database to the present schema (the same migrations on SQLite and PostgreSQL)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util.exc import CommandError
from sqlalchemy import Connection

from database.session import Database

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


def upgrade_connection(connection: Connection, revision: str = "head") -> None:
    """The same on a connection whose transaction the caller ends; up to ``revision`` only, where that is wanted."""
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


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


__all__ = ["head", "knows", "pending", "revision_of", "upgrade", "upgrade_connection", "upgrade_database"]
