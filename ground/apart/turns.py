"""Who may have a child just now: few at a time, so that the callback always finds a core, and a short queue before them."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from ground.errors import Unavailable


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


class Lane:
    """``places`` jobs at a time; at most ``queue`` more wait, each ``patience_s`` at most."""

    def __init__(self, places: int, queue: int, patience_s: float, busy: str) -> None:
        self._places = threading.BoundedSemaphore(places)
        self._guard = threading.Lock()
        self._waiting = 0
        self._queue = queue
        self._patience_s = patience_s
        self._busy = busy

    @contextmanager
    def turn(self) -> Iterator[None]:
        """Hold a place. Raises :class:`errors.Unavailable` where the queue is long or does not move."""
        if not self._places.acquire(blocking=False):
            self._wait()
        try:
            yield
        finally:
            self._places.release()

    def _wait(self) -> None:
        until = time.monotonic() + self._patience_s
        with self._guard:
            if self._waiting >= self._queue:
                raise Unavailable(self._busy)
            self._waiting += 1
        try:
            if not self._places.acquire(timeout=max(0.0, until - time.monotonic())):
                raise Unavailable(self._busy)
        finally:
            with self._guard:
                self._waiting -= 1


FILES = Lane(max(1, _cores() - 1), 6, 40.0, "正在处理其他文件，请一分钟后再试")
"""What comes in: files, pictures, markup."""
EXPORTS = Lane(1, 3, 120.0, "正在生成其他表格，请一分钟后再试")
"""What goes out: tables of many rows. One at a time, and none keeps an editor's picture waiting."""
VIEWS = Lane(1, 2, 5.0, "正在处理其他图片，请稍后再试")
"""What readers look at: few wait, for each holds one of the server's threads; the others get the thing as it is."""
