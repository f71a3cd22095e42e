"""A lock that is got in the order in which it was asked for.

The interpreter's own locks go to whoever grabs first: a thread that lets go and asks again at once keeps all others out.
"""

from __future__ import annotations

import threading
from collections import deque


class _Waiter:
    __slots__ = ("thread", "turn")

    def __init__(self, thread: int) -> None:
        self.thread = thread
        self.turn = threading.Lock()
        self.turn.acquire()


class Turns:
    """Held by one thread at a time, which may take it again while it has it; then it goes to the one who has waited longest."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._holder = 0  # id of a thread; 0: free, and nobody waits
        self._depth = 0
        self._waiting: deque[_Waiter] = deque()

    def acquire(self, timeout_s: float = -1) -> bool:
        """Whether it was got within ``timeout_s`` (below zero: waits for ever)."""
        me = threading.get_ident()
        if self._holder == me:
            self._depth += 1
            return True
        with self._guard:
            if self._holder == 0:
                self._holder, self._depth = me, 1
                return True
            waiter = _Waiter(me)
            self._waiting.append(waiter)
        try:
            if waiter.turn.acquire(timeout=timeout_s if timeout_s >= 0 else -1):
                return True
        except BaseException:  # a signal, on the main thread
            if not self._leave(waiter):
                self.release()
            raise
        return not self._leave(waiter)

    def release(self) -> None:
        """Let go; ``RuntimeError`` for a thread that does not hold it."""
        if self._holder != threading.get_ident():
            raise RuntimeError("released by a thread that does not hold it")
        self._depth -= 1
        if self._depth:
            return
        with self._guard:
            if self._waiting:
                waiter = self._waiting.popleft()
                self._holder, self._depth = waiter.thread, 1
                waiter.turn.release()
            else:
                self._holder = 0

    def _leave(self, waiter: _Waiter) -> bool:
        """Wait no longer; False if it has become the waiter's meanwhile."""
        with self._guard:
            try:
                self._waiting.remove(waiter)
            except ValueError:
                return False
            return True
