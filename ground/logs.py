"""Logs: JSON lines on standard error, ids and counts only; never names, phones, tokens or what people wrote.

The same line comes at most so often a minute: nobody, whatever he does from outside, fills the disk or hides what matters among
repeats. The next one that is let through tells how many were left out.
"""

from __future__ import annotations

import logging
import sys
import threading
import time
from collections.abc import MutableMapping
from typing import Any

import structlog

MOST_A_MINUTE = 60
_MOST_KINDS = 1000


class Bound:
    """Counts lines by kind and minute of real time."""

    def __init__(self, most: int = MOST_A_MINUTE) -> None:
        self._most = most
        self._guard = threading.Lock()
        self._seen: dict[str, tuple[int, int]] = {}  # kind → (minute, how many came in it)

    def admit(self, kind: str) -> int | None:
        """None for a line that is one too many, else how many of its kind were left out before it."""
        minute = int(time.monotonic() // 60)
        with self._guard:
            if len(self._seen) > _MOST_KINDS:
                self._seen.clear()
            began, count = self._seen.get(kind, (minute, 0))
            left_out = max(0, count - self._most) if began != minute else 0
            count = 1 if began != minute else count + 1
            self._seen[kind] = (minute, count)
        return left_out if count <= self._most else None


class _BoundFilter(logging.Filter):
    """For the standard library's loggers: a kind is a logger with the text before its values are filled in."""

    def __init__(self, bound: Bound) -> None:
        super().__init__()
        self._bound = bound

    def filter(self, record: logging.LogRecord) -> bool:
        left_out = self._bound.admit(f"{record.name}:{record.levelno}:{str(record.msg)[:80]}")
        if left_out:
            record.msg = f"{record.msg} (+{left_out} left out)"
        return left_out is not None


def _bound_processor(bound: Bound) -> Any:
    def admit(_logger: Any, level: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
        left_out = bound.admit(f"{level}:{event.get('event')}")
        if left_out is None:
            raise structlog.DropEvent
        if left_out:
            event["left_out"] = left_out
        return event

    return admit


def configure(level: int = logging.INFO) -> None:
    """Set up structlog and the standard library's logging for a serving process."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            _bound_processor(Bound()),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(
        level=logging.WARNING, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s", force=True
    )
    logging.getLogger("pioneer").setLevel(level)
    for handler in logging.getLogger().handlers:
        handler.addFilter(_BoundFilter(Bound()))
    for noisy in ("apscheduler", "dramatiq", "urllib3", "alembic"):
        logging.getLogger(noisy).setLevel(logging.ERROR)
