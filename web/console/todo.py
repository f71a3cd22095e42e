"""What waits for a person: articles to review, requests to decide, pushes that were missed."""

from __future__ import annotations

from dataclasses import dataclass

from accounts import users
from community import makeup
from content import finding, review
from database.session import Session
from models import PushStatus, User
from scheduler import finding as pushes_found


@dataclass(frozen=True)
class Todo:
    """Figures of what waits; ``by_name`` serves the menu."""

    by_name: dict[str, int]

    @property
    def total(self) -> int:
        """Everything together."""
        return sum(self.by_name.values())


def counts(session: Session, user: User) -> Todo:
    """What waits for this user."""
    found = {"reviews": review.awaiting_count(session, user)}
    if users.may(user, "checkin.record"):
        found["make_ups"] = makeup.waiting_count(session, user)
    if users.may(user, "push.control"):
        found["missed"] = pushes_found.waiting_count(session, PushStatus.MISSED)
    if users.may(user, "push.release") and (held := pushes_found.waiting_count(session, PushStatus.HELD)):
        found["held"] = held
    if users.may(user, "article.write"):
        found["returned"] = finding.returned_count(session, user)
    return Todo(found)
