"""The retention job: what must not be kept any longer is removed, kind by kind, batch by batch.

A run may be killed anywhere: each batch is a transaction of its own, and the next run goes on. The table of what goes when stands
in :mod:`operations.retention`.
"""

from __future__ import annotations

import time
from datetime import datetime

import structlog

from database.session import Database
from ground import clock, faultpoints
from operations import sweeps
from operations.retention import KINDS, Kind
from operations.sweeps import Moment
from settings import Settings

log = structlog.get_logger(__name__)

_EVERY_S = 3600.0
_FILES_EVERY_S = 60.0


class Housekeeping:
    """:func:`clean` as a chore of the scheduler: at its start, then once an hour of real time; files each minute."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._done_at: float | None = None
        self._files_at: float | None = None

    def __call__(self) -> None:
        """Clean where it is time."""
        now = time.monotonic()
        if self._done_at is None or now - self._done_at >= _EVERY_S:
            self._done_at = self._files_at = now
            clean(self._db, self._settings, clock.now())
        elif self._files_at is None or now - self._files_at >= _FILES_EVERY_S:
            self._files_at = now
            for kind in KINDS:
                if kind.in_files and kind.sweep is not None:
                    kind.sweep.step(self._db, Moment(self._settings, clock.now()), kind.name)


def clean(db: Database, settings: Settings, now: datetime) -> dict[str, int]:
    """Remove what is due at ``now``; how many of each kind. One that fails is logged and keeps no other from its turn."""
    at = Moment(settings, now)
    removed: dict[str, int] = {}
    for kind in KINDS:
        if kind.sweep is None:
            continue
        try:
            removed[kind.name] = _clean(db, at, kind)
        except Exception:
            log.exception("retention_failed", kind=kind.name)
    if any(removed.values()):
        log.info("retention", **{name: count for name, count in removed.items() if count})
        db.empty_log()
    return removed


def _clean(db: Database, at: Moment, kind: Kind) -> int:
    assert kind.sweep is not None
    with db.session_scope() as session:
        sweeps.begin(session, kind.name, at.now)
    removed = 0
    while count := kind.sweep.step(db, at, kind.name):
        removed += count
        faultpoints.reach("retention.batch")
    with db.session_scope() as session:
        sweeps.finish(session, kind.name, clock.now())
    return removed
