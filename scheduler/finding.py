"""Finding pushes: the lists of the console, and what others show of a push."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from database.listing import Listing
from models import Delivery, DeliveryStatus, Push, PushArticle, PushStatus
from scheduler.life import OVER, PUSH
from scheduler.roads.base import GROUPS


def listed(session: Session, *, status: str = "", words: str = "") -> Listing[Push]:
    """推送列表, the latest due first: by status and words of the title."""
    query = sa.select(Push).options(joinedload(Push.creator)).order_by(Push.due_at.desc(), Push.id.desc())
    if status in PUSH.labels:
        query = query.where(Push.status == status)
    if words:
        query = query.where(Push.title.contains(words, autoescape=True))
    return Listing(session, query)


def reached(session: Session, ids: Sequence[int]) -> dict[int, int]:
    """Followers reached, by push; groups, of one that goes to none by name."""
    sent = sa.func.coalesce(Delivery.sent_count, Delivery.recipients)
    to_groups = Delivery.target_kind.in_(GROUPS)
    people = sa.func.sum(sa.case((to_groups, None), else_=sent))
    query = (
        sa.select(Push.id, sa.func.coalesce(people, sa.func.sum(sent)))
        .join(Push.deliveries)
        .where(Push.id.in_(ids), Delivery.status == DeliveryStatus.DELIVERED.value)
    )
    return {push_id: int(count) for push_id, count in session.execute(query.group_by(Push.id))}


def recent(session: Session, at: datetime, *, limit: int) -> list[Push]:
    """What was due last and has begun."""
    query = (
        sa.select(Push)
        .where(Push.status != PushStatus.SCHEDULED.value, Push.due_at <= at)
        .order_by(Push.due_at.desc())
    )
    return list(session.scalars(query.limit(limit)))


def latest(session: Session, limit: int = 50) -> list[Push]:
    """The pushes that were made last, the newest first."""
    return list(session.scalars(sa.select(Push).order_by(Push.id.desc()).limit(limit)))


def that_went(session: Session, limit: int) -> list[tuple[int, str]]:
    """Numbers and titles of the latest pushes of which something was sent."""
    query = (
        sa.select(Push.id, Push.title)
        .where(Push.started_at.is_not(None))
        .order_by(Push.due_at.desc(), Push.id.desc())
    )
    return [(ident, title) for ident, title in session.execute(query.limit(limit))]


def waiting_count(session: Session, status: PushStatus) -> int:
    """Pushes that wait for a person: ``MISSED`` ones, whose time has passed, or ``HELD`` ones, which somebody must agree to."""
    return session.scalar(sa.select(sa.func.count()).where(Push.status == status.value)) or 0


def missed(session: Session) -> list[Push]:
    """Pushes whose moment has passed and of which a person decides, with their lines, the latest due first."""
    query = sa.select(Push).where(Push.status == PushStatus.MISSED.value).options(selectinload(Push.articles))
    return list(session.scalars(query.order_by(Push.due_at.desc(), Push.id.desc())))


def pending_with(session: Session, article_ids: Sequence[int]) -> list[Push]:
    """Pushes of any of these articles that are not over: another one would reach people twice."""
    with_one = sa.select(PushArticle.push_id).where(PushArticle.article_id.in_(article_ids))
    over = [status.value for status in OVER]
    query = sa.select(Push).where(Push.id.in_(with_one), Push.status.not_in(over)).order_by(Push.due_at)
    return list(session.scalars(query))


def articles_of(session: Session, push_id: int) -> list[PushArticle]:
    """The articles of a push in their order, each with its article."""
    query = (
        sa.select(PushArticle)
        .options(joinedload(PushArticle.article))
        .where(PushArticle.push_id == push_id)
        .order_by(PushArticle.position)
    )
    return list(session.scalars(query))


def deliveries_of(session: Session, push_id: int, *, limit: int) -> list[Delivery]:
    """The first calls of a push in the order in which they were planned."""
    query = sa.select(Delivery).where(Delivery.push_id == push_id).order_by(Delivery.id)
    return list(session.scalars(query.limit(limit)))


def of_article(session: Session, article_id: int, *, limit: int) -> list[Push]:
    """The pushes that carry an article, the newest first."""
    query = (
        sa.select(PushArticle)
        .options(joinedload(PushArticle.push))
        .where(PushArticle.article_id == article_id)
        .order_by(PushArticle.push_id.desc())
    )
    return [line.push for line in session.scalars(query.limit(limit))]
