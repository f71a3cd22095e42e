"""Records of an activity that were kept long enough go, and its figures stay: by branch, as they were.

Only where its maker set a time (``keep_months``): those of the Party's own meetings are kept for good.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import counting
from community.moments import months_later
from models import Activity, ActivityTotal, Arrival, CheckIn, ExpectedMember, Leave, MakeUpRequest, SignUp


def until(activity: Activity) -> datetime | None:
    """When its records go; None where they are kept for good."""
    return months_later(activity.ends_at, activity.keep_months) if activity.keep_months else None


def due(session: Session, at: datetime) -> list[int]:
    """The activities whose records have been kept long enough."""
    query = sa.select(Activity).where(
        Activity.keep_months > 0, Activity.folded_at.is_(None), Activity.ends_at < at - timedelta(days=28)
    )
    return [one.id for one in session.scalars(query.order_by(Activity.id)) if _is_due(one, at)]


def _is_due(activity: Activity, at: datetime) -> bool:
    end = until(activity)
    return activity.folded_at is None and end is not None and end <= at


def fold(session: Session, ids: Sequence[int], *, at: datetime) -> int:
    """Keep the figures of those of these activities that are due, and remove their records; how many."""
    removed = 0
    for activity_id in ids:
        query = sa.select(Activity).where(Activity.id == activity_id).with_for_update()
        activity = session.scalar(query.execution_options(populate_existing=True))
        if activity is None or not _is_due(activity, at):
            continue
        for count in counting.counts(session, activity).by_branch:
            figures = {
                "expected": count.expected,
                "checked_in": count.checked_in,
                "made_up": count.made_up,
                "on_leave": count.on_leave,
            }
            session.add(ActivityTotal(activity_id=activity.id, branch_id=count.branch_id, **figures))
        for table in (CheckIn, ExpectedMember, MakeUpRequest, SignUp, Leave, Arrival):
            session.execute(sa.delete(table).where(table.activity_id == activity.id))
        activity.folded_at = at
        session.flush()
        removed += 1
    return removed


__all__ = ["due", "fold", "until"]
