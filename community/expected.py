"""应到: whom an activity expects. Before it begins that is the present roster; when it begins, it is written down, for good.

From then on nobody comes to the list or leaves it by a change of the roster: who moves to another branch is expected where they
were, who is erased stays as a number. Who comes later, or is entered later, joins by name, with a time and a reason. Whoever is
recorded for a frozen activity is on its list, so that the figures of one that has ended stand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community.window import begun, begun_by
from database import claims
from database.base import table_of
from database.once import insert_once
from models import Activity, ActivityBranch, Arrival, CheckIn, ExpectedMember, Member, User

KEYS = ["activity_id", "member_id"]
CAME = "本人签到"
"""Why somebody is on the list who joined the branch after the beginning, and checked in."""
APPROVED = "补签审批通过"


def invites(branch_id: sa.SQLColumnExpression[int] | int) -> sa.ColumnElement[bool]:
    """SQL: the activity is for this branch, or for all."""
    return sa.or_(
        Activity.for_all.is_(True),
        sa.exists().where(ActivityBranch.activity_id == Activity.id, ActivityBranch.branch_id == branch_id),
    )


def due(session: Session, at: datetime) -> bool:
    """Whether an activity has begun without its list, however long ago. Called off or not: nobody knows when it was."""
    return session.scalar(sa.select(Activity.id).where(*_unfrozen(at)).limit(1)) is not None


def freeze_next(session: Session, at: datetime) -> bool:
    """Write down whom the next activity that has begun expects, in the session's transaction; whether there was one.

    Any number may do it at once: the activity is claimed by the same transaction that fills its list.
    """
    return _freeze(session, at)


def freeze_due(session: Session, at: datetime) -> None:
    """Write down whom each activity expects that has begun: before people move, so that none of them counts them elsewhere."""
    while freeze_next(session, at):
        pass


def freeze(session: Session, activity: Activity, at: datetime) -> None:
    """The same for one activity, if it has begun and nobody has done it: a record by hand may be faster than the clock."""
    if activity.frozen_at is None and begun(activity, at):
        _freeze(session, at, Activity.id == activity.id)
        session.refresh(activity, ["frozen_at"])


def _unfrozen(at: datetime) -> list[sa.ColumnElement[bool]]:
    return [Activity.frozen_at.is_(None), begun_by(at)]


def _freeze(session: Session, at: datetime, *which: sa.ColumnElement[bool]) -> bool:
    won = claims.claim(
        session,
        Activity,
        where=[*_unfrozen(at), *which],
        values={"frozen_at": at},
        order_by=[Activity.starts_at],
    )
    for activity_id in won:
        session.execute(_written_down(activity_id, at))
    return bool(won)


def _written_down(activity_id: int, at: datetime) -> sa.Insert:
    """One statement, whatever the size: who is recorded already, for the branch of the record, then the rest of the roster."""
    recorded = sa.select(CheckIn.activity_id, CheckIn.member_id, CheckIn.branch_id, _moment(at)).where(
        CheckIn.activity_id == activity_id
    )
    has_record = sa.exists().where(CheckIn.activity_id == Activity.id, CheckIn.member_id == Member.id)
    rest = (
        sa.select(Activity.id, Member.id, Member.branch_id, _moment(at))
        .select_from(Activity)
        .join(Member, sa.true())
        .where(Activity.id == activity_id, Member.active.is_(True), invites(Member.branch_id), ~has_record)
    )
    columns = ["activity_id", "member_id", "branch_id", "added_at"]
    return sa.insert(table_of(ExpectedMember)).from_select(
        columns, sa.union_all(recorded, rest), include_defaults=False
    )


def _moment(at: datetime) -> sa.ColumnElement[datetime]:
    return sa.literal(at, ExpectedMember.added_at.type)


def add(
    session: Session,
    activity: Activity,
    branch_of: Mapping[int, int],
    *,
    at: datetime,
    by: User,
    reason: str,
) -> None:
    """Put members on a frozen list afterwards: ``{member id: branch id}``, who says so, and why. Who is on it stays."""
    rows = [
        _row(activity.id, member_id, branch_id, at, by.id, reason)
        for member_id, branch_id in branch_of.items()
    ]
    insert_once(session, ExpectedMember, rows, keys=KEYS)


def add_who_came(
    connection: sa.Connection, activity_id: int, member_id: int, branch_id: int, *, at: datetime
) -> None:
    """Put a member on a frozen list who has just checked in without being on it."""
    insert_once(
        connection, ExpectedMember, [_row(activity_id, member_id, branch_id, at, None, CAME)], keys=KEYS
    )


def _row(
    activity_id: int, member_id: int, branch_id: int, at: datetime, by: int | None, reason: str
) -> dict[str, Any]:
    return {
        "activity_id": activity_id,
        "member_id": member_id,
        "branch_id": branch_id,
        "added_at": at,
        "added_by": by,
        "reason": reason,
    }


def forget_arrival(session: Session, activity_id: int, member_id: int) -> None:
    """With a record that is taken back goes the trace of how it came about."""
    session.execute(
        sa.delete(Arrival).where(Arrival.activity_id == activity_id, Arrival.member_id == member_id)
    )


# --- For the questions of others ----------------------------------------------------------------------------


def listed(activity: Activity, branch_id: int) -> sa.Select[int]:
    """The ids of the members whom an activity expects of a branch."""
    if activity.frozen_at is None:
        return sa.select(Member.id).where(Member.branch_id == branch_id, Member.active.is_(True))
    return sa.select(ExpectedMember.member_id).where(
        ExpectedMember.activity_id == activity.id, ExpectedMember.branch_id == branch_id
    )


def everyone(activity: Activity) -> sa.Select[int]:
    """The ids of the members whom an activity expects, of whatever branch, and who are on the roster now."""
    active = sa.select(Member.id).where(Member.active.is_(True))
    if activity.frozen_at is None:
        return active.join(Activity, Activity.id == activity.id).where(invites(Member.branch_id))
    return active.join(ExpectedMember, on_list(activity.id))


def on_list(activity_id: sa.SQLColumnExpression[int] | int) -> sa.ColumnElement[bool]:
    """SQL: the join of ``ExpectedMember`` to ``Member``, for one activity."""
    return sa.and_(ExpectedMember.activity_id == activity_id, ExpectedMember.member_id == Member.id)


BRANCH = sa.func.coalesce(ExpectedMember.branch_id, Member.branch_id)
"""SQL: for which branch a member is recorded, where ``ExpectedMember`` is joined outerly."""


__all__ = [
    "APPROVED",
    "BRANCH",
    "CAME",
    "add",
    "add_who_came",
    "due",
    "everyone",
    "forget_arrival",
    "freeze",
    "freeze_due",
    "freeze_next",
    "invites",
    "listed",
    "on_list",
]
