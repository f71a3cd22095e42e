"""Bring a database to the present schema (the same migrations on SQLite and PostgreSQL)."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory

from database.session import Database

_FOLDER = Path(__file__).resolve().parents[1] / "models" / "migrations"


def upgrade(url: str) -> None:
    """Run all migrations that the database at ``url`` has not had yet."""
    database = Database(url)
    try:
        upgrade_database(database)
    finally:
        database.close()


def upgrade_database(database: Database) -> None:
    """The same on an open database."""
    config = _config()
    with database.engine.connect().execution_options(writes=True) as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
        connection.commit()


def pending(database: Database) -> bool:
    """Whether migrations are missing."""
    head = ScriptDirectory.from_config(_config()).get_current_head()
    with database.engine.connect().execution_options(writes=False) as connection:
        present = MigrationContext.configure(connection).get_current_revision()
        return present != head


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    return config


__all__ = ["pending", "upgrade", "upgrade_database"]
