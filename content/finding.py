"""Finding articles: the lists of the console, and what others show of an article beside its title."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from content.life import ARTICLE
from database.listing import Listing
from ground.errors import NotFound
from models import Article, ArticleRevision, ArticleStatus, Review, User

_UNFINISHED = (ArticleStatus.DRAFT, ArticleStatus.RETURNED)


def listed(session: Session, *, words: str = "", column: str = "", status: str = "") -> Listing[Article]:
    """全部稿件, the latest change first: by words of the title, the column's key and the status."""
    query = (
        sa.select(Article)
        .options(joinedload(Article.column), joinedload(Article.creator), defer(Article.html))
        .order_by(Article.updated_at.desc(), Article.id.desc())
    )
    if words:
        query = query.where(Article.title.contains(words, autoescape=True))
    if column:
        query = query.where(Article.column.has(key=column))
    if status in ARTICLE.labels:
        query = query.where(Article.status == status)
    return Listing(session, query)


def drafts_of(session: Session, user: User, *, limit: int) -> list[Article]:
    """What a writer has begun or got back, the latest change first, without bodies."""
    mine = sa.select(Article).where(Article.created_by == user.id, Article.status.in_(_UNFINISHED))
    latest = mine.options(defer(Article.html)).order_by(Article.updated_at.desc()).limit(limit)
    return list(session.scalars(latest))


def returned_count(session: Session, user: User) -> int:
    """How many of a writer's articles came back from review."""
    query = sa.select(sa.func.count()).where(
        Article.status == ArticleStatus.RETURNED.value, Article.created_by == user.id
    )
    return session.scalar(query) or 0


def free(session: Session, *, limit: int) -> list[Article]:
    """Approved and in no queue, the latest change first, without bodies."""
    query = (
        sa.select(Article)
        .where(Article.status == ArticleStatus.APPROVED.value)
        .options(joinedload(Article.column), joinedload(Article.creator), defer(Article.html))
        .order_by(Article.updated_at.desc())
    )
    return list(session.scalars(query.limit(limit)))


def offered(
    session: Session, *statuses: ArticleStatus, chosen: int | None = None, limit: int
) -> list[Article]:
    """What may be chosen for a push: the ``chosen`` one first, whatever its status, then the latest changes."""
    picked = Article.id == (chosen or 0)
    query = (
        sa.select(Article)
        .where(sa.or_(Article.status.in_(statuses), picked))
        .order_by(picked.desc(), Article.updated_at.desc())
        .options(joinedload(Article.column), defer(Article.html))
    )
    return list(session.scalars(query.limit(limit)))


def published(session: Session, *, limit: int) -> list[tuple[int, str]]:
    """Id and title of what came out last."""
    query = (
        sa.select(Article.id, Article.title)
        .where(Article.status == ArticleStatus.PUBLISHED.value)
        .order_by(Article.published_at.desc())
    )
    return [(article_id, title) for article_id, title in session.execute(query.limit(limit))]


def titles(session: Session, ids: Iterable[int]) -> dict[int, str]:
    """Titles by id, of those that there are."""
    rows = session.execute(sa.select(Article.id, Article.title).where(Article.id.in_(list(ids))))
    return {row.id: row.title for row in rows}


def decided_by(session: Session, user: User) -> Listing[Review]:
    """What somebody has decided in reviews, the latest first."""
    query = (
        sa.select(Review)
        .where(Review.user_id == user.id)
        .options(joinedload(Review.article).joinedload(Article.column))
        .order_by(Review.id.desc())
    )
    return Listing(session, query)


def revision(session: Session, article_id: int, version: int) -> ArticleRevision:
    """One save of an article. Raises :class:`errors.NotFound`."""
    query = sa.select(ArticleRevision).where(
        ArticleRevision.article_id == article_id, ArticleRevision.version == version
    )
    save = session.scalar(query)
    if save is None:
        raise NotFound(f"这篇稿件没有第 {version} 版")
    return save
