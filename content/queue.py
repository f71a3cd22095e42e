"""待发队列: approved articles of a column in the order in which its slots take them."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts.rights import require
from content import life
from content.finding import get
from content.life import QUEUE
from content.lifecycle import OUT_OF_QUEUE, take
from content.trail import note
from ground.errors import Conflict
from models import Article, ArticleStatus, Column, User

_CHANGED = "稿件状态刚刚有变化，请刷新后再试"
_QUEUED = ArticleStatus.QUEUED.value
_WAITS_SINCE = sa.func.coalesce(Article.queued_at, Article.updated_at)


def enqueue(session: Session, article_id: int, user: User, *, at: datetime) -> Article:
    """Put an approved article at the end of its column's queue. Raises :class:`errors.Conflict`, :class:`errors.Forbidden`."""
    require(user, QUEUE)
    article = get(session, article_id)
    life.require(article, "article.queue")
    hold(session, article.column_id)
    last = session.scalar(
        sa.select(sa.func.max(Article.queue_position)).where(
            Article.column_id == article.column_id, Article.status == _QUEUED
        )
    )
    if not take(session, article, "article.queue", queue_position=(last or 0) + 1, queued_at=at):
        raise Conflict(_CHANGED)
    note(session, user, "article.queue", article, at=at)
    return article


def dequeue(session: Session, article_id: int, user: User, *, at: datetime) -> Article:
    """Take an article out of the queue; it stays approved. Raises :class:`errors.Conflict`, :class:`errors.Forbidden`."""
    require(user, QUEUE)
    article = get(session, article_id)
    if not take(session, article, "article.unqueue", **OUT_OF_QUEUE):
        raise Conflict(_CHANGED)
    note(session, user, "article.unqueue", article, at=at)
    return article


def move(session: Session, article_id: int, user: User, *, to: int, at: datetime) -> list[Article]:
    """Give an article another place (1 is the head); the new order of its column's queue."""
    require(user, QUEUE)
    article = get(session, article_id)
    life.require(article, "article.move")
    hold(session, article.column_id)
    # Anew: another may have moved them before we held the queue.
    queued = list(session.scalars(_waiting(article.column_id).execution_options(populate_existing=True)))
    if article not in queued:  # a slot, or a person's push, was faster
        raise Conflict(_CHANGED)
    order = [other for other in queued if other.id != article_id]
    order.insert(min(max(to, 1), len(order) + 1) - 1, article)
    for position, other in enumerate(order, 1):
        other.queue_position = position
    session.flush()
    note(session, user, "article.queue", article, to=to, at=at)
    return order


def waiting(session: Session, column_id: int) -> list[Article]:
    """The queue of a column, its head first, without bodies."""
    return list(session.scalars(_waiting(column_id)))


def _waiting(column_id: int) -> sa.Select[Article]:
    return (
        sa.select(Article)
        .where(Article.column_id == column_id, Article.status == _QUEUED)
        .options(joinedload(Article.creator), joinedload(Article.column), sa.orm.defer(Article.html))
        .order_by(Article.queue_position, Article.id)
    )


def take_for_slot(session: Session, column_id: int, *, most: int, by: datetime) -> list[Article]:
    """Take up to ``most`` articles from the head of a column's queue for a slot, in its order; none if nothing waits.

    ``by`` is the slot's moment: what was queued later waits for another. The articles leave the queue and are planned; the caller
    makes the push that holds them in the same transaction. Of several schedulers at the same moment each article goes to one.
    """
    taken: list[Article] = []
    hold(session, column_id)
    while len(taken) < most:
        head = session.scalar(
            sa.select(Article)
            .where(Article.column_id == column_id, Article.status == _QUEUED, by >= _WAITS_SINCE)
            .order_by(Article.queue_position, Article.id)
            .limit(1)
            .execution_options(populate_existing=True)
        )
        if head is None:
            return taken
        if take(session, head, "push.take", **OUT_OF_QUEUE):
            taken.append(head)
    return taken


def waiting_since(session: Session) -> dict[int, datetime]:
    """Column id → since when something waits in its queue without a break, of those in which something does."""
    rows = session.execute(
        sa.select(Article.column_id, sa.func.min(_WAITS_SINCE))
        .where(Article.status == _QUEUED)
        .group_by(Article.column_id)
    )
    return {cast(Any, column_id): moment for column_id, moment in rows}


def hold(session: Session, column_id: int) -> None:
    """Others who order this queue wait for our commit (on SQLite they do already)."""
    session.execute(sa.select(Column.id).where(Column.id == column_id).with_for_update())


def counts(session: Session) -> dict[int, int]:
    """Column id → how many articles wait."""
    rows = session.execute(
        sa.select(Article.column_id, sa.func.count())
        .where(Article.status == _QUEUED)
        .group_by(Article.column_id)
    )
    return {cast(Any, column_id): count for column_id, count in rows}
