"""Rows that the program brings along, as a table that a statement may join: one statement for any number of them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.types import TypeEngine

ROWS = "given_rows"
"""The parameter of the rows; its value is made by :func:`packed`."""


def given(dialect: str, **columns: type[TypeEngine[Any]]) -> sa.FromClause:
    """A table of rows that come as one parameter, with these columns; ``dialect`` as SQLAlchemy calls the database.

    So a statement is compiled once, whatever their number: a list of ``VALUES`` would make another statement of each.
    """
    parameter = sa.bindparam(ROWS, type_=sa.Text)
    if dialect == "postgresql":
        record = sa.func.jsonb_to_recordset(sa.cast(parameter, JSONB))
        typed = [sa.column(name, kind) for name, kind in columns.items()]
        return record.table_valued(*typed, name="given").render_derived(with_types=True)
    each = sa.func.json_each(parameter).table_valued("value", name="one")
    taken = [
        sa.cast(sa.func.json_extract(each.c.value, f"$.{name}"), kind).label(name)
        for name, kind in columns.items()
    ]
    return sa.select(*taken).subquery("given")


def packed(rows: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The parameter for these rows. Their values are what JSON has: numbers, texts, None."""
    return {ROWS: json.dumps([dict(row) for row in rows], ensure_ascii=False)}
