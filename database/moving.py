"""Moving a row from one state to the next: the only place that writes a status.

One conditional update, so that of two who act at the same moment one succeeds, and whoever comes late changes nothing.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.orm.util import identity_key

from database.base import Base, table_of
from ground.life import Step

S = TypeVar("S", bound=StrEnum)


def move(
    session: Session,
    table: type[Base],
    key: int,
    step: Step[S],
    *where: sa.ColumnElement[bool],
    **values: Any,
) -> bool:
    """Take the row with this id along the step, with ``values`` beside its status, if its state allows it and ``where`` holds.

    True if this call moved it. What the session holds of the row is read anew, whoever moved it.
    """
    moved = move_all(session, table, step, table_of(table).c.id == key, *where, **values) == 1
    _read_anew(session, table, key)
    return moved


def move_all(
    session: Session, table: type[Base], step: Step[S], *where: sa.ColumnElement[bool], **values: Any
) -> int:
    """Take all rows for which ``where`` holds, and whose state allows it, along the step; how many were moved."""
    changes: dict[str, Any] = dict(values)
    if step.to is not None:
        changes["status"] = step.to.value
    sources = [state.value for state in sorted(step.sources)]
    moved = session.scalars(
        sa.update(table)
        .where(table_of(table).c.status.in_(sources), *where)
        .values(**changes)
        .returning(table_of(table).c.id)
        .execution_options(synchronize_session=False)
    ).all()
    for key in moved:
        _read_anew(session, table, key)
    return len(moved)


def _read_anew(session: Session, table: type[Base], key: int) -> None:
    """What the session holds of the row; what hangs on it stays."""
    held = session.identity_map.get(identity_key(table, key))
    if held is not None:
        session.expire(held, sa.inspect(table).column_attrs.keys())


__all__ = ["move", "move_all"]
