"""The retention job: what must not be kept any longer is removed, kind by kind, batch by batch.

A run may be killed anywhere: each batch is a transaction of its own, and the next run goes on. The table of what goes when stands
in :mod:`operations.retention`.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from datetime import datetime

import structlog

from database.session import Database
from ground import clock, faultpoints
from operations import sweeps
from operations.kept import Kind
from operations.retention import KINDS
from operations.sweeps import Moment, Sweep
from settings import Settings

log = structlog.get_logger(__name__)

_EVERY_S = 3600.0
_FILES_EVERY_S = 60.0
_SHARE_S = 0.5


class Housekeeping:
    """The job as a chore of the scheduler: at its start, then once an hour of real time; files each minute.

    A call takes half a second at most, so that no tick waits for a long run; the next one goes on.
    """

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._run: Iterator[tuple[str, int]] | None = None
        self._begun_at: float | None = None
        self._files_at: float | None = None

    def __call__(self) -> None:
        """Clean where it is time, or go on with what was begun."""
        began = time.monotonic()
        if self._run is None and (self._begun_at is None or began - self._begun_at >= _EVERY_S):
            self._begun_at = self._files_at = began
            self._run = steps(self._db, self._settings, clock.now())
        if self._run is None:
            self._files(began)
            return
        for _ in self._run:
            if time.monotonic() - began >= _SHARE_S:
                return
        self._run = None

    def _files(self, now: float) -> None:
        if self._files_at is not None and now - self._files_at < _FILES_EVERY_S:
            return
        self._files_at = now
        self._db.empty_log()  # what a follower who left has taken along stays readable there otherwise
        for kind in KINDS:
            if kind.in_files and kind.sweep is not None:
                kind.sweep.step(self._db, Moment(self._settings, clock.now()), kind.name)


def clean(db: Database, settings: Settings, now: datetime) -> None:
    """The whole job at once: remove all that is due at ``now``."""
    for _ in steps(db, settings, now):
        pass


def steps(db: Database, settings: Settings, now: datetime) -> Iterator[tuple[str, int]]:
    """The job batch by batch: the kind and how many went. One that fails is logged and keeps no other from its turn."""
    at = Moment(settings, now)
    removed: Counter[str] = Counter()
    for kind in KINDS:
        if kind.sweep is None:
            continue
        try:
            for count in _steps(db, at, kind, kind.sweep):
                removed[kind.name] += count
                yield kind.name, count
        except Exception:
            log.exception("retention_failed", kind=kind.name)
    if removed.total():
        log.info("retention", **{name: count for name, count in removed.items() if count})
        db.empty_log()


def _steps(db: Database, at: Moment, kind: Kind, sweep: Sweep) -> Iterator[int]:
    with db.session_scope() as session:
        sweeps.begin(session, kind.name, at.now)
    while count := sweep.step(db, at, kind.name):
        faultpoints.reach("retention.batch")
        yield count
    with db.session_scope() as session:
        sweeps.finish(session, kind.name, clock.now())
    yield 0
