"""How long a body is waited for: every read is counted, and what is overdue is answered 408 and hung up on."""

from __future__ import annotations

import threading
import time
from collections import Counter
from typing import Any

import structlog
from prometheus_client import Counter as Metric

from cli import connections

log = structlog.get_logger(__name__)

STALLS = Metric("pioneer_stalled_bodies", "Requests whose body did not come in time", ("kind",))
_LOOK_S = 0.25
_PRESSED = (
    24  # so many reads at once are no chance; an honest sender's few kilobytes are here within a second
)
_PRESSED_S = 1.0


class Body:
    """A request's body, of which each read is waited for ``patience_s`` at most: then it ends, as if the sender had left."""

    __slots__ = ("_input", "_patience", "address", "answer", "kind", "patience_s", "since")

    def __init__(self, environ: dict[str, Any], patience: Patience, kind: str, patience_s: float) -> None:
        self._input = environ["wsgi.input"]
        self._patience = patience
        self.address: str = environ.get("REMOTE_ADDR", "")
        self.answer = environ[connections.PROTOCOL].response_bytes
        self.kind = kind
        self.patience_s = patience_s
        self.since = 0.0

    def read(self, size: int | None = None) -> bytes:
        """As WSGI has it."""
        self.since = time.monotonic()
        reads = self._patience.reads
        reads[id(self)] = self
        try:
            data: bytes = self._input.read(size)
            return data
        finally:
            reads.pop(id(self), None)


class Patience:
    """The reads of one process."""

    def __init__(self) -> None:
        self.reads: dict[int, Body] = {}
        threading.Thread(target=self._watch, name="patience", daemon=True).start()

    def reading(self, kind: str) -> int:
        """How many bodies of this kind are being waited for."""
        return sum(body.kind == kind for body in tuple(self.reads.values()))

    def _watch(self) -> None:
        connections.refuse_slow_readers()
        while True:
            time.sleep(_LOOK_S)
            if self.reads:
                try:
                    self._look(time.monotonic())
                except Exception:
                    log.exception("stalled bodies could not be ended")

    def _look(self, now: float) -> None:
        reads = list(self.reads.items())
        most = _PRESSED_S if len(reads) > _PRESSED else float("inf")
        overdue = [(key, body) for key, body in reads if now - body.since > min(body.patience_s, most)]
        if not overdue:
            return
        for key, _ in overdue:
            self.reads.pop(key, None)
        ended = connections.end([connections.Stalled(body.address, body.answer) for _, body in overdue])
        for kind, count in Counter(body.kind for _, body in overdue).items():
            STALLS.labels(kind).inc(count)
        log.warning("bodies did not come", requests=len(overdue), ended=ended)
