"""An office of people, and articles in it, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlalchemy.orm import Session

from content import columns, drafting, finding, review, revisions
from content.assets import AssetStore
from content.revisions import Fields
from database import sealed
from database.session import Database
from ground import clock
from models import Article, User
from settings import Limits, Settings, field_keys, index_key
from tests.world import accounts, articles

LIMITS = articles.LIMITS


@dataclass
class Office:
    """A database with two columns, two editors, reviewers of every kind and an administrator."""

    db: Database
    store: AssetStore
    users: dict[str, User] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)
    cover: str = ""

    def fields(self, title: str = "网格里的一天", *, column: str = "news", **changes: Any) -> Fields:
        """The fields of an article that nobody would object to."""
        with self.db.read_scope() as session:
            return articles.fields(session, title, column=column, **changes)

    def do(self, act: Callable[[Session], Article]) -> Article:
        """One act in one transaction, as a view or a command would do it."""
        with self.db.session_scope() as session:
            article = act(session)
            session.refresh(article)
        return article

    def draft(self, *, by: str = "editor", **fields: Any) -> Article:
        """A new draft."""
        return self.do(lambda s: drafting.create(s, self.users[by], self.fields(**fields), at=clock.now()))

    def save(
        self, article: Article, *, by: str = "editor", version: int | None = None, **changes: object
    ) -> Article:
        """Save an edit over ``version`` (default: the one in hand)."""
        fields = replace(revisions.fields_of(article), **changes)  # type: ignore[arg-type]
        return self.do(
            lambda s: drafting.save(
                s,
                article.id,
                self.users[by],
                fields,
                expected_version=version or article.version,
                limits=LIMITS,
                at=clock.now(),
            )
        )

    def submit(self, article: Article, *, by: str = "editor") -> Article:
        """Hand in for review."""
        return self.do(lambda s: review.submit(s, article.id, self.users[by], limits=LIMITS, at=clock.now()))

    def approve(
        self, article: Article, *, by: str, seen: str | None = None, stage: int | None = None
    ) -> Article:
        """Approve the awaited stage, having seen the content with this hash."""
        return self.do(
            lambda s: review.approve(
                s,
                article.id,
                self.users[by],
                limits=Limits(),
                expected_hash=seen,
                expected_stage=stage,
                at=clock.now(),
            )
        )

    def send_back(self, article: Article, *, by: str, reason: str = "标题与正文不符") -> Article:
        """Return for changes."""
        return self.do(
            lambda s: review.send_back(s, article.id, self.users[by], reason=reason, at=clock.now())
        )

    def approved(self, **fields: Any) -> Article:
        """An article that three people approved."""
        return self.approved_by("first", "second", "third", **fields)

    def approved_by(self, *names: str, by: str = "editor", **fields: Any) -> Article:
        """An article of ``by`` that these people approved."""
        article = self.submit(self.draft(by=by, **fields))
        for name in names:
            article = self.approve(article, by=name)
        return article

    def now(self, article: Article) -> Article:
        """The article as it is stored, with its reviews."""
        with self.db.read_scope() as session:
            return finding.get(session, article.id, full=True)


def furnish(db: Database, settings: Settings) -> Office:
    """Put an office into an empty database."""
    privacy = settings.privacy
    sealed.use(sealed.Keyring(field_keys(privacy.field_keys), index_key(privacy.index_key)))
    office = Office(db, AssetStore(settings.data_dir))
    people = [
        ("editor", "editor", None), ("colleague", "editor", None), ("admin", "admin", None), ("auditor", "auditor", None),
        *((name, "reviewer", None) for name in accounts.REVIEWERS), ("only2", "reviewer", 2),
    ]  # fmt: skip
    with db.session_scope() as session:
        for name, role, stage in people:
            office.users[name] = accounts.account(session, name, role, stage=stage)
        office.columns = {column.key: column.id for column in columns.ensure_defaults(session)}
    office.cover = articles.cover(db, settings.data_dir)
    return office


@pytest.fixture
def office(settings: Settings) -> Iterator[Office]:
    """A furnished office on a fresh database."""
    db = Database(settings.database.url)
    yield furnish(db, settings)
    db.close()
