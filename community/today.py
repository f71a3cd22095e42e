"""今天: the activities of a branch that a secretary has in hand now, in numbers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from community import activities, counting
from community.counting import Counts
from community.window import Phase
from ground import clock
from models import Activity, ActivityStatus, User

_MOST = 20
_AFTER = timedelta(hours=3)
"""So long after its end an activity is still in hand: the sheet is corrected, the ledger taken."""


@dataclass(frozen=True)
class InHand:
    """One activity, where it stands, and how many are expected, in, on leave and not yet there."""

    activity: Activity
    phase: Phase
    counts: Counts


def of_branch(session: Session, user: User, branch_id: int, *, at: datetime) -> list[InHand]:
    """What is open, what begins today, and what has just ended, by its beginning."""

    def page(phase: Phase) -> list[Activity]:
        found = activities.page(session, user, at=at, when=str(phase), branch_id=branch_id, size=_MOST)
        return found.activities

    today = clock.shanghai_day(at)
    ended = [
        one for one in page(Phase.PAST) if one.ends_at >= at - _AFTER and one.status == ActivityStatus.OPEN
    ]
    coming = [one for one in page(Phase.COMING) if clock.shanghai_day(one.starts_at) == today]
    shown = [(one, Phase.PAST) for one in ended]
    shown += [(one, Phase.OPEN) for one in page(Phase.OPEN)]
    shown += [(one, Phase.COMING) for one in coming]
    counted = counting.counts_of(session, [one for one, _ in shown], user=user, branch_id=branch_id)
    found = [InHand(one, phase, counted[one.id]) for one, phase in shown]
    return sorted(found, key=lambda one: (one.activity.starts_at, one.activity.id))


__all__ = ["InHand", "of_branch"]
