"""The callback's own connections to the database: few, and with little patience.

WeChat gives up after 5 s, so a database that does not answer must be noticed well before that.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa

from errors import Unavailable
from models.session import Database, listen_to_sqlite

_CONNECT_S = 2
_POOL = 16


class Front:
    """Writing transactions for the callback.

    ``patience_s``: how long a connection, or SQLite's one lock, is waited for; ``lock_s``: how long a row
    that another transaction of PostgreSQL holds (a repeat waits so for its first).

    ``outages`` are the errors by which the database says that it is not there, or not just now; what else it
    may raise is the fault of a statement.
    """

    def __init__(self, database: Database, patience_s: float, lock_s: float) -> None:
        self.database = database
        self._held: sa.Connection | None = None  # SQLite: the one connection, kept from message to message
        self.patience_s = patience_s
        if database.on_sqlite:
            # One transaction at a time (the process's lock), so one connection; no reset, both ends are
            # explicit.
            self.engine = sa.create_engine(
                database.url,
                connect_args={"timeout": patience_s, "check_same_thread": False},
                pool_size=1,
                max_overflow=0,
                pool_timeout=patience_s,
                pool_reset_on_return=None,
            )
            listen_to_sqlite(self.engine, int(patience_s * 1000), _begin)
        else:
            self.engine = sa.create_engine(
                database.url,
                connect_args={
                    "connect_timeout": _CONNECT_S,
                    "options": f"-c lock_timeout={int(lock_s * 1000)} -c statement_timeout={int(lock_s * 1000) + 200}",
                },
                pool_size=_POOL,
                max_overflow=0,
                pool_timeout=patience_s,
                pool_pre_ping=True,
            )
        driver = self.engine.dialect.loaded_dbapi
        self.outages: tuple[type[BaseException], ...] = (
            Unavailable,
            sa.exc.OperationalError,
            sa.exc.InterfaceError,
            sa.exc.TimeoutError,
            sa.exc.DisconnectionError,
            driver.OperationalError,
            driver.InterfaceError,
        )

    @contextmanager
    def transaction(self) -> Iterator[sa.Connection]:
        """A connection in one writing transaction; committed at the end, rolled back if anything is raised.

        Raises :class:`errors.Unavailable` when another thread writes for longer than ``patience_s`` (SQLite).
        """
        if not self.database.on_sqlite:
            with self.engine.connect() as connection, connection.begin():
                yield connection
            return
        with self.database.writing(self.patience_s):
            if self._held is None:
                self._held = self.engine.connect()
            try:
                with self._held.begin():
                    yield self._held
            except self.outages:
                self._let_go()
                raise
            finally:
                self._check()

    def _check(self) -> None:
        """A connection whose transaction could not be ended is of no use any more."""
        if self._held is not None and self._held.in_transaction():
            self._let_go()

    def _let_go(self) -> None:
        held, self._held = self._held, None
        if held is not None:
            held.invalidate()
            held.close()

    def insert(self, table: Any) -> Any:
        """``INSERT`` in the dialect of the database, which knows ``ON CONFLICT``."""
        if self.database.on_sqlite:
            from sqlalchemy.dialects import sqlite

            return sqlite.insert(table)
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table)

    def is_held_elsewhere(self, error: BaseException) -> bool:
        """Whether another transaction kept a row for longer than our patience (PostgreSQL's
        ``lock_timeout``).
        """
        cause = getattr(error, "orig", None) or error
        return getattr(cause, "sqlstate", None) == "55P03"

    def close(self) -> None:
        """Give all connections back."""
        if self._held is not None:
            self._held.close()
            self._held = None
        self.engine.dispose()


def _begin(connection: sa.Connection) -> None:
    driver: Any = connection.connection.driver_connection
    driver.execute("BEGIN IMMEDIATE")
