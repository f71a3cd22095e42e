"""What waits for a person: articles to review, requests to decide, pushes that were missed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from accounts import users
from community import makeup, own_requests
from content import finding, waiting
from content.outstanding import Outstanding, outstanding
from content.waiting import Waits
from database.session import Session
from models import PushStatus, User
from scheduler import finding as pushes_found
from scheduler import upcoming
from settings import Settings


@dataclass(frozen=True)
class Todo:
    """Figures of what waits; ``by_name`` serves the menu, ``corrections`` and ``reviewing`` say what those of the two are."""

    by_name: dict[str, int]
    corrections: Outstanding
    reviewing: Waits

    @property
    def total(self) -> int:
        """Everything together."""
        return sum(self.by_name.values())


def counts(session: Session, settings: Settings, user: User, *, at: datetime) -> Todo:
    """What waits for this user."""
    reviewing = waiting.waits(session, user, at=at)
    found = {"reviews": reviewing.total}
    if reviewing.stuck:
        found["stuck"] = len(reviewing.stuck)
    if reviewing.late and users.may(user, "article.view"):
        found["late_reviews"] = reviewing.late
    corrections = outstanding(session, user, at=at)
    if corrections.total:
        found["corrections"] = corrections.total
    if users.may(user, "checkin.record"):
        found["make_ups"] = makeup.waiting_count(session, user)
    if users.may(user, "member.answer"):
        found["requests"] = own_requests.waiting_count(session, user)
    if users.may(user, "push.control"):
        found["missed"] = pushes_found.waiting_count(session, PushStatus.MISSED)
    if users.may(user, "article.queue") and (free := len(upcoming.empty(session, settings, at=at))):
        found["empty_slots"] = free
    if users.may(user, "push.release") and (held := pushes_found.waiting_count(session, PushStatus.HELD)):
        found["held"] = held
    if users.may(user, "article.write"):
        found["returned"] = finding.returned_count(session, user)
    return Todo(found, corrections, reviewing)
