"""One at a time on PostgreSQL where that is asked for, and nobody waits for what has nothing to do with them."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from database.locks import Lock, hold
from database.session import Database
from tests.inbound.crowd import at_once


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    yield database
    database.close()


def test_each_lock_has_a_number_of_its_own() -> None:
    assert len({lock.value for lock in Lock.__members__.values()}) == len(Lock.__members__)


@pytest.mark.parametrize("lock", Lock)
def test_who_holds_a_lock_keeps_out_nobody_who_wants_another(postgres: Database, lock: Lock) -> None:
    with postgres.session_scope() as session, postgres.connection_scope() as connection:
        hold(session, lock)
        connection.execute(sa.text("SET LOCAL lock_timeout = '20s'"))
        for other in set(Lock) - {lock}:
            hold(connection, other)
        connection.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
        with pytest.raises(sa.exc.OperationalError, match="lock timeout"):
            hold(connection, lock)


def test_what_is_done_under_a_lock_is_done_by_one_at_a_time(database: Database) -> None:
    inside: list[int] = []
    together = threading.Semaphore(1)

    def work() -> None:
        with database.session_scope() as session:
            hold(session, Lock.ROSTER_IMPORT)
            assert together.acquire(blocking=False), "two at once"
            inside.append(session.scalar(sa.select(sa.literal(1))) or 0)
            together.release()

    at_once([work] * 6)
    assert inside == [1] * 6
