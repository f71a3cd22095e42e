"""What readers may see: published articles, a page at a time, and their neighbours.

Lists cost the same however many articles there are: no counting, each status read from its index and merged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from content import owing
from content.finding import is_id, texts_of
from content.life import ARTICLE, LISTED, ON_ITS_WAY, READABLE, SENDABLE, WENT_OUT
from ground.errors import NotFound
from models import (
    Article,
    ArticleRevision,
    ArticleStatus,
    Release,
)

_HEAD_CHARS = 16
"""So many characters of a hash nobody guesses."""


@dataclass(frozen=True)
class Teaser:
    """An article in a list."""

    id: int
    title: str
    digest: str
    author: str
    cover_sha256: str | None
    published_at: Any
    status: str


@dataclass(frozen=True)
class Shelf:
    """One page of a column, the newest first."""

    teasers: list[Teaser]
    number: int
    has_older: bool


@dataclass(frozen=True)
class Neighbours:
    """The next newer and the next older article of the same column."""

    newer: Teaser | None
    older: Teaser | None


_TEASER = (
    Article.id, Article.title, Article.digest, Article.author, Article.cover_sha256, Article.published_at, Article.status,
)  # fmt: skip


def shelf(session: Session, column_id: int, *, number: int = 1, size: int = 10) -> Shelf:
    """A page of a column's published articles; ``number`` counts from 1."""
    first = (number - 1) * size
    found = _newest(session, column_id, first + size + 1)[first:]
    return Shelf(found[:size], number, len(found) > size)


def article(session: Session, article_id: int, *, on_its_way: bool = False) -> Article:
    """An article that was published, with its column; or taken back while it was on its way to its readers.

    With ``on_its_way``, for who follows a link of a push that has begun, also one that is being published. Raises
    :class:`errors.NotFound` for anything else.
    """
    found = None
    went_out, taken_back = Article.published_at.is_not(None), Article.status == ArticleStatus.RETRACTED.value
    if is_id(article_id):
        out = sa.and_(Article.status.in_(READABLE), sa.or_(went_out, taken_back))
        if on_its_way:
            out = sa.or_(out, Article.status.in_(ON_ITS_WAY))
        found = session.scalar(
            sa.select(Article).where(Article.id == article_id, out).options(joinedload(Article.column))
        )
    if found is None:
        raise NotFound("没有这篇文章，可能已经移走或还没有发布")
    return found


def same_text(session: Session, article_id: int, head: str) -> bool | None:
    """Whether an article's text still is the one whose hash begins with ``head``; None where it never had such a text.

    People type it from paper: with blanks between, in capitals.
    """
    head = "".join(head.split()).lower()
    if not is_id(article_id) or len(head) < _HEAD_CHARS:
        return None
    now = session.scalar(sa.select(Article.hash).where(Article.id == article_id))
    if now is None or now.startswith(head):
        return None if now is None else True
    save = [ArticleRevision.article_id == article_id, ArticleRevision.hash.startswith(head, autoescape=True)]
    return None if session.scalar(sa.select(ArticleRevision.id).where(*save).limit(1)) is None else False


def standing(session: Session, article_id: int) -> str:
    """How an article stands, in words for whoever holds its form and knows nothing of the office's states."""
    article = session.get_one(Article, article_id)
    status = ArticleStatus(article.status)
    if status == ArticleStatus.ARCHIVED:
        return "已发布，现已归档" if article.published_at else "已归档，没有发布过"
    if status not in SENDABLE | WENT_OUT:
        return "尚未审核通过"
    owed = status in SENDABLE and _owed(session, article)
    said = ARTICLE.label(status) if status in WENT_OUT else "尚未发布"
    if owed:
        return f"已紧急签发，{said}，补审还没有完成"
    return said if status in WENT_OUT else f"审核通过，{said}"


def _owed(session: Session, article: Article) -> bool:
    """Whether its text, or the correction that it came by, went past reviews that are still to be made up for."""
    mine = Release.article_id.in_(texts_of(article.id))
    owed = [mine, Release.content_hash == article.hash, owing.OWED]
    return session.scalar(sa.select(Release.id).where(*owed).limit(1)) is not None


def neighbours(session: Session, of: Article) -> Neighbours:
    """The articles before and after one in its column; none of one that is being published, or was taken back before."""
    if of.published_at is None:
        return Neighbours(None, None)
    moment, here = of.published_at, of.id
    newer = _merged(
        session,
        of.column_id,
        sa.and_(Article.published_at >= moment, sa.or_(Article.published_at > moment, Article.id > here)),
        (Article.published_at.asc(), Article.id.asc()),
    )
    older = _merged(
        session,
        of.column_id,
        sa.and_(Article.published_at <= moment, sa.or_(Article.published_at < moment, Article.id < here)),
        (Article.published_at.desc(), Article.id.desc()),
    )
    return Neighbours(
        newer=min(newer, key=_age, default=None),
        older=max(older, key=_age, default=None),
    )


def _newest(session: Session, column_id: int, count: int) -> list[Teaser]:
    everything = _merged(
        session, column_id, sa.true(), (Article.published_at.desc(), Article.id.desc()), count
    )
    return sorted(everything, key=_age, reverse=True)[:count]


def _merged(
    session: Session, column_id: int, where: sa.ColumnElement[bool], order: tuple[Any, ...], count: int = 1
) -> list[Teaser]:
    found: list[Teaser] = []
    for status in LISTED:
        rows = session.execute(
            sa.select(*_TEASER)
            .where(
                Article.column_id == column_id,
                Article.status == status,
                Article.published_at.is_not(None),
                where,
            )
            .order_by(*order)
            .limit(count)
        )
        found += [Teaser(*row) for row in rows]
    return found


def _age(teaser: Teaser) -> tuple[Any, int]:
    return teaser.published_at, teaser.id
