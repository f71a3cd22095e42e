"""The one clock: settable and speedable. Latencies and patience do not follow it."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

SHANGHAI = timezone(timedelta(hours=8))  # no summer time since 1991
MAX_SPEED = 600.0


class Clock:
    """`now()` in unix seconds; runs `speed` times as fast as the machine's clock."""

    def __init__(self) -> None:
        self._mono = time.monotonic()
        self._at = time.time()
        self.speed = 1.0

    def now(self) -> float:
        """Unix seconds."""
        return self._at + (time.monotonic() - self._mono) * self.speed

    def set(self, at: float | None = None, speed: float | None = None) -> None:
        """Jump to `at` and/or change the speed.

        Raises ValueError for a speed outside 1 to 600.
        """
        if speed is not None and not 1 <= speed <= MAX_SPEED:
            raise ValueError("speed is 1 to 600")
        here = self.now() if at is None else at
        self._at, self._mono = here, time.monotonic()
        if speed is not None:
            self.speed = float(speed)

    def real_seconds(self, until: float) -> float:
        """How long, in real seconds, until the clock shows `until` (0 when past)."""
        return max(0.0, (until - self.now()) / self.speed)

    def state(self) -> dict[str, Any]:
        """The wire format of `/_sandbox/clock`."""
        at = datetime.fromtimestamp(self.now(), UTC)
        return {"at": at.isoformat(timespec="microseconds"), "speed": self.speed}

    def save(self) -> dict[str, float]:
        """What a restart needs to go on as if it had never stopped."""
        return {"at": self.now(), "wall": time.time(), "speed": self.speed}

    def load(self, saved: dict[str, float]) -> None:
        """Go on from `save()`."""
        gone = (time.time() - saved["wall"]) * saved["speed"]
        self.set(saved["at"] + max(0.0, gone), saved["speed"])


def shanghai(at: float) -> datetime:
    """`at` (unix seconds) in Shanghai."""
    return datetime.fromtimestamp(at, SHANGHAI)


def day_of(at: float) -> str:
    """The Shanghai day, `2026-11-24`."""
    return shanghai(at).strftime("%Y-%m-%d")


def month_of(at: float) -> str:
    """The Shanghai month, `2026-11`."""
    return shanghai(at).strftime("%Y-%m")


def day_start(day: str) -> float:
    """Unix seconds of 00:00 Shanghai on `day`; raises ValueError for a wrong date."""
    parsed = date.fromisoformat(day)
    return datetime(parsed.year, parsed.month, parsed.day, tzinfo=SHANGHAI).timestamp()


def iso(at: float) -> str:
    """A moment in seconds since 1970 as ISO 8601 in UTC."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")
