"""The pushes of an article as its papers name them: to whom, when, who decided it, and whether anything of it went out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from models import AuditEntry, Delivery, Push, PushArticle, PushStatus
from models import DeliveryStatus as D
from scheduler import audience

_NOT_DECIDED = (PushStatus.CANCELLED, PushStatus.DRAFT)
_WENT = (D.ACCEPTED, D.DELIVERED, D.UNKNOWN)
_MOST = 12


@dataclass(frozen=True)
class Going:
    """A push of an article: to whom, when it is or was due, who decided it, whether WeChat took anything of it."""

    scope: str
    due_at: datetime
    who: str
    went: bool


def goings(session: Session, article_id: int, called: Mapping[str, str]) -> list[Going]:
    """The first pushes of an article, in the order in which they are due; ``called`` is how places are called."""
    went = sa.exists().where(Delivery.push_id == Push.id, Delivery.status.in_(_WENT))
    query = (
        sa.select(Push, went)
        .join(PushArticle, PushArticle.push_id == Push.id)
        .where(PushArticle.article_id == article_id, Push.status.not_in(_NOT_DECIDED))
        .options(joinedload(Push.creator))
        .order_by(Push.due_at, Push.id)
        .limit(_MOST)
    )
    return [
        Going(
            audience.label_of(push.audience, called), push.due_at, who_decided(session, push, article_id), out
        )
        for push, out in session.execute(query)
    ]


def who_decided(session: Session, push: Push, article_id: int) -> str:
    """Who decided that an article goes out with a push; of one that a slot made, who queued the article before."""
    if push.slot_key is None:
        return push.creator.label
    query = (
        sa.select(AuditEntry)
        .where(
            AuditEntry.subject == f"article:{article_id}",
            AuditEntry.action == "article.queue",
            AuditEntry.at <= push.created_at,
        )
        .order_by(AuditEntry.id.desc())
    )
    # Who gives it another place in the queue stands in the trail as well, and has not put it there.
    queued = next((entry.actor for entry in session.scalars(query) if "to" not in entry.detail), "")
    return f"栏目时段自动推送（{queued}排入队列）" if queued else "栏目时段自动推送"
