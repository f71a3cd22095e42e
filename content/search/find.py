"""Asking: which articles somebody's words find, the office's and the readers', in the order that helps most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer, joinedload

from content.life import LISTED
from content.search.asking import Asked, Word
from database.listing import Listing
from ground import clock
from models import ARTICLE_GRAMS, Article, ArticleText, Column

BEST, NEWEST = "best", "newest"
ORDERS = {BEST: "最相关", NEWEST: "最新"}


def _day() -> sa.ColumnElement[datetime]:
    """SQL: when an article came out; of one that did not, when it was changed last."""
    return sa.func.coalesce(Article.published_at, Article.updated_at)


@dataclass(frozen=True)
class Within:
    """Where to look: a column's key, a status, days in Shanghai (both included) on which it came out or was changed last."""

    column: str = ""
    status: str = ""
    since: date | None = None
    until: date | None = None

    def where(self) -> list[sa.ColumnElement[bool]]:
        """SQL: what of it was chosen."""
        found: list[sa.ColumnElement[bool]] = []
        if self.column:
            found.append(Article.column_id.in_(sa.select(Column.id).where(Column.key == self.column)))
        if self.status:
            found.append(Article.status == self.status)
        if self.since is not None:
            found.append(_day() >= clock.day_bounds(self.since)[0])
        if self.until is not None:
            found.append(_day() < clock.day_bounds(self.until)[1])
        return found


EVERYWHERE = Within()


def office(
    session: Session, asked: Asked, within: Within = EVERYWHERE, *, order: str = BEST
) -> Listing[Article]:
    """Articles in any state, with column and creator and without bodies."""
    options = (joinedload(Article.column), joinedload(Article.creator), defer(Article.html))
    return Listing(session, _asking(session, asked, within.where(), order).options(*options))


def readers(
    session: Session, asked: Asked, within: Within = EVERYWHERE, *, order: str = BEST
) -> Listing[Article]:
    """What is out: not what was taken back, put away, or is not published. With its column, without bodies."""
    return Listing(session, _for_readers(session, asked, within, order))


def _for_readers(session: Session, asked: Asked, within: Within, order: str) -> sa.Select[Article]:
    out = [Article.status.in_(LISTED), Article.published_at.is_not(None)]
    query = _asking(session, asked, [*out, *within.where()], order)
    return query.options(joinedload(Article.column), defer(Article.html))


def _asking(
    session: Session, asked: Asked, where: Sequence[sa.ColumnElement[bool]], order: str
) -> sa.Select[Article]:
    fits = ARTICLE_GRAMS.matching(session, Article.id, asked.question()) if asked.words else sa.false()
    query = sa.select(Article).where(fits, *where)
    latest = (_day().desc(), Article.id.desc())
    if order == NEWEST or not asked.words:
        return query.order_by(*latest)
    return query.join(ArticleText, ArticleText.article_id == Article.id).order_by(
        _rank(session, asked), *latest
    )


def _rank(session: Session, asked: Asked) -> sa.ColumnElement[int]:
    """SQL: 0 where the title has all words, 1 where title and author have them, else 2."""
    in_title = [_in_title(session, word) for word in asked.words]
    in_head = [
        sa.or_(here, _has(ArticleText.author, word)) for here, word in zip(in_title, asked.words, strict=True)
    ]
    return sa.case((sa.and_(*in_title), 0), (sa.and_(*in_head), 1), else_=2)


def _in_title(session: Session, word: Word) -> sa.ColumnElement[bool]:
    written = _has(ArticleText.title, word)
    sound = word.by_sound()
    return written if sound is None else sa.or_(written, ARTICLE_GRAMS.matching(session, Article.id, sound))


def _has(field: sa.orm.InstrumentedAttribute[str], word: Word) -> sa.ColumnElement[bool]:
    ways = [sa.and_(*(field.contains(run) for run in runs)) for runs in word.texts()]
    return sa.or_(*ways)
