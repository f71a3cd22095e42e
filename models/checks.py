"""Checks of the database that are made from enums."""

from __future__ import annotations

from enum import StrEnum

import sqlalchemy as sa


def one_of(column: str, states: type[StrEnum]) -> sa.CheckConstraint:
    """The column holds a value of the enum; the check is called ``ck_TABLE_COLUMN``."""
    values = ", ".join(f"'{state.value}'" for state in states)
    return sa.CheckConstraint(f"{column} IN ({values})", name=column)
