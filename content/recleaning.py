"""Cleaning stored bodies anew after the rules of :mod:`content.allowed` became stricter.

Every article remembers by which edition of the rules its body was cleaned, so the work may be stopped at any moment and goes on
where it was. An article that nothing changes in is only marked. A changed one that has not gone out is a draft again, since what
was approved is no longer what is there; one that has gone out keeps hash and approvals, and a revision says what was done.
Reading is safe meanwhile: bodies are held against the rules whenever they are compiled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from content import cleaning, revisions
from content.allowed import RULES
from content.life import ARTICLE, WENT_OUT
from content.lifecycle import OUT_OF_QUEUE, void_reviews
from content.revisions import content_hash, fields_of
from database import claims
from database.moving import move
from models import Article

NOTE = "系统按新规则清理正文中的不安全内容"
NOTE_OUT = f"{NOTE}，原审核结论和内容指纹不变"


@dataclass(frozen=True)
class Due:
    """An article whose body was not cleaned by the present rules, and the body as it was read."""

    id: int
    version: int
    body: str


@dataclass(frozen=True)
class Cleaned:
    """The same with what the rules leave of it."""

    due: Due
    body: str

    @property
    def differs(self) -> bool:
        """Whether anything had to go."""
        return self.body != self.due.body


@dataclass(frozen=True)
class Change:
    """An article that was changed: its status before and after."""

    id: int
    title: str
    before: str
    after: str
    version: int


def due_count(session: Session) -> int:
    """How many articles wait for their cleaning."""
    waiting = sa.select(sa.func.count()).select_from(Article).where(Article.cleaned_by_rules < RULES)
    return session.scalar(waiting) or 0


def due(session: Session, *, after: int = 0, most: int = 50) -> list[Due]:
    """The next ones behind the article with the id ``after``."""
    query = (
        sa.select(Article.id, Article.version, Article.html)
        .where(Article.cleaned_by_rules < RULES, Article.id > after)
        .order_by(Article.id)
        .limit(most)
    )
    return [Due(*row) for row in session.execute(query)]


def cleaned(one: Due) -> Cleaned:
    """Clean a body; takes some milliseconds and needs no session."""
    return Cleaned(one, cleaning.clean(one.body))


def keep(session: Session, made: Sequence[Cleaned], *, at: datetime) -> list[Change]:
    """Store cleaned bodies; which of them changed. Nothing becomes of one that somebody saved meanwhile (and so cleaned)."""
    changes = [change for one in made if (change := _keep(session, one, at=at)) is not None]
    for change in changes:  # behind all changes: an entry holds the chain's lock until the commit
        _note(session, change, at=at)
    return changes


def _keep(session: Session, made: Cleaned, *, at: datetime) -> Change | None:
    if not made.differs:
        _change(session, made)
        return None
    article = session.get_one(Article, made.due.id, populate_existing=True)
    before, went_out = article.status, article.status in WENT_OUT or article.published_at is not None
    fields = replace(fields_of(article), html=made.body)
    values: dict[str, Any] = {"html": made.body, "version": made.due.version + 1, "updated_at": at}
    if not went_out:
        values |= {"hash": content_hash(fields), "stage": 0, **OUT_OF_QUEUE}
    if not _change(session, made, **values):
        session.expire(article)
        return None
    if not went_out:
        move(session, Article, article.id, ARTICLE.step("article.reclean"))  # what was put away stays so
        void_reviews(session, article.id)
    session.expire(article)
    note = NOTE_OUT if went_out else NOTE
    revisions.keep(session, article.id, made.due.version + 1, fields, None, note=note, at=at)
    return Change(article.id, article.title, before, article.status, article.version)


def _note(session: Session, change: Change, *, at: datetime) -> None:
    audit.record(
        session,
        "article.reclean",
        at=at,
        actor="系统",
        subject=f"article:{change.id}",
        detail={"reason": NOTE, "before": change.before, "after": change.after, "version": change.version},
    )


def _change(session: Session, made: Cleaned, **values: Any) -> bool:
    as_read = [
        Article.id == made.due.id, Article.version == made.due.version, Article.cleaned_by_rules < RULES,
    ]  # fmt: skip
    return claims.change(session, Article, as_read, cleaned_by_rules=RULES, **values) == 1
