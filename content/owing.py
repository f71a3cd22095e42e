"""Which 紧急签发 are open, count, still owe reviews, and do so too late: said once, as SQL and of one in hand."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import sqlalchemy as sa

from models import Release, ReleaseStatus

OPEN: sa.ColumnElement[bool] = Release.status.in_((ReleaseStatus.ASKED.value, ReleaseStatus.RELEASED.value))
"""SQL: waits for its second person, or for reviews."""
OWED: sa.ColumnElement[bool] = Release.status == ReleaseStatus.RELEASED.value
"""SQL: waits for reviews."""
COUNTS: sa.ColumnElement[bool] = Release.status.in_(
    (ReleaseStatus.RELEASED.value, ReleaseStatus.SETTLED.value)
)
"""SQL: took effect, and no edit has voided it."""


class Signed(Protocol):
    """A 紧急签发, or what was asked for of one."""

    @property
    def status(self) -> str: ...

    @property
    def due_at(self) -> datetime | None: ...


def late(at: datetime) -> list[sa.ColumnElement[bool]]:
    """SQL: was not made up for in time."""
    return [OWED, Release.due_at < at]


def is_late(one: Signed, at: datetime) -> bool:
    """The same of one in hand."""
    return one.status == ReleaseStatus.RELEASED and one.due_at is not None and one.due_at < at


__all__ = ["COUNTS", "OPEN", "OWED", "is_late", "late"]
