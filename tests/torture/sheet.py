"""What lies in the tables at one moment, as far as the life of an article goes: plain rows, read by plain SQL."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

Text = tuple[Any, ...]


class Line(NamedTuple):
    """An article. ``text`` is all that a reader or a list shows of it."""

    id: int
    status: str
    stage: int
    review_stages: int | None
    hash: str
    version: int
    column: int
    author: int
    place: int | None
    published_at: Any
    text: Text


class Decision(NamedTuple):
    """A review that counts."""

    article: int
    stage: int
    person: int
    instead_of: int | None
    hash: str
    release: int | None


class Urgent(NamedTuple):
    """A 紧急签发."""

    id: int
    article: int
    status: str
    hash: str
    first: int
    second: int | None
    first_reason: str
    second_reason: str
    stage: int
    last_stage: int


class Amend(NamedTuple):
    """A 更正 or 撤回."""

    id: int
    article: int
    draft: int | None
    kind: str
    status: str
    asked_by: int


class Person(NamedTuple):
    """An account."""

    id: int
    role: str
    stage: int | None
    active: bool


class Lent(NamedTuple):
    """A 委托 that nobody has ended."""

    id: int
    user: int
    deputy: int
    first_day: str
    last_day: str


class Entry(NamedTuple):
    """A line of the trail."""

    id: int
    user: int | None
    action: str
    subject: str


@dataclass(frozen=True)
class Sheet:
    """All of it. ``named`` are the persons by column and stage, ``stages`` what a column demands."""

    articles: dict[int, Line]
    decisions: dict[int, list[Decision]]
    urgent: dict[int, Urgent]
    amends: dict[int, Amend]
    people: dict[int, Person]
    lent: dict[int, Lent]
    stages: dict[int, int | None]
    named: dict[tuple[int, int], set[int]]
    pushes: dict[int, tuple[Any, ...]]
    holds: dict[int, list[int]]

    def same_as(self, other: Sheet) -> bool:
        """Whether nothing has changed."""
        return all(getattr(self, name) == getattr(other, name) for name in self.__dataclass_fields__)

    def open_amend(self, article: int) -> Amend | None:
        """What is being done about an article."""
        return next(
            (one for one in self.amends.values() if one.article == article and one.status == "open"), None
        )

    def amended_in(self, draft: int) -> Amend | None:
        """The correction that is written in this article."""
        return next((one for one in self.amends.values() if one.draft == draft), None)

    def open_urgent(self, article: int) -> Urgent | None:
        """What two persons do about an article in a hurry."""
        found = (one for one in self.urgent.values() if one.article == article)
        return next((one for one in found if one.status in ("asked", "released")), None)


def read(session: Session) -> Sheet:
    """The tables as they are."""

    def rows(query: str) -> Sequence[Any]:
        return session.execute(sa.text(query)).all()

    found = rows(
        "SELECT id, status, stage, review_stages, hash, version, column_id, created_by, queue_position, published_at,"
        " title, author, digest, html, cover_sha256, cover_square, source_url FROM article"
    )
    decisions: dict[int, list[Decision]] = defaultdict(list)
    for row in rows(
        "SELECT article_id, stage, user_id, instead_of, content_hash, release_id FROM review"
        " WHERE decision = 'approved' AND void IS FALSE ORDER BY id"
    ):
        decisions[row[0]].append(Decision(*row))
    named: dict[tuple[int, int], set[int]] = defaultdict(set)
    for column, stage, person in rows("SELECT column_id, stage, user_id FROM column_reviewer"):
        named[column, stage].add(person)
    holds: dict[int, list[int]] = defaultdict(list)
    for push, article in rows("SELECT push_id, article_id FROM push_article ORDER BY push_id, position"):
        holds[push].append(article)
    urgent = rows(
        "SELECT id, article_id, status, content_hash, first_by, second_by, first_reason, second_reason, stage, last_stage"
        " FROM emergency_release ORDER BY id"
    )
    amends = rows("SELECT id, article_id, draft_id, kind, status, asked_by FROM correction ORDER BY id")
    people = rows('SELECT id, role, stage, active FROM "user"')
    lent = rows(
        "SELECT id, user_id, deputy_id, first_day, last_day FROM handover WHERE ended_at IS NULL ORDER BY id"
    )
    return Sheet(
        {row[0]: Line._make((*row[:10], (row[6], *row[10:]))) for row in found},
        decisions,
        {row[0]: Urgent(*row) for row in urgent},
        {row[0]: Amend(*row) for row in amends},
        {row[0]: Person(row[0], row[1], row[2], bool(row[3])) for row in people},
        {row[0]: Lent(row[0], row[1], row[2], str(row[3]), str(row[4])) for row in lent},
        dict(tuple(row) for row in rows('SELECT id, review_stages FROM "column"')),
        named,
        {row[0]: tuple(row) for row in rows("SELECT id, status, planned_at, due_at FROM push")},
        holds,
    )


def trail(session: Session, after: int) -> list[Entry]:
    """The entries of the trail behind this one."""
    query = sa.text("SELECT id, user_id, action, subject FROM audit_entry WHERE id > :after ORDER BY id")
    return [Entry(*row) for row in session.execute(query, {"after": after})]


def taken(session: Session) -> list[str]:
    """The numbers of the calls that WeChat took, and of which nothing is known yet."""
    query = "SELECT msg_id FROM delivery WHERE status = 'accepted' AND msg_id IS NOT NULL ORDER BY id"
    return list(session.scalars(sa.text(query)))


__all__ = [
    "Amend",
    "Decision",
    "Entry",
    "Lent",
    "Line",
    "Person",
    "Sheet",
    "Text",
    "Urgent",
    "read",
    "taken",
    "trail",
]
