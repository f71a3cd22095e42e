"""台账 of a month or a year: of one branch, activity by activity; of the committee, branch by branch.

Everything is a sum of what the activities' own lists say (:mod:`community.counting`), so nobody's move, no new name of a branch
and no record whose time is over changes a month that has passed. Each figure here is made of figures that the pages of the
activities show to the same person: what stays unsaid there (:mod:`community.shares`) stays unsaid here, with every sum that it
would be part of.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import own_branch, require
from community import counting, places, shares
from community.announcing import ATTENDED
from community.counting import BranchCount, Counts
from community.expected import invites
from community.period import Period
from ground.errors import Forbidden
from models import Activity, ActivityStatus, Branch, User


@dataclass(frozen=True)
class Figures:
    """Sums over some activities. ``people``: how many are expected where most are; what is None stays unsaid."""

    times: int
    expected: int = 0
    checked_in: int | None = 0
    made_up: int | None = 0
    on_leave: int | None = 0
    people: int = 0

    @property
    def band(self) -> str:
        """In which band the share lies; of fewer than ten people that they are few. Empty where there is nothing to say."""
        if self.checked_in is None or not self.expected:
            return ""
        return shares.FEW if self.people < shares.LEAST else shares.band(self.checked_in, self.expected)


@dataclass(frozen=True)
class Line:
    """One activity of a branch's ledger. ``count`` is None where its numbers stay unsaid."""

    activity: Activity
    count: BranchCount | None

    @property
    def whole(self) -> bool:
        """Whether every member is expected, so that there is a share."""
        return not self.activity.expects


@dataclass(frozen=True)
class BranchLedger:
    """A branch's activities that have begun in a period, the first first.

    ``attended`` are the sums of those that a branch keeps attendance of and to which all are expected, ``others`` of the rest.
    """

    branch: Branch
    period: Period
    lines: list[Line]
    attended: Figures
    others: Figures


@dataclass(frozen=True)
class BranchLine:
    """One branch of the committee's ledger."""

    branch_id: int
    branch: str
    label: str
    attended: Figures
    others: Figures


@dataclass(frozen=True)
class CommitteeLedger:
    """All branches in a period, in the office's order; nobody by name. The totals count each activity once."""

    period: Period
    lines: list[BranchLine]
    attended: Figures
    others: Figures


def branch_ledger(
    session: Session, user: User | None, branch_id: int, period: Period, *, at: datetime
) -> BranchLedger:
    """The ledger of a branch, for who may see it; ``user`` None is the operator.

    Raises :class:`errors.NotFound` and :class:`errors.Forbidden`.
    """
    branch = places.branch(session, branch_id) if user is None else places.shown(session, user, branch_id)
    found = begun_in(session, period, at=at, branch_id=branch_id)
    is_own = user is not None and own_branch(user) == branch_id
    counted = counting.counts_of(session, found, branch_id=branch_id if is_own else None)
    lines = [
        Line(one, None if branch_id in counting.unsaid(user, one, counted[one.id]) else count)
        for one in found
        if (count := _there(counted[one.id]).get(branch_id)) is not None
    ]
    return BranchLedger(
        branch,
        period,
        lines,
        _sum([one.count for one in lines if is_attended(one.activity)]),
        _sum([one.count for one in lines if not is_attended(one.activity)]),
    )


def committee_ledger(session: Session, user: User | None, period: Period, *, at: datetime) -> CommitteeLedger:
    """The ledger of all branches, for who sees all of them. Raises :class:`errors.Forbidden` for others."""
    for_the_committee(user)
    found = begun_in(session, period, at=at)
    counted = counting.counts_of(session, found)
    return committee_of(session, user, period, found, counted)


def for_the_committee(user: User | None) -> None:
    """Raise :class:`errors.Forbidden` for who sees one branch only."""
    if user is None:
        return
    require(user, "activity.view")
    if own_branch(user) is not None:
        raise Forbidden("各党支部的汇总只提供给社区和街道，请查看本支部的台账")


def committee_of(
    session: Session, user: User | None, period: Period, found: Sequence[Activity], counted: dict[int, Counts]
) -> CommitteeLedger:
    """The same of activities that were found, and counted, already."""
    hidden = {one.id: counting.unsaid(user, one, counted[one.id]) for one in found}
    by_branch = {one.id: _there(counted[one.id]) for one in found}
    lines = []
    for branch in places.branches(session, only_active=False):
        parts: dict[bool, list[BranchCount | None]] = {True: [], False: []}
        for one in found:
            if (count := by_branch[one.id].get(branch.id)) is not None:
                parts[is_attended(one)].append(None if branch.id in hidden[one.id] else count)
        if branch.active or any(parts.values()):
            sums = {kind: _sum(counts) for kind, counts in parts.items()}
            lines.append(BranchLine(branch.id, branch.name, branch.label, sums[True], sums[False]))
    totals: dict[bool, list[Counts | None]] = {True: [], False: []}
    for one in found:
        every = counted[one.id]
        nothing = bool(hidden[one.id]) and len(hidden[one.id]) == len(every.by_branch)
        totals[is_attended(one)].append(None if nothing else every)
    return CommitteeLedger(period, lines, _sum(totals[True]), _sum(totals[False]))


def is_attended(activity: Activity) -> bool:
    """Whether it belongs to the figures of attendance: of a kind that branches keep it of, and to which all are expected."""
    return activity.kind in ATTENDED and not activity.expects


def begun_in(
    session: Session, period: Period, *, at: datetime, branch_id: int | None = None
) -> list[Activity]:
    """What has begun in a period until ``at`` and was not called off, by its beginning; of a branch what invited it."""
    query = sa.select(Activity).where(
        Activity.starts_at >= period.starts_at,
        Activity.starts_at < period.ends_at,
        Activity.starts_at <= at,
        Activity.status != ActivityStatus.CANCELLED.value,
    )
    if branch_id is not None:
        query = query.where(invites(branch_id))
    return list(session.scalars(query.order_by(Activity.starts_at, Activity.id)))


def _there(counted: Counts) -> dict[int, BranchCount]:
    """The counts by branch; without one of which nobody was expected and nobody came: it was not there yet."""
    return {one.branch_id: one for one in counted.by_branch if one.expected or one.checked_in}


def _sum(parts: Sequence[BranchCount | Counts | None]) -> Figures:
    """What some counts add up to; unsaid as soon as one of them is."""
    said = [one for one in parts if one is not None]
    if len(said) < len(parts):
        return Figures(len(parts), checked_in=None, made_up=None, on_leave=None)
    return Figures(
        len(parts),
        sum(one.expected for one in said),
        sum(one.checked_in for one in said),
        sum(one.made_up for one in said),
        sum(one.on_leave for one in said),
        max((one.expected for one in said), default=0),
    )


__all__ = [
    "BranchLedger",
    "BranchLine",
    "CommitteeLedger",
    "Figures",
    "Line",
    "begun_in",
    "branch_ledger",
    "committee_ledger",
    "committee_of",
    "for_the_committee",
    "is_attended",
]
