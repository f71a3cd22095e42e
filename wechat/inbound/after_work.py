"""What the callback leaves for later: the spool, and replies promised when a repeat gave up waiting.

A thread that lives only while there is something to do; several processes may have one, they do not disturb
each other.
"""

from __future__ import annotations

import threading

import structlog

from database.spoolfile import Line
from wechat.inbound.reception import Reception
from wechat.inbound.spool import Spool

log = structlog.get_logger(__name__)

_PAUSE_S = 1.0


class AfterWork:
    """InFlight off the spool and the promises of one process."""

    def __init__(self, reception: Reception, spool: Spool) -> None:
        self._reception = reception
        self._spool = spool
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._asked = False
        self._promised = True  # an earlier process may have left some

    def keep(self, line: Line) -> None:
        """Spool a message (on disk when this returns, ``OSError`` where that fails) and see to it."""
        self._spool.append(line)
        self.wake()

    def promise(self) -> None:
        """A reply was promised: see to it."""
        self._promised = True
        self.wake()

    def wake(self) -> None:
        """Make sure that somebody works."""
        with self._guard:
            self._asked = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="callback-after-work", daemon=True)
                self._thread.start()

    def run(self) -> bool:
        """One round; whether there is nothing left to do."""
        replayed = self._spool.replay(self._reception)
        if replayed.done or replayed.aside:
            log.info("spool replayed", done=replayed.done, failed=replayed.failed, aside=replayed.aside)
        if self._promised:
            self._promised = self._reception.settle_promises() > 0
        return self._spool.is_empty() and not self._promised

    def _work(self) -> None:
        pause = threading.Event()
        while True:
            with self._guard:
                self._asked = False
            try:
                over = self.run()
            except self._reception.outages:
                over = False
            except Exception:
                log.exception("callback_after_work_failed")
                over = False
            with self._guard:
                if over and not self._asked:
                    self._thread = None
                    return
            if not over:
                pause.wait(_PAUSE_S)
