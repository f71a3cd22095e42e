"""待发队列: approved articles of a column in the order in which its slots take them."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts.rights import require
from content import life
from content.finding import get
from content.life import QUEUE
from content.lifecycle import OUT_OF_QUEUE, in_push, take
from content.trail import note
from ground import clock
from ground.errors import Conflict
from models import Article, ArticleStatus, Column, User

_CHANGED = "稿件状态刚刚有变化，请刷新后再试"
_QUEUED = ArticleStatus.QUEUED.value


def enqueue(session: Session, article_id: int, user: User) -> Article:
    """Put an approved article at the end of its column's queue. Raises :class:`errors.Conflict`, :class:`errors.Forbidden`."""
    require(user, QUEUE)
    article = get(session, article_id)
    life.require(article, "article.queue")
    if in_push(session, article_id):
        raise Conflict("稿件已排入推送，不能再排入待发队列")
    _hold(session, article.column_id)
    last = session.scalar(
        sa.select(sa.func.max(Article.queue_position)).where(
            Article.column_id == article.column_id, Article.status == _QUEUED
        )
    )
    if not take(session, article, "article.queue", queue_position=(last or 0) + 1, queued_at=clock.now()):
        raise Conflict(_CHANGED)
    note(session, user, "article.queue", article)
    return article


def dequeue(session: Session, article_id: int, user: User) -> Article:
    """Take an article out of the queue; it stays approved. Raises :class:`errors.Conflict`, :class:`errors.Forbidden`."""
    require(user, QUEUE)
    article = get(session, article_id)
    if not take(session, article, "article.unqueue", **OUT_OF_QUEUE):
        raise Conflict(_CHANGED)
    note(session, user, "article.unqueue", article)
    return article


def move(session: Session, article_id: int, user: User, *, to: int) -> list[Article]:
    """Give an article another place (1 is the head); the new order of its column's queue."""
    require(user, QUEUE)
    article = get(session, article_id)
    life.require(article, "article.move")
    _hold(session, article.column_id)
    order = [other for other in waiting(session, article.column_id) if other.id != article_id]
    order.insert(min(max(to, 1), len(order) + 1) - 1, article)
    for position, queued in enumerate(order, 1):
        queued.queue_position = position
    session.flush()
    note(session, user, "article.queue", article, to=to)
    return order


def waiting(session: Session, column_id: int) -> list[Article]:
    """The queue of a column, its head first, without bodies."""
    return list(
        session.scalars(
            sa.select(Article)
            .where(Article.column_id == column_id, Article.status == _QUEUED)
            .options(joinedload(Article.creator), sa.orm.defer(Article.html))
            .order_by(Article.queue_position, Article.id)
        )
    )


def take_for_slot(session: Session, column_id: int) -> Article | None:
    """Take the head of a column's queue for a slot, or None if the queue is empty.

    The article leaves the queue and is approved; the caller makes the push that holds it in the same transaction. Of several
    schedulers at the same moment each head goes to one.
    """
    while True:
        head = session.scalar(
            sa.select(Article)
            .where(Article.column_id == column_id, Article.status == _QUEUED)
            .order_by(Article.queue_position, Article.id)
            .limit(1)
            .execution_options(populate_existing=True)
        )
        if head is None:
            return None
        if take(session, head, "push.take", **OUT_OF_QUEUE):
            return head


def _hold(session: Session, column_id: int) -> None:
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
