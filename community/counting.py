"""Who came to an activity, in numbers by branch; nothing ranks branches or people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import branch_scope, own_branch
from community import leave, shares
from community.announcing import ATTENDED
from models import Activity, ActivityBranch, ActivityTotal, Branch, CheckIn, ExpectedMember, Member, User


@dataclass(frozen=True)
class BranchCount:
    """One branch of an activity: members expected, records in all (made up ones included), of these made up; on leave beside.

    ``branch`` is its full name, by which documents and programs know it, ``label`` what people read.
    """

    branch_id: int
    branch: str
    label: str
    expected: int
    checked_in: int
    made_up: int
    on_leave: int = 0

    @property
    def open(self) -> int:
        """Expected, and neither recorded nor on leave."""
        return max(0, self.expected - self.checked_in - self.on_leave)


@dataclass(frozen=True)
class Counts:
    """An activity in numbers. ``checked_in`` includes ``made_up``; branches stand in the office's order, never ranked."""

    by_branch: list[BranchCount] = field(default_factory=list)

    @property
    def expected(self) -> int:
        """Members expected (:mod:`community.expected`)."""
        return sum(count.expected for count in self.by_branch)

    @property
    def checked_in(self) -> int:
        """All records."""
        return sum(count.checked_in for count in self.by_branch)

    @property
    def made_up(self) -> int:
        """Records marked as made up."""
        return sum(count.made_up for count in self.by_branch)

    @property
    def on_leave(self) -> int:
        """Members who said that they will not come, and have not."""
        return sum(count.on_leave for count in self.by_branch)

    @property
    def open(self) -> int:
        """Expected, and neither recorded nor on leave."""
        return sum(count.open for count in self.by_branch)

    def as_dict(self) -> dict[str, object]:
        """The shape of the JSON contract."""
        return {
            "expected": self.expected,
            "checked_in": self.checked_in,
            "made_up": self.made_up,
            "on_leave": self.on_leave,
            "by_branch": [
                {
                    "branch": count.branch,
                    "expected": count.expected,
                    "checked_in": count.checked_in,
                    "made_up": count.made_up,
                    "on_leave": count.on_leave,
                }
                for count in self.by_branch
            ],
        }


def counts(
    session: Session, activity: Activity, *, user: User | None = None, branch_id: int | None = None
) -> Counts:
    """Live counts of one activity: :func:`counts_of` it."""
    return counts_of(session, [activity], user=user, branch_id=branch_id)[activity.id]


def counts_of(
    session: Session, shown: Sequence[Activity], *, user: User | None = None, branch_id: int | None = None
) -> dict[int, Counts]:
    """Counts by branch of some activities, in one grouped query; a secretary gets the own branch. ``{activity id: counts}``.

    ``branch_id`` narrows to one branch. Records count for the branch that expected the member: a transfer moves no figure.
    """
    ids, narrowed = [activity.id for activity in shown], branch_id
    own = own_branch(user) if user is not None and branch_id is None else branch_id
    came, members, listed, left = _came(ids, own), _roster(), _listed(ids, own), leave.counted(ids)
    is_invited = sa.or_(
        sa.and_(Activity.for_all.is_(True), Branch.active.is_(True)),
        sa.exists().where(ActivityBranch.activity_id == Activity.id, ActivityBranch.branch_id == Branch.id),
    )
    query = (
        sa.select(
            Activity.id,
            Branch.id,
            Branch.name,
            Branch.label,
            sa.case(
                (Activity.frozen_at.is_not(None), sa.func.coalesce(listed.c.expected, 0)),
                (is_invited, sa.func.coalesce(members.c.expected, 0)),
                else_=0,
            ),
            sa.func.coalesce(came.c.checked_in, 0),
            sa.func.coalesce(came.c.made_up, 0),
            sa.func.coalesce(left.c.on_leave, 0),
        )
        .select_from(Activity)
        .join(Branch, sa.true())
        .outerjoin(members, members.c.branch_id == Branch.id)
        .outerjoin(listed, sa.and_(listed.c.activity_id == Activity.id, listed.c.branch_id == Branch.id))
        .outerjoin(came, sa.and_(came.c.activity_id == Activity.id, came.c.branch_id == Branch.id))
        .outerjoin(left, sa.and_(left.c.activity_id == Activity.id, left.c.branch_id == Branch.id))
        .where(Activity.id.in_(ids), sa.or_(is_invited, listed.c.expected > 0, came.c.checked_in > 0))
        .order_by(Branch.sort, Branch.id)
    )
    if user is not None:
        query = query.where(branch_scope(user, Branch.id))
    if branch_id is not None:
        query = query.where(Branch.id == branch_id)
    found: dict[int, list[BranchCount]] = {ident: [] for ident in ids}
    for ident, branch_id, name, label, *numbers in session.execute(query):
        found[ident].append(BranchCount(branch_id, name, label, *map(int, numbers)))
    if folded := [one.id for one in shown if one.folded_at is not None]:
        found |= _kept(session, folded, user=user, branch_id=narrowed)
    return {ident: Counts(rows) for ident, rows in found.items()}


