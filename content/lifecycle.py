"""How an article goes from one state to the next (:mod:`content.life` says which may follow which), and when a push holds it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import require
from content import life
from content.finding import get
from content.life import RELEASE, WRITE
from content.revisions import edited_meanwhile
from content.trail import note
from database.moving import move, move_all
from ground.errors import Conflict
from models import Article, Correction, CorrectionStatus, Push, PushArticle, PushStatus, Release, Review, User

OUT_OF_QUEUE: dict[str, Any] = {"queue_position": None, "queued_at": None}
"""What an article's row says as long as it waits in no queue."""

NOT_BEGUN = frozenset({PushStatus.SCHEDULED, PushStatus.HELD, PushStatus.PAUSED, PushStatus.MISSED})
"""States of a push that has sent nothing, as long as it has no plan."""
_HOLDING = NOT_BEGUN | {PushStatus.SENDING, PushStatus.AWAITING_RESULT}


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
    """Let what was decided about an article (of ``which``, SQL over reviews, if given) no longer count, nor a 紧急签发 of it."""
    void_release(session, article_id)
    session.execute(
        sa.update(Review)
        .where(Review.article_id == article_id, Review.void.is_(False), *which)
        .values(void=True)
        .execution_options(synchronize_session=False)
    )


def void_release(session: Session, article_id: int) -> None:
    """Let a 紧急签发 of an article no longer count, nor ask for anything."""
    move_all(session, Release, RELEASE.step("release.void"), Release.article_id == article_id)


def archive(session: Session, article_id: int, user: User, *, at: datetime) -> Article:
    """Put away an article that will not be used. Raises :class:`errors.Conflict` if it is on its way out."""
    require(user, WRITE)
    article = locked(session, article_id)
    life.require(article, "article.archive")
    if in_push(session, article_id):
        raise Conflict("稿件正在推送或还有推送没有完成，请先取消推送，再归档稿件")
    if corrected(session, article_id):
        raise Conflict("稿件的更正或撤回正在办理，请先完成或取消，再归档稿件")
    if not take(session, article, "article.archive"):
        raise edited_meanwhile(session, article_id, at=at)
    if article.published_at is None:
        void_release(session, article_id)
    note(session, user, "article.archive", article, at=at)
    return article


def bring_back(session: Session, article_id: int, user: User, *, at: datetime) -> Article:
    """取消归档: what went out is in its column's list again, what did not is a draft.

    Raises :class:`errors.Conflict` for what is not archived, and for the text of a correction, which stands in its article.
    """
    require(user, WRITE)
    article = get(session, article_id)
    life.require(article, "article.bring_back")
    if session.scalar(sa.select(Correction.id).where(Correction.draft_id == article_id)) is not None:
        raise Conflict("这是一篇更正稿，不能取消归档，请打开原稿重新更正")
    step = "article.bring_back"
    if article.published_at is not None:
        step = "article.show_corrected" if _was_corrected(session, article_id) else "article.show_again"
    if not take(session, article, step, stage=0):
        raise edited_meanwhile(session, article_id, at=at)
    if article.published_at is None:
        void_reviews(session, article_id)
    note(session, user, "article.bring_back", article, at=at)
    return article


def _was_corrected(session: Session, article_id: int) -> bool:
    done = [Correction.article_id == article_id, Correction.status == CorrectionStatus.DONE.value]
    return session.scalar(sa.select(Correction.id).where(*done).limit(1)) is not None


def corrected(session: Session, article_id: int) -> bool:
    """Whether a correction or retraction that is not over is about this article, or is written in it."""
    about = sa.or_(Correction.article_id == article_id, Correction.draft_id == article_id)
    is_open = Correction.status == CorrectionStatus.OPEN.value
    return session.scalar(sa.select(Correction.id).where(about, is_open).limit(1)) is not None


def held(session: Session, article_ids: Collection[int]) -> set[int]:
    """Which of these articles a push holds that has not ended."""
    query = (
        sa.select(PushArticle.article_id)
        .join(Push, Push.id == PushArticle.push_id)
        .where(PushArticle.article_id.in_(article_ids), Push.status.in_(_HOLDING))
    )
    return set(session.scalars(query))


def holding(session: Session, article_id: int) -> list[Push]:
    """The pushes that hold this one and can still be cancelled, the first due first."""
    states = _HOLDING - {PushStatus.AWAITING_RESULT}
    with_it = sa.select(PushArticle.push_id).where(PushArticle.article_id == article_id)
    query = sa.select(Push).where(Push.id.in_(with_it), Push.status.in_(states))
    return list(session.scalars(query.order_by(Push.due_at, Push.id)))


def in_push(session: Session, article_id: int) -> bool:
    """Whether such a push holds this one."""
    return bool(held(session, [article_id]))


def locked(session: Session, article_id: int) -> Article:
    """The article, whose row others who would change it wait for. Raises :class:`errors.NotFound`.

    Whoever writes of a published article and of its correction takes the article first: in this order nobody waits in a circle.
    """
    get(session, article_id)
    query = sa.select(Article).where(Article.id == article_id).with_for_update()
    return session.scalars(query.execution_options(populate_existing=True)).one()
