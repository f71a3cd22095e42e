"""How long somebody still has to wait: never longer than the configured length, whatever a clock said meanwhile."""

from __future__ import annotations

from datetime import datetime, timedelta

_SKEW = timedelta(seconds=5)  # what the clocks of two processes may differ by


def left(since: datetime | None, until: datetime | None, at: datetime, longest: timedelta) -> timedelta:
    """What is left at ``at`` of a wait that was set at ``since`` to end at ``until``; zero when it is over.

    A wait that begins in the future was set under a clock that ran ahead: it is void. One without ``since`` is of an older
    version and counts from its end. The answer is never more than ``longest``.
    """
    none = timedelta()
    if until is None or until <= at:
        return none
    if since is None:
        return until - at if until - at <= longest else none
    if since > at + _SKEW:
        return none
    return max(none, min(until - at, since + longest - at, longest))
