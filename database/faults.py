"""What a database may say no with, by our own names: for those who tell a person, and know no SQLAlchemy."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa

DatabaseFault = sa.exc.SQLAlchemyError
Taken = sa.exc.IntegrityError
"""Somebody else was faster with the same key, or something that is referred to is gone."""

Unstorable = sa.exc.DataError
Unreachable = sa.exc.OperationalError

_OUT_OF_RANGE = "22003"


class Fault(StrEnum):
    """The kinds that a person can do something about."""

    UNREACHABLE = "unreachable"
    BUSY = "busy"
    NOT_BUILT = "not_built"
    NUMBER_TOO_LARGE = "number_too_large"
    TEXT_WITH_NUL = "text_with_nul"
    VALUE_TOO_LARGE = "value_too_large"
    TAKEN = "taken"
    OTHER = "other"


def kind_of(error: BaseException | None) -> Fault | None:
    """Which kind an error is; None for one that is not the database's."""
    if isinstance(error, OverflowError):  # SQLite's driver, before the database has seen the number
        return Fault.NUMBER_TOO_LARGE
    if not isinstance(error, DatabaseFault):
        return None
    if isinstance(error, Taken):
        return Fault.TAKEN
    text = str(getattr(error, "orig", "")).lower()
    if isinstance(error, Unstorable):
        if getattr(error.orig, "sqlstate", "") == _OUT_OF_RANGE:
            return Fault.NUMBER_TOO_LARGE
        return Fault.TEXT_WITH_NUL if "nul" in text else Fault.VALUE_TOO_LARGE
    if isinstance(error, Unreachable | sa.exc.ProgrammingError):
        if "no such table" in text or "does not exist" in text or "no such column" in text:
            return Fault.NOT_BUILT
        if "locked" in text:
            return Fault.BUSY
        return Fault.UNREACHABLE
    return Fault.OTHER
