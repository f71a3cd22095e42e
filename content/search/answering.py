"""What a person is answered: a page of what was found, with the words marked, and what else to try where there is nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from content import reading
from content.life import LISTED
from content.search import asking, find, grams, snippets
from content.search.asking import Asked, Syllables, Word
from database.listing import Listing
from models import ARTICLE_GRAMS, Article, ArticleText

MOST_HINTS = 4
_NEWEST = 3
_MOST_TRIES = 10


@dataclass(frozen=True)
class Hit:
    """A found article as readers see it in a list."""

    id: int
    title: str
    status: str
    column: str
    published_at: datetime | None
    shown: snippets.Shown


@dataclass(frozen=True)
class Hint:
    """Other words, and how many articles they find."""

    words: str
    count: int


@dataclass(frozen=True)
class Answer:
    """A page of hits. ``note``: what is worth knowing of the query, mostly empty.

    ``hints`` and ``newest`` are there where nothing was found.
    """

    asked: Asked
    hits: list[Hit]
    total: int
    number: int
    note: str
    hints: list[Hint] = field(default_factory=list)
    newest: list[reading.Teaser] = field(default_factory=list)

    def has_older(self, size: int) -> bool:
        """Whether there is a next page."""
        return self.number * size < self.total


def for_readers(
    session: Session,
    query: str,
    *,
    columns: Sequence[int],
    order: str = find.BEST,
    number: int = 1,
    size: int = 10,
) -> Answer:
    """Page ``number`` (from 1) of what readers may see; ``columns`` are those whose newest articles are offered instead."""
    asked = asking.read(query)
    found = find.readers(session, asked, order=order)
    total = found.count() if asked.words else 0
    hits = shown(session, asked, found, (number - 1) * size, size) if total else []
    if total or not query.strip():
        return Answer(asked, hits, total, number, note_on(asked, query))
    newest = [teaser for column in columns for teaser in reading.shelf(session, column, size=_NEWEST).teasers]
    return Answer(asked, [], 0, number, note_on(asked, query), hints(session, asked), newest)


def shown(session: Session, asked: Asked, found: Listing[Article], offset: int, size: int) -> list[Hit]:
    """A page of hits with what was looked for marked."""
    articles = found.slice(offset, size)
    marks = marked(session, asked, articles)
    return [
        Hit(one.id, one.title, one.status, one.column.name, one.published_at, marks[one.id])
        for one in articles
    ]


def marked(session: Session, asked: Asked, articles: Sequence[Article]) -> dict[int, snippets.Shown]:
    """What was looked for in articles, marked, by their numbers."""
    bodies = _bodies(session, [one.id for one in articles])
    return {
        one.id: snippets.shown(asked, title=one.title, author=one.author, body=bodies.get(one.id, ""))
        for one in articles
    }


def _bodies(session: Session, ids: Sequence[int]) -> dict[int, str]:
    rows = session.execute(
        sa.select(ArticleText.article_id, ArticleText.body).where(ArticleText.article_id.in_(ids))
    )
    return {row.article_id: row.body for row in rows}


def note_on(asked: Asked, query: str) -> str:
    """A sentence on the query itself; empty where there is nothing to say."""
    if not asked.words:
        return "请输入要找的文字、数字或拼音" if query.strip() else ""
    if asked.cut:
        return f"输入的内容太长，只按前面的 {asking.MOST_CHARS} 个字、{asking.MOST_WORDS} 个词搜索"
    return "只有一个字，找到的内容可能很多；输入两个以上的字更准" if asked.single else ""


def hints(session: Session, asked: Asked, *, office: bool = False) -> list[Hint]:
    """Other words that find something (for readers; or in the office): what sounds alike, fewer words, parts of a word."""
    looking = find.office if office else find.readers
    found: dict[str, Hint] = {}
    tried = 0
    for words in (*_alike(session, asked), *_fewer(asked)):
        if len(found) >= MOST_HINTS or tried >= _MOST_TRIES:
            break
        if words not in found:
            tried += 1
            if count := looking(session, asking.read(words)).count():
                found[words] = Hint(words, count)
    return list(found.values())


def _fewer(asked: Asked) -> Iterator[str]:
    if len(asked.words) > 1:
        yield from (word.run for word in asked.words)
    for word in asked.words:
        run = word.run
        for length in range(len(run) - 1, 1, -1) if not run.isascii() else ():
            yield run[:length]
            yield run[-length:]


def _alike(session: Session, asked: Asked) -> Iterator[str]:
    """Words of titles that sound as what was typed: 垃圾 for 拉圾."""
    for word in asked.words:
        for syllables in _syllables(word):
            fits = ARTICLE_GRAMS.matching(session, Article.id, asking.of(Syllables(syllables)))
            titles = sa.select(Article.title).where(Article.status.in_(LISTED), fits)
            for title in session.scalars(
                titles.order_by(Article.published_at.desc(), Article.id.desc()).limit(3)
            ):
                folded = grams.fold(title)
                yield from (
                    folded[start:end] for start, end in snippets.sounding(folded, Syllables(syllables))
                )


def _syllables(word: Word) -> list[tuple[str, ...]]:
    return grams.sounding(word.run) if 1 < len(word.run) <= asking.MOST_CHARS // 2 else []
