"""How an article goes from one state to the next (:mod:`content.life` says which may follow which), and when a push holds it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import require
from content import life
from content.finding import get
from content.life import WRITE
from content.revisions import edited_meanwhile
from content.trail import note
from database.moving import move
from ground.errors import Conflict
from models import Article, Push, PushArticle, PushStatus, Review, User

OUT_OF_QUEUE: dict[str, Any] = {"queue_position": None, "queued_at": None}
"""What an article's row says as long as it waits in no queue."""

_HOLDING = (
    PushStatus.SCHEDULED, PushStatus.HELD, PushStatus.SENDING, PushStatus.AWAITING_RESULT, PushStatus.PAUSED,
)  # fmt: skip


def take(session: Session, article: Article, name: str, **values: Any) -> bool:
    """Take a step of the life by a conditional update: only if state, stage, content and version still are what was read.

    Whether it was done; the article is read anew afterwards. Raises :class:`errors.Conflict` for a state without this step.
    """
    return move(
        session,
        Article,
        article.id,
        life.require(article, name),
        Article.status == article.status,
        Article.stage == article.stage,
        Article.hash == article.hash,
        Article.version == article.version,
        **values,
    )


def void_reviews(session: Session, article_id: int, *which: sa.ColumnElement[bool]) -> None:
    """Let what was decided about an article (of ``which``, SQL over reviews, if given) no longer count."""
    session.execute(
        sa.update(Review)
        .where(Review.article_id == article_id, Review.void.is_(False), *which)
        .values(void=True)
        .execution_options(synchronize_session=False)
    )


def archive(session: Session, article_id: int, user: User) -> Article:
    """Put away an article that will not be used. Raises :class:`errors.Conflict` if it is on its way out."""
    require(user, WRITE)
    article = get(session, article_id)
    life.require(article, "article.archive")
    check_not_in_push(session, article_id)
    if not take(session, article, "article.archive"):
        raise edited_meanwhile(session, article_id)
    note(session, user, "article.archive", article)
    return article


def in_push(session: Session, article_id: int) -> bool:
    """Whether a push that has not ended holds the article."""
    held = (
        sa.select(Push.id)
        .join(PushArticle)
        .where(PushArticle.article_id == article_id, Push.status.in_(_HOLDING))
    )
    return session.scalar(held.limit(1)) is not None


def check_not_in_push(session: Session, article_id: int) -> None:
    """Raise :class:`errors.Conflict` where :func:`in_push` says yes."""
    if in_push(session, article_id):
        raise Conflict("稿件已排入推送，请先取消推送再操作")
