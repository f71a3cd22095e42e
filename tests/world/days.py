"""Days by the real clock, for tests that type a moment into a form or a command."""

from __future__ import annotations

from ground import clock

NEXT_YEAR = clock.shanghai_day(clock.now()).year + 1

__all__ = ["NEXT_YEAR"]
