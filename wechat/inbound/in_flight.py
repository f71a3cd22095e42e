"""Which messages are at work in this process, so that a repeat waits for its first and is not lost when it
gives up.
"""

from __future__ import annotations

import threading


class Work:
    """One message at work. ``owed``: a repeat gave up waiting, so the reply must follow on another road."""

    __slots__ = ("_ended", "_guard", "_over", "owed")

    def __init__(self, guard: threading.Lock) -> None:
        self._guard = guard
        self._ended: threading.Event | None = None
        self._over = False
        self.owed = False

    def wait(self, patience_s: float) -> bool:
        """Whether it ended within ``patience_s``; if not, the reply is owed from now on."""
        with self._guard:
            if self._over:
                return True
            if self._ended is None:
                self._ended = threading.Event()
            ended = self._ended
        if ended.wait(patience_s):
            return True
        with self._guard:
            self.owed = not self._over
        return self._over

    def settle(self) -> bool:
        """Called before the commit: from now on nobody gives up. Whether somebody has."""
        with self._guard:
            self._over = True
            return self.owed

    def end(self) -> None:
        """Called after the commit, or after a failure: whoever waits may look."""
        with self._guard:
            self._over = True
            ended = self._ended
        if ended is not None:
            ended.set()


class InFlight:
    """The messages at work, by key."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._in_flight: dict[str, Work] = {}

    def enter(self, key: str) -> tuple[Work, bool]:
        """The work of this key, and whether it is the caller's to do."""
        with self._guard:
            work = self._in_flight.get(key)
            if work is not None:
                return work, False
            work = self._in_flight[key] = Work(self._guard)
            return work, True

    def leave(self, key: str, work: Work) -> None:
        """The caller's own work is over, however it ended."""
        with self._guard:
            self._in_flight.pop(key, None)
        work.end()
