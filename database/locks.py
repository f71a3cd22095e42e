"""PostgreSQL's advisory locks, all of them: a number names one in the whole database, so they are given out here alone."""

from __future__ import annotations

from enum import IntEnum, unique

import sqlalchemy as sa
from sqlalchemy.orm import Session


@unique
class Lock(IntEnum):
    """What is done by one at a time. Numbers are never changed: versions may run side by side while one replaces the other."""

    AUDIT_CHAIN = 0x50494F4E45455201  # an entry carries the hash of the one before
    PLANNING = 0x50494F4E45455202  # two pushes never count on the same last message of a follower
    ROSTER_IMPORT = 0x50494F4E45455203  # whoever is in two files becomes one member
    LEXICON = 0x50494F4E45455204  # versions of the lexicon follow each other
    GROUPS = 0x50494F4E45455205  # two groups of a branch never get the same name, nor two groups one robot


def hold(on: Session | sa.Connection, lock: Lock) -> None:
    """Wait until nobody else holds it, then hold it until the end of the transaction.

    Nothing on SQLite, where the writing scope is the lock: one writing transaction at a time. A session is not flushed.
    """
    connection = on.connection() if isinstance(on, Session) else on
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(lock.value)))
