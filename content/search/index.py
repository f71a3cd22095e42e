"""The index of articles: kept in the transaction that keeps a text, and made anew in batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from content.cleaning import text_of
from content.search import grams
from database.claims import not_being_written
from database.grams import Entry
from database.once import upsert
from models import ARTICLE_GRAMS, Article, ArticleText

MOST_BODY = 60_000
"""So many characters of a body are found; what goes out has a third of them at most."""


@dataclass(frozen=True)
class Standing:
    """How many articles there are, and how many of them are found."""

    articles: int
    missing: int


def keep(session: Session, article_id: int, *, title: str, author: str, html: str) -> None:
    """Let an article be found by this text from now on. Whoever calls has just written the article's row, and so holds it."""
    former = session.scalar(sa.select(ArticleText).where(ArticleText.article_id == article_id))
    if former is not None and former.edition != grams.edition():
        return  # the whole index is of another edition and will be made anew: what was put cannot be taken back
    _put(session, article_id, title, author, html, None if former is None else _entry(former))


def _put(session: Session, article_id: int, title: str, author: str, html: str, former: Entry | None) -> None:
    text = {
        "title": grams.fold(title),
        "author": grams.fold(author),
        "body": text_of(html)[:MOST_BODY],
    }
    entry = grams.entry(text["title"], text["author"], grams.fold(text["body"]))
    upsert(session, ArticleText, article_id=article_id, edition=grams.edition(), **text)
    if former != entry:
        ARTICLE_GRAMS.put(session, article_id, entry, former)


def _entry(text: ArticleText) -> Entry:
    return grams.entry(text.title, text.author, grams.fold(text.body))


def standing(session: Session) -> Standing:
    """How complete the index is."""
    articles = session.scalar(sa.select(sa.func.count(Article.id))) or 0
    current = sa.select(sa.func.count(ArticleText.article_id)).where(ArticleText.edition == grams.edition())
    return Standing(articles, articles - (session.scalar(current) or 0))


def is_outdated(session: Session) -> bool:
    """Whether it was made by another edition of the rules."""
    other = sa.select(ArticleText.article_id).where(ArticleText.edition != grams.edition())
    return session.scalar(other.limit(1)) is not None


def empty(session: Session) -> None:
    """Forget everything; nothing is found until it is filled again."""
    session.execute(sa.delete(ArticleText).execution_options(synchronize_session=False))
    ARTICLE_GRAMS.empty(session)


def fill(session: Session, *, after: int, most: int) -> list[int]:
    """Index the next articles behind the number ``after`` that are not; their numbers, rising, none where none was left.

    What somebody is saving just now is left to them.
    """
    columns: tuple[Any, ...] = (Article.id, Article.title, Article.author, Article.html)
    waiting = (
        sa.select(*columns)
        .where(Article.id > after, ~sa.exists().where(ArticleText.article_id == Article.id))
        .order_by(Article.id)
        .limit(most)
    )
    rows = session.execute(not_being_written(waiting)).all()
    for row in rows:
        _put(session, row.id, row.title, row.author, row.html, None)
    return [row.id for row in rows]
