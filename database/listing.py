"""A list that is read a page at a time: how long it is, and a slice of it."""

from __future__ import annotations

from typing import Any, Generic, TypeVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

T = TypeVar("T")


class Listing(Generic[T]):
    """The rows that a service found, in their order; nothing is read before it is asked for."""

    def __init__(self, session: Session, query: sa.Select[Any]) -> None:
        self._session = session
        self._query = query

    def count(self) -> int:
        """How many there are."""
        counted = sa.select(sa.func.count()).select_from(self._query.order_by(None).options().subquery())
        return self._session.scalar(counted) or 0

    def slice(self, offset: int, size: int) -> list[T]:
        """At most ``size`` of them, after the first ``offset``."""
        return list(self._session.scalars(self._query.offset(offset).limit(size)).unique())
