"""Each night the followers and their tags are held against WeChat's own lists, and what differs is mended.

A tag that somebody changed on WeChat's site, or an event that never came, would otherwise send a push to the wrong people.
"""

from __future__ import annotations

import threading
import time

import structlog

from community import follower_sync, sync_runs
from ground import clock
from ground.errors import PioneerError
from runtime import Runtime
from scheduler import instance

log = structlog.get_logger(__name__)

_FROM_HOUR, _TO_HOUR = 3, 6
"""In Shanghai, when nobody is sent anything."""
_BY = "夜间核对"
_LOOK_EVERY_S = 60.0


class NightlySync:
    """A chore of the scheduler: once a night by the product's clock, by one of any number, in a thread beside the tick.

    A run whose process has died is gone on with by whoever looks next, as long as it is night.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._own = instance.fingerprint(runtime.settings)
        self._looked_at: float | None = None
        self._thread: threading.Thread | None = None

    def __call__(self) -> None:
        """Begin or go on, where it is night and that was not done yet."""
        now, here = clock.to_shanghai(clock.now()), time.monotonic()
        if not _FROM_HOUR <= now.hour < _TO_HOUR or (self._thread is not None and self._thread.is_alive()):
            return
        if self._looked_at is not None and here - self._looked_at < _LOOK_EVERY_S:
            return
        self._looked_at = here
        with self._runtime.db.read_scope() as session:
            may = instance.registered(session, self._own) and sync_runs.wanted(session, clock.now())
        if may:
            self._thread = threading.Thread(target=self.work, name="nightly-sync", daemon=True)
            self._thread.start()

    def work(self) -> None:
        """Pull the lists and mend what differs; what came of it is kept with the run."""
        try:
            report = follower_sync.at_night(self._runtime.db, self._runtime.client, actor=_BY)
        except PioneerError as error:
            log.warning("nightly_sync_failed", reason=error.message)
            return
        if report is not None:
            log.info("nightly_sync", **report.as_dict())
