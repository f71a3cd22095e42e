"""Search: what it finds of what LIKE finds, how long it takes, and how large its index is.

    python -m bench.search [--large] [--words 130]

Twenty thousand articles (``--large``: two hundred thousand) of 800 characters are written and indexed as the product does it,
on SQLite and PostgreSQL. The same words of two characters are asked of the index and, by LIKE, of the texts beside it: what both
find is compared, then both are timed. Few words are common and most are rare, as in any text.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from bench import frame
from content.search import answering, asking, find, index
from database import sealed
from database.session import Database
from ground import clock, sounds
from models import ARTICLE_GRAMS, Article, ArticleText
from operations import indexing
from settings import field_keys, index_key
from tests.fixtures.configuration import make_settings
from tests.world import many

ARTICLES, LARGE = 20_000, 200_000
BUDGET_MS = 50
_VOCABULARY = 8_000
_WORDS_A_BODY = 400
_CHUNK = 2_000


def vocabulary(rng: random.Random) -> list[str]:
    """Words of two characters, the commonest first."""
    characters = sorted(sounds.readings())
    return ["".join(rng.sample(characters, 2)) for _ in range(_VOCABULARY)]


def fill(db: Database, words: Sequence[str], count: int, rng: random.Random) -> None:
    """Published articles, not indexed yet."""
    weights = [1 / (rank + 50) for rank in range(len(words))]
    with db.session_scope() as session:
        user_id = many.user(session).id
        first = many.articles(session, user_id, 2)[0]
        made = session.get_one(Article, first)
        plain = {column.name: getattr(made, column.name) for column in Article.__table__.columns}
    now = clock.now()
    plain |= {"status": "published", "published_at": now, "queue_position": None}
    plain.pop("id")
    for begun in range(0, count, _CHUNK):
        rows: list[dict[str, Any]] = []
        for number in range(begun, min(count, begun + _CHUNK)):
            body = rng.choices(words, weights, k=_WORDS_A_BODY)
            text = "，".join("".join(body[at : at + 8]) for at in range(0, len(body), 8))
            title = "".join(rng.choices(words, weights, k=8))
            rows.append(
                {**plain, "id": number + 3, "title": title, "html": f"<p>{text}</p>", "hash": f"{number:064}"}
            )
        with db.session_scope() as session:
            session.execute(sa.insert(Article), rows)


def measure(db: Database, name: str, words: Sequence[str], count: int, asked: Sequence[str]) -> None:
    """The figures of one database."""
    rng = random.Random(11)
    fill(db, words, count, rng)
    took = frame.timed(lambda: list(indexing.steps(db)))
    frame.line(f"{name}: indexing {count:,} articles", took, "s", beside=f"{took / count * 1000:.2f} ms each")
    with db.session_scope() as session:
        many.settle(session)
    with db.read_scope() as session:
        texts = session.scalar(sa.select(sa.func.sum(sa.func.length(ArticleText.body)))) or 0
        size = ARTICLE_GRAMS.size_bytes(session)
        missing = index.standing(session).missing
    frame.line(
        f"{name}: index",
        size / 1e6,
        "MB",
        beside=f"{size / (3 * texts):.1f} times the texts; {missing} missing",
    )
    found = like = both = 0
    searched: list[float] = []
    liked: list[float] = []
    for word in asked:
        with db.read_scope() as session:
            query = asking.read(word)
            page = lambda: answering.for_readers(session, word, columns=())  # noqa: E731, B023
            searched += [frame.timed(page) for _ in range(2)][1:]
            by_index = set(session.scalars(_ids(find.office(session, query, order=find.NEWEST))))
            parts = [
                field.contains(word) for field in (ArticleText.title, ArticleText.author, ArticleText.body)
            ]
            wanted = sa.select(ArticleText.article_id).where(sa.or_(*parts))
            by_like: set[int] = set()
            liked.append(frame.timed(lambda: by_like.update(session.scalars(wanted))))  # noqa: B023
        found, like, both = found + len(by_index), like + len(by_like), both + len(by_index & by_like)
    frame.line(
        f"{name}: recall of LIKE",
        both / max(1, like),
        "",
        beside=f"precision {both / max(1, found):.4f}, {like:,} hits",
    )
    for share, label in ((0.5, "p50"), (0.95, "p95")):
        value, plain = (frame.percentile(times, share) * 1000 for times in (searched, liked))
        frame.line(
            f"{name}: a page of hits, {label}", value, "ms", budget=BUDGET_MS if label == "p95" else None,
            beside=f"LIKE alone {plain:.0f} ms",
        )  # fmt: skip


def _ids(found: Any) -> sa.Select[Any]:
    return sa.select(found._query.subquery().c.id)


def main() -> int:
    """Run on both databases."""
    parser = argparse.ArgumentParser(prog="python -m bench.search")
    parser.add_argument("--large", action="store_true")
    parser.add_argument("--words", type=int, default=130)
    parser.add_argument("--articles", type=int, default=0)
    arguments = parser.parse_args()
    count = arguments.articles or (LARGE if arguments.large else ARTICLES)
    rng = random.Random(5)
    words = vocabulary(rng)
    asked = rng.sample(words, arguments.words)
    privacy = make_settings().privacy
    sealed.use(sealed.Keyring(field_keys(privacy.field_keys), index_key(privacy.index_key)))
    with frame.folder() as inside:
        db = Database(frame.fresh_sqlite(inside))
        measure(db, "SQLite", words, count, asked)
        db.close()
    with frame.postgres() as server:
        if server is not None:
            with frame.fresh_postgres(server) as url:
                db = Database(url)
                measure(db, "PostgreSQL", words, count, asked)
                db.close()
    print(frame.load())
    return 0


if __name__ == "__main__":
    sys.exit(main())
