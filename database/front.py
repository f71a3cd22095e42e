"""The callback's own connections to the database: few, and with little patience.

WeChat gives up after 5 s, so a database that does not answer must be noticed well before that.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import sqlalchemy as sa
from prometheus_client import Histogram

from database.session import Database, listen_to_sqlite
from database.together import Task, Together
from ground.errors import Unavailable

_CONNECT_S = 2
_POOL = 16
_TOGETHER = 16

COMMITS = Histogram(
    "pioneer_callback_commits", "Messages that one commit has taken, on SQLite", buckets=(1, 2, 4, 8, 16)
)

T = TypeVar("T")


class Front:
    """Writing transactions for the callback.

    ``patience_s``: how long a connection, or SQLite's one lock, is waited for; ``lock_s``: how long a row
    that another transaction of PostgreSQL holds (a repeat waits so for its first).

    ``outages`` are the errors by which the database says that it is not there, or not just now; what else it
    may raise is the fault of a statement.
    """

    def __init__(self, database: Database, patience_s: float, lock_s: float) -> None:
        self.database = database
        self._together = Together(database.writing, self._perform, _TOGETHER)
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
                hide_parameters=True,
                pool_reset_on_return=None,
            )
            listen_to_sqlite(self.engine, int(patience_s * 1000), _begin)
        else:
            self.engine = sa.create_engine(
                database.url,
                connect_args={
                    "connect_timeout": _CONNECT_S,
                    # A host that has left the network is noticed as well.
                    "tcp_user_timeout": int(patience_s * 1000),
                    "options": f"-c lock_timeout={int(lock_s * 1000)} -c statement_timeout={int(lock_s * 1000) + 200}",
                },
                pool_size=_POOL,
                max_overflow=0,
                pool_timeout=patience_s,
                hide_parameters=True,
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

    def run(self, work: Callable[[sa.Connection], T]) -> T:
        """Do ``work`` in a writing transaction that is committed when this returns, rolled back if it raises.

        On SQLite what waits for the one lock is done together by the thread that gets it: each work in a savepoint
        of its own, one commit (one fsync) for all. Raises what ``work`` raises, and one of :attr:`outages`.
        """
        if not self.database.on_sqlite:
            with self.engine.connect() as connection, connection.begin():
                return work(connection)
        return self._together.do(work, self.patience_s)

    def _perform(self, tasks: list[Task[Any]]) -> None:
        try:
            if self._held is None:
                self._held = self.engine.connect()
            with self._held.begin():
                if len(tasks) == 1:
                    tasks[0].value = tasks[0].work(self._held)
                else:
                    for task in tasks:
                        self._step(self._held, task)
        except BaseException as error:
            for task in tasks:
                task.error = task.error or error
            self._let_go_of_the_broken(error)
        else:
            COMMITS.observe(len(tasks))
            for task in tasks:  # a file that was moved away stays away until it is opened anew
                if isinstance(task.error, self.outages):
                    self._let_go_of_the_broken(task.error)

    def _let_go_of_the_broken(self, error: BaseException) -> None:
        """A connection that failed, or whose transaction could not be ended, is of no use any more."""
        held = self._held
        if held is not None and (isinstance(error, self.outages) or _is_open(held)):
            self._held = None
            held.invalidate()
            held.close()

    def _step(self, connection: sa.Connection, task: Task[Any]) -> None:
        """One of several, in a savepoint of its own. Raises only where all that was done before is gone as well."""
        driver: Any = connection.connection.driver_connection
        driver.execute("SAVEPOINT step")
        try:
            task.value = task.work(connection)
        except BaseException as error:
            task.error = error
            if not driver.in_transaction:  # SQLite itself has ended it: the disk is full, or does not answer
                raise
            driver.execute("ROLLBACK TO step")
        driver.execute("RELEASE step")

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


def _is_open(connection: sa.Connection) -> bool:
    """Whether a transaction is left, also one that SQLAlchemy believes ended: a commit that SQLite refused (a deferred
    constraint) leaves it.
    """
    driver: Any = connection.connection.driver_connection
    return connection.in_transaction() or bool(driver.in_transaction)
