"""What happens when: atomic changes, what follows them, and jobs that fall due by the local WeChat's own clock."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from .clock import Clock
from .store import Store

if TYPE_CHECKING:
    from .platform import Sandbox

logger = logging.getLogger("localwechat")

JobHandler = Callable[["Sandbox", dict[str, Any]], None]
JOBS: dict[str, JobHandler] = {}


def job(kind: str) -> Callable[[JobHandler], JobHandler]:
    """Register what is done when a job of this kind falls due."""

    def register(handler: JobHandler) -> JobHandler:
        JOBS[kind] = handler
        return handler

    return register


class Work:
    """The store, the clock, and one thread for what falls due. Whatever changes something does it inside `unit()`."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.clock = Clock()
        self._local = threading.local()
        self._wake = threading.Condition()
        self._stopped = threading.Event()
        self._ticker: threading.Thread | None = None

    def start(self) -> None:
        """Start the thread that does what falls due."""
        if self._ticker is None:
            self._ticker = threading.Thread(target=self._loop, name="sandbox-jobs", daemon=True)
            self._ticker.start()

    def stop(self) -> None:
        """End the thread."""
        self._stopped.set()
        self.poke()
        if self._ticker is not None:
            self._ticker.join(2)

    def save_clock(self) -> None:
        """Keep the clock for a restart."""
        self.store.put("clock", self.clock.save())

    @contextmanager
    def unit(self) -> Iterator[None]:
        """One atomic change; what was `defer`red inside runs after it is kept."""
        depth: int = getattr(self._local, "depth", 0)
        if not depth:
            self._local.deferred = []
        self._local.depth = depth + 1
        done: list[Callable[[], None]] = []
        try:
            mark = len(self._local.deferred)
            try:
                with self.store.tx():
                    yield
            except BaseException:
                del self._local.deferred[mark:]
                raise
        finally:
            self._local.depth -= 1
            if not self._local.depth:
                done, self._local.deferred = self._local.deferred, []
        for action in done:
            action()

    def defer(self, action: Callable[[], None]) -> None:
        """Do it after the present unit is kept (at once outside of one)."""
        if getattr(self._local, "depth", 0):
            self._local.deferred.append(action)
        else:
            action()

    def now(self) -> float:
        """The sandbox's time, unix seconds."""
        return self.clock.now()

    def schedule(self, kind: str, delay_s: float, data: dict[str, Any]) -> int:
        """Do a job when the sandbox's clock has moved on by `delay_s`."""
        number = self.store.insert(
            "INSERT INTO jobs (due, kind, data) VALUES (?, ?, ?)",
            (self.now() + delay_s, kind, json.dumps(data, ensure_ascii=False)),
        )
        self.defer(self.poke)
        return number

    def poke(self) -> None:
        """Look again at what is due."""
        with self._wake:
            self._wake.notify_all()

    def _loop(self) -> None:
        saved = time.monotonic()
        while not self._stopped.is_set():
            try:
                busy = self.run_due()
                if time.monotonic() - saved > 5:
                    saved = time.monotonic()
                    self.save_clock()
            except Exception:
                if self._stopped.is_set():
                    return
                logger.exception("a job failed")
                busy = False
            if busy:
                continue
            with self._wake:
                if self._stopped.is_set():
                    return
                due = self.store.value("SELECT min(due) FROM jobs")
                wait = 0.5 if due is None else min(0.5, self.clock.real_seconds(due))
                if wait > 0:
                    self._wake.wait(max(wait, 0.001))

    def run_due(self) -> bool:
        """Do the jobs that are due, each in a unit of its own; tell whether there were any."""
        jobs = self.store.rows(
            "SELECT id, kind, data FROM jobs WHERE due <= ? ORDER BY due, id LIMIT 200", (self.now(),)
        )
        for number, kind, data in jobs:
            try:
                with self.unit():
                    if self.store.run("DELETE FROM jobs WHERE id = ?", (number,)):
                        JOBS[kind](cast("Sandbox", self), json.loads(data))
            except Exception:
                logger.exception("job %s failed", kind)
                self.store.run("DELETE FROM jobs WHERE id = ?", (number,))
        return bool(jobs)
