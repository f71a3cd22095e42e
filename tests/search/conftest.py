"""One office with the articles of the corpus published, and some that readers must not find, on both databases."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from content import drafting
from content.search import asking, find
from database.session import Database
from ground import clock
from models import ArticleStatus
from tests.content.conftest import Office, furnish
from tests.fixtures.configuration import make_settings
from tests.search.corpus import TEXTS, html


@dataclass
class Library:
    """The office, and its articles' numbers by the names of the corpus."""

    office: Office
    ids: dict[str, int]

    def found(self, query: str, *, order: str = find.BEST, limit: int = 50) -> list[str]:
        """What readers find, by name, in order."""
        names = {number: name for name, number in self.ids.items()}
        with self.office.db.read_scope() as session:
            articles = find.readers(session, asking.read(query), order=order).slice(0, limit)
            return [names[article.id] for article in articles]


def written(office: Office) -> dict[str, int]:
    """The corpus as drafts that were published one day after the other."""
    ids = {}
    with office.db.session_scope() as session:
        for number, text in enumerate(TEXTS):
            column = office.columns["study" if number % 2 else "news"]
            fields = office.fields(text.title, author=text.author, html=html(text.body), digest="")
            made = drafting.create(session, office.users["editor"], fields, at=clock.now())
            made.column_id, made.status = column, ArticleStatus.PUBLISHED.value
            made.published_at = clock.now() - timedelta(days=number)
            ids[text.key] = made.id
    return ids


@pytest.fixture(scope="module")
def library(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:
    """The corpus, published."""
    db = Database(module_database_url)
    settings = make_settings(
        database={"url": module_database_url}, server={"data_dir": str(tmp_path_factory.mktemp("data"))}
    )
    office = furnish(db, settings)
    yield Library(office, written(office))
    db.close()


def texts(name: str) -> list[str]:
    """The lines of a file beside this one, without its remarks."""
    lines = (Path(__file__).parent / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


__all__ = ["Library", "texts", "written"]
