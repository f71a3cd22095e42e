"""What readers may see: published articles, a page at a time, and their neighbours.

Lists cost the same however many articles there are: no counting, each status read from its index and merged.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from content.finding import is_id
from content.life import LISTED, READABLE
from ground.errors import NotFound
from models import Article


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


def article(session: Session, article_id: int) -> Article:
    """An article that was published, with its column. Raises :class:`errors.NotFound` for anything else."""
    found = None
    if is_id(article_id):
        found = session.scalar(
            sa.select(Article)
            .where(Article.id == article_id, Article.status.in_(READABLE), Article.published_at.is_not(None))
            .options(joinedload(Article.column))
        )
    if found is None:
        raise NotFound("没有这篇文章，可能已经移走或还没有发布")
    return found


def neighbours(session: Session, of: Article) -> Neighbours:
    """The articles before and after one in its column."""
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
