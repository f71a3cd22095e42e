"""How far a process's clock is from the one that all processes share: the database's."""

from __future__ import annotations

from datetime import UTC, timedelta

import sqlalchemy as sa

from ground import clock

_NONE = timedelta(0)
_MOST = timedelta(minutes=5)
"""A clock that is further off is no clock that goes wrong, but one that was set to another day on purpose (a rehearsal)."""
_ASK = sa.text("SELECT clock_timestamp()")


def ahead(connection: sa.Connection) -> timedelta:
    """By how much the database's clock is ahead of this process's; add it to a moment that this process has read.

    Nothing on SQLite, whose processes stand on one machine, nor while the clock follows another one (``ground.clock.follow``).
    """
    if connection.dialect.name == "sqlite" or clock.following():
        return _NONE
    theirs = connection.execute(_ASK).scalar_one().astimezone(UTC)
    difference: timedelta = theirs - clock.now()
    return difference if abs(difference) <= _MOST else _NONE
