"""Filling the index of articles: after an upgrade or a restore by itself, and by ``flask search rebuild``.

A transaction for some articles each, so that it may be stopped at any moment and goes on where it was; whoever saves meanwhile
indexes what they save.
"""

from __future__ import annotations

import time
from collections.abc import Iterator

import structlog

from content.search import index
from database.session import Database
from ground import faultpoints

log = structlog.get_logger(__name__)

_BATCH = 40
_SHARE_S = 0.3
_EVERY_S = 3600.0


def steps(db: Database, *, anew: bool = False) -> Iterator[index.Standing]:
    """Index what is missing, batch by batch; how it stands, at the beginning and after each. ``anew``: all of it.

    An index by another edition of the rules is emptied first, as nothing of it can be taken back singly.
    """
    with db.read_scope() as session:
        found, outdated = index.standing(session), index.is_outdated(session)
    if anew or outdated:
        with db.session_scope() as session:
            index.empty(session)
        found = index.Standing(found.articles, found.articles)
    yield found
    after, missing = 0, found.missing
    while missing > 0:
        with db.session_scope() as session:
            filled = index.fill(session, after=after, most=_BATCH)
        faultpoints.reach("search.batch")
        if not filled:
            return  # what is left is being saved just now, or came meanwhile: both index themselves
        after, missing = filled[-1], missing - len(filled)
        yield index.Standing(found.articles, max(0, missing))


class Indexing:
    """The filling as a chore of the scheduler: at its start, then once an hour of real time; a third of a second a call."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._run: Iterator[index.Standing] | None = None
        self._begun_at: float | None = None
        self._filled = False

    def __call__(self) -> None:
        """Fill where it is time, or go on with what was begun."""
        began = time.monotonic()
        if self._run is None:
            if self._begun_at is not None and began - self._begun_at < _EVERY_S:
                return
            self._begun_at, self._filled = began, False
            self._run = steps(self._db)
        for found in self._run:
            if found.missing:
                self._filled = True
            if time.monotonic() - began >= _SHARE_S:
                return
        self._run = None
        if self._filled:
            log.info("search_index_filled")
