"""What waits for a person: articles to review, requests to decide, pushes that were missed."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import users
from content import review
from models import Article, ArticleStatus, MakeUpRequest, MakeUpStatus, Member, Push, PushStatus, User


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
        query = (
            sa.select(sa.func.count())
            .select_from(MakeUpRequest)
            .join(Member, Member.id == MakeUpRequest.member_id)
            .where(
                MakeUpRequest.status == MakeUpStatus.PENDING.value, users.branch_scope(user, Member.branch_id)
            )
        )
        found["make_ups"] = session.scalar(query) or 0
    if users.may(user, "push.control"):
        query = sa.select(sa.func.count()).select_from(Push).where(Push.status == PushStatus.MISSED.value)
        found["missed"] = session.scalar(query) or 0
    if users.may(user, "article.write"):
        query = sa.select(sa.func.count()).select_from(Article)
        found["returned"] = (
            session.scalar(
                query.where(Article.status == ArticleStatus.RETURNED.value, Article.created_by == user.id)
            )
            or 0
        )
    return Todo(found)
