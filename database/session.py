"""The database: one engine, and the scopes in which everything is read and written.

SQLite is written by one process, one transaction at a time: a lock round the transaction, and ``BEGIN IMMEDIATE``, so that the
command line may write beside it. Two writing processes under load make SQLite's busy handler sleep (a hundredfold p99,
measured), hence the one process. PostgreSQL needs neither.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from database.turns import Turns
from ground.errors import Unavailable
from settings import ROOT

__all__ = [
    "APPLICATION",
    "Database",
    "Session",
]  # faces take the session's type from here, and know no SQLAlchemy

APPLICATION = "pioneer"  # what PostgreSQL calls our connections
_BUSY_S = 15
_POOL = 16


class Database:
    """An engine with its scopes. ``url`` as in ``[database] url``; a relative SQLite path counts from the project's root."""

    def __init__(self, url: str) -> None:
        self.url = sa.make_url(url)
        self.on_sqlite = self.url.get_backend_name() == "sqlite"
        self._writing = Turns()
        if self.on_sqlite:
            path = Path(self.url.database or "pioneer.db")
            path = path if path.is_absolute() else ROOT / path
            _make_private(path)
            self.url = self.url.set(database=str(path))
            self.engine = sa.create_engine(
                self.url,
                connect_args={"timeout": _BUSY_S, "check_same_thread": False},
                pool_size=_POOL,
                max_overflow=_POOL,
                hide_parameters=True,
            )
            listen_to_sqlite(self.engine)
        else:
            self.engine = sa.create_engine(
                self.url,
                connect_args={"application_name": APPLICATION},
                pool_size=_POOL,
                max_overflow=_POOL,
                pool_pre_ping=True,
                hide_parameters=True,
            )
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)

    @contextmanager
    def session_scope(self) -> Iterator[Session]:
        """A session for reading and writing: committed at the end, rolled back if anything is raised. Keep it short."""
        with self.writing(), self._sessions() as session, session.begin():
            session.connection(execution_options={"writes": True})
            yield session

    @contextmanager
    def read_scope(self) -> Iterator[Session]:
        """A session for reading only; nothing is ever committed."""
        with self._sessions() as session:
            session.connection(execution_options={"writes": False})
            try:
                yield session
            finally:
                session.expunge_all()  # what was read stays readable afterwards; a rollback would expire it
                session.rollback()

    @contextmanager
    def connection_scope(self) -> Iterator[sa.Connection]:
        """A Core connection in one writing transaction, for the callback's road."""
        with (
            self.writing(),
            self.engine.connect().execution_options(writes=True) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self, patience_s: float = -1) -> Iterator[None]:
        """The process's lock round a writing transaction on SQLite, got in the order of asking; nothing elsewhere.

        Raises :class:`errors.Unavailable` when it was not got within ``patience_s`` (default: waits for ever).
        """
        if not self.on_sqlite:
            yield
            return
        if not self._writing.acquire(patience_s):
            raise Unavailable("系统正忙，请稍后再试")
        try:
            yield
        finally:
            self._writing.release()

    def session_on(self, connection: sa.Connection) -> Session:
        """A session inside the transaction of ``connection``; its flushes belong to that transaction, which others commit."""
        return Session(connection, join_transaction_mode="create_savepoint", expire_on_commit=False)

    def alive(self) -> bool:
        """Whether the database answers."""
        try:
            with self.engine.connect() as connection:
                connection.execute(sa.text("SELECT 1"))
        except sa.exc.SQLAlchemyError:
            return False
        return True

    def empty_log(self) -> None:
        """Bring SQLite's write-ahead log into the file and empty it, so that what was removed does not stay readable there.

        Waits for nobody: where somebody reads just now, a later call does it.
        """
        if not self.on_sqlite:
            return
        with self.writing(), self.engine.connect().execution_options(writes=False) as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA busy_timeout=0")
            try:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").all()
            finally:
                connection.exec_driver_sql(f"PRAGMA busy_timeout={_BUSY_S * 1000}")
                connection.exec_driver_sql("BEGIN")

    def close(self) -> None:
        """Give all connections back."""
        self.engine.dispose()


def _make_private(path: Path) -> None:
    """A new file is readable by us alone, and with it what SQLite puts beside it; an old one is left as it is."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        os.close(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    except OSError:  # it is there, or cannot be made: connecting will say so
        pass


def _on_sqlite_begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", True)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def listen_to_sqlite(
    engine: sa.Engine,
    busy_ms: int = _BUSY_S * 1000,
    on_begin: Callable[[sa.Connection], None] = _on_sqlite_begin,
) -> None:
    """Set up each connection of a SQLite engine, and begin its transactions ourselves."""

    def on_connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None  # transactions are begun below, not by the driver
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")  # a reply that WeChat has seen must survive a power cut
        cursor.execute(f"PRAGMA busy_timeout={busy_ms}")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute(
            "PRAGMA secure_delete=ON"
        )  # what is removed must not stay readable in the file's free pages
        cursor.close()

    sa.event.listen(engine, "connect", on_connect)
    sa.event.listen(engine, "begin", on_begin)
