"""走势: the months of a year side by side, branch by branch in the office's order: to see where help is needed, never to rank.

Only what branches keep attendance of; the figures are those of the months' ledgers (:mod:`community.period_ledger`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from accounts.rights import own_branch, require
from community import counting, shares
from community.period import Period
from community.period_ledger import Figures, begun_in, committee_of
from models import User


@dataclass(frozen=True)
class Course:
    """A branch, or all of them together (``branch_id`` None), month by month. A month in which nothing was held has 0 times."""

    branch_id: int | None
    name: str
    months: Sequence[Figures]

    @property
    def levels(self) -> list[int | None]:
        """In which of :data:`community.shares.BANDS` each month lies, counted from 0; None where nothing can be said."""
        bands = [one.band for one in self.months]
        return [shares.BANDS.index(band) if band in shares.BANDS else None for band in bands]

    @property
    def most(self) -> int:
        """The most that were expected in a month."""
        return max((one.expected for one in self.months), default=0)


@dataclass(frozen=True)
class Trends:
    """A year by months: all branches together, where the user sees all, and each of them."""

    year: Period
    months: Sequence[Period]
    whole: Course | None
    branches: Sequence[Course]


def trends(session: Session, user: User, year: Period, *, at: datetime) -> Trends:
    """The months of a year as far as the user sees: a secretary the own branch. Raises :class:`errors.Forbidden`."""
    require(user, "activity.view")
    own, months = own_branch(user), year.months()
    found = begun_in(session, year, at=at, branch_id=own)
    counted = counting.counts_of(session, found, user=user)
    ledgers = [
        committee_of(session, user, month, [one for one in found if month.holds(one.starts_at)], counted)
        for month in months
    ]
    named = {line.branch_id: line.label for ledger in ledgers for line in ledger.lines}
    lines = [{line.branch_id: line.attended for line in ledger.lines} for ledger in ledgers]
    courses = [
        Course(ident, name, [line.get(ident, Figures(0)) for line in lines])
        for ident, name in named.items()
        if own is None or ident == own
    ]
    whole = Course(None, "合计", [ledger.attended for ledger in ledgers]) if own is None else None
    return Trends(year, months, whole, courses)


__all__ = ["Course", "Trends", "trends"]
