"""Each night the followers and their tags are held against WeChat's own lists, and what differs is mended.

A tag that somebody changed on WeChat's site, or an event that never came, would otherwise send a push to the wrong people.
"""

from __future__ import annotations

import threading
from datetime import date

import structlog

from community import follower_sync, followers
from ground import clock
from ground.errors import PioneerError
from runtime import Runtime
from scheduler import instance

log = structlog.get_logger(__name__)

_FROM_HOUR, _TO_HOUR = 3, 6
"""In Shanghai, when nobody is sent anything."""
_BY = "夜间核对"


class NightlySync:
    """A chore of the scheduler: once a night by the product's clock, by one of any number, in a thread beside the tick."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._own = instance.fingerprint(runtime.settings)
        self._tried: date | None = None
        self._thread: threading.Thread | None = None

    def __call__(self) -> None:
        """Begin, where it is night and nobody has begun yet."""
        now = clock.to_shanghai(clock.now())
        if not _FROM_HOUR <= now.hour < _TO_HOUR or self._tried == now.date():
            return
        self._tried = now.date()
        with self._runtime.db.session_scope() as session:
            mine = instance.registered(session, self._own) and followers.begin_night(session, clock.now())
        if mine:
            self._thread = threading.Thread(target=self.work, name="nightly-sync", daemon=True)
            self._thread.start()

    def work(self) -> None:
        """Pull the lists, mend what differs, and keep what came of it."""
        db = self._runtime.db
        try:
            report = follower_sync.sync(db, self._runtime.client, actor=_BY)
        except PioneerError as error:
            log.warning("nightly_sync_failed", reason=error.message)
            with db.session_scope() as session:
                followers.note_sync(session, clock.now(), by=_BY, error=error.message)
            return
        with db.session_scope() as session:
            followers.note_sync(session, clock.now(), by=_BY, drift=report.tag_changes)
        log.info("nightly_sync", **report.as_dict())
