"""Finding articles: one by its number, the lists of the console and the command line, and what others show of one."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload, selectinload

from content import owing
from database.listing import Listing
from ground.errors import NotFound
from models import Article, ArticleStatus, Correction, CorrectionStatus, Release, Review, User

_UNFINISHED = (ArticleStatus.DRAFT, ArticleStatus.RETURNED)


def is_id(value: int) -> bool:
    """Whether a number out of an address may be a row's: SQLite refuses larger ones with an error."""
    return 0 < value < 2**63


def get(session: Session, article_id: int, *, full: bool = False) -> Article:
    """The article, with ``full`` also its column, creator and reviews. Raises :class:`errors.NotFound`."""
    query = sa.select(Article).where(Article.id == article_id)
    if full:
        query = query.options(
            joinedload(Article.column),
            joinedload(Article.creator),
            selectinload(Article.reviews).options(joinedload(Review.user), joinedload(Review.principal)),
        )
    article = session.scalar(query) if is_id(article_id) else None
    if article is None:
        raise NotFound(f"没有编号为 {article_id} 的稿件")
    return article


def texts_of(article_id: int) -> sa.Select[int]:
    """SQL: the ids of an article and of those in which the corrections that took its place were written and reviewed."""
    drafts = sa.select(Correction.draft_id).where(
        Correction.article_id == article_id,
        Correction.status == CorrectionStatus.DONE.value,
        Correction.draft_id.is_not(None),
    )
    return sa.select(Article.id).where(sa.or_(Article.id == article_id, Article.id.in_(drafts)))


@dataclass(frozen=True)
class ArticlePage:
    """A page of articles and how many there are in all."""

    articles: list[Article]
    total: int


def listing(
    session: Session,
    *,
    column_id: int | None = None,
    statuses: Sequence[str] = (),
    created_by: int | None = None,
    number: int = 1,
    size: int = 20,
) -> ArticlePage:
    """Articles with column and creator, the newest first; ``number`` counts pages from 1. Bodies are not loaded."""
    where: list[sa.ColumnElement[bool]] = []
    if column_id is not None:
        where.append(Article.column_id == column_id)
    if statuses:
        where.append(Article.status.in_(statuses))
    if created_by is not None:
        where.append(Article.created_by == created_by)
    total = session.scalar(sa.select(sa.func.count()).select_from(Article).where(*where)) or 0
    found = session.scalars(
        sa.select(Article)
        .where(*where)
        .options(joinedload(Article.column), joinedload(Article.creator), defer(Article.html))
        .order_by(Article.id.desc())
        .offset((max(number, 1) - 1) * size)
        .limit(size)
    )
    return ArticlePage(list(found), total)


def listed(
    session: Session, *, where: Sequence[sa.ColumnElement[bool]] = (), late_at: datetime | None = None
) -> Listing[Article]:
    """全部稿件, the latest change first, of which ``where`` is true (:class:`content.search.find.Within`).

    ``late_at``: only those whose 紧急签发 was not made up for until then.
    """
    query = (
        sa.select(Article)
        .options(joinedload(Article.column), joinedload(Article.creator), defer(Article.html))
        .where(*where)
        .order_by(Article.updated_at.desc(), Article.id.desc())
    )
    if late_at is not None:
        query = query.where(Article.id.in_(sa.select(Release.article_id).where(*owing.late(late_at))))
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