def unsaid(user: User | None, activity: Activity, counted: Counts) -> frozenset[int]:
    """The branches whose numbers this user (None: the operator) does not see, of what people took part in as they liked.

    ``counted`` are the counts of all branches: which ones stay unsaid depends on all of them (:func:`community.shares.unsaid`).
    """
    if activity.kind in ATTENDED or (user is not None and own_branch(user) is not None):
        return frozenset()
    return shares.unsaid(counted.by_branch)


def _kept(
    session: Session, ids: Sequence[int], *, user: User | None, branch_id: int | None
) -> dict[int, list[BranchCount]]:
    """Of activities whose records are gone: what was counted then."""
    query = (
        sa.select(ActivityTotal, Branch)
        .join(Branch, Branch.id == ActivityTotal.branch_id)
        .where(ActivityTotal.activity_id.in_(ids))
        .order_by(Branch.sort, Branch.id)
    )
    if user is not None:
        query = query.where(branch_scope(user, Branch.id))
    if branch_id is not None:
        query = query.where(Branch.id == branch_id)
    found: dict[int, list[BranchCount]] = {ident: [] for ident in ids}
    for one, branch in session.execute(query):
        figures = (one.expected, one.checked_in, one.made_up, one.on_leave)
        found[one.activity_id].append(BranchCount(branch.id, branch.name, branch.label, *figures))
    return found


def _came(ids: Sequence[int], branch_id: int | None) -> sa.Subquery:
    """Records by activity and branch; of one branch alone where only its figures are asked for."""
    query = (
        sa.select(
            CheckIn.activity_id,
            CheckIn.branch_id,
            sa.func.count().label("checked_in"),
            sa.func.sum(sa.case((CheckIn.made_up.is_(True), 1), else_=0)).label("made_up"),
        )
        .where(CheckIn.activity_id.in_(ids))
        .group_by(CheckIn.activity_id, CheckIn.branch_id)
    )
    return (query if branch_id is None else query.where(CheckIn.branch_id == branch_id)).subquery()


def _roster() -> sa.Subquery:
    """Members by branch: whom an activity expects that has not begun."""
    return (
        sa.select(Member.branch_id, sa.func.count().label("expected"))
        .where(Member.active.is_(True))
        .group_by(Member.branch_id)
        .subquery()
    )


def _listed(ids: Sequence[int], branch_id: int | None) -> sa.Subquery:
    """Members on the lists of those that have, by activity and branch."""
    query = (
        sa.select(ExpectedMember.activity_id, ExpectedMember.branch_id, sa.func.count().label("expected"))
        .where(ExpectedMember.activity_id.in_(ids))
        .group_by(ExpectedMember.activity_id, ExpectedMember.branch_id)
    )
    return (query if branch_id is None else query.where(ExpectedMember.branch_id == branch_id)).subquery()
