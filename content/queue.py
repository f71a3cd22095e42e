"""待发队列: approved articles of a column in the order in which its slots take them."""

from __future__ import annotations

from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from content.articles import get, in_push, moved, status_name
from ground import clock
from ground.errors import Conflict, Forbidden
from models import Article, Column, User

_WRITERS = ("admin", "editor")


def enqueue(session: Session, article_id: int, user: User) -> Article:
    """Put an approved article at the end of its column's queue. Raises :class:`errors.Conflict`, :class:`errors.Forbidden`."""
    _may(user)
    article = get(session, article_id)
    if article.status != "approved":
        raise Conflict(f"稿件当前为“{status_name(article)}”，审核通过后才能排入待发队列")
    if in_push(session, article_id):
        raise Conflict("稿件已排入推送，不能再排入待发队列")
    _hold(session, article.column_id)
    last = session.scalar(
        sa.select(sa.func.max(Article.queue_position)).where(
            Article.column_id == article.column_id, Article.status == "queued"
        )
    )
    if not moved(session, article, to="queued", queue_position=(last or 0) + 1, queued_at=clock.now()):
        raise Conflict("稿件状态刚刚有变化，请刷新后再试")
    return article


def dequeue(session: Session, article_id: int, user: User) -> Article:
    """Take an article out of the queue; it stays approved. Raises :class:`errors.Conflict`, :class:`errors.Forbidden`."""
    _may(user)
    article = get(session, article_id)
    if article.status != "queued" or not moved(
        session, article, to="approved", queue_position=None, queued_at=None
    ):
        raise Conflict(f"稿件当前为“{status_name(article)}”，不在待发队列")
    return article


def move(session: Session, article_id: int, user: User, *, to: int) -> list[Article]:
    """Give an article another place (1 is the head); the new order of its column's queue."""
    _may(user)
    article = get(session, article_id)
    if article.status != "queued":
        raise Conflict(f"稿件当前为“{status_name(article)}”，不在待发队列")
    _hold(session, article.column_id)
    order = [other for other in waiting(session, article.column_id) if other.id != article_id]
    order.insert(min(max(to, 1), len(order) + 1) - 1, article)
    for position, queued in enumerate(order, 1):
        queued.queue_position = position
    session.flush()
    return order


def waiting(session: Session, column_id: int) -> list[Article]:
    """The queue of a column, its head first, without bodies."""
    return list(
        session.scalars(
            sa.select(Article)
            .where(Article.column_id == column_id, Article.status == "queued")
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
            .where(Article.column_id == column_id, Article.status == "queued")
            .order_by(Article.queue_position, Article.id)
            .limit(1)
            .execution_options(populate_existing=True)
        )
        if head is None:
            return None
        if moved(session, head, to="approved", queue_position=None, queued_at=None):
            return head


def _hold(session: Session, column_id: int) -> None:
    """Others who order this queue wait for our commit (on SQLite they do already)."""
    session.execute(sa.select(Column.id).where(Column.id == column_id).with_for_update())


def _may(user: User) -> None:
    if not user.active or user.role not in _WRITERS:
        raise Forbidden("只有编辑和管理员可以调整待发队列，如需开通请联系管理员", user=user.id)


def counts(session: Session) -> dict[int, int]:
    """Column id → how many articles wait."""
    rows = session.execute(
        sa.select(Article.column_id, sa.func.count())
        .where(Article.status == "queued")
        .group_by(Article.column_id)
    )
    return {cast(Any, column_id): count for column_id, count in rows}
