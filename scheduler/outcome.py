"""What becomes of a delivery whose call did not succeed. The table of reactions decides; here it is turned into rows.

An error answer is a certain "not done" of *this* call. Where an earlier call of the same key is still unknown, it stays unknown.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from ground.errors import PioneerError, Unavailable, WeChatError
from scheduler.roads import Road
from settings import Settings
from wechat.outbound.errors import back_off_s, rest_until

SAME_KEY_TOO_SOON = 45066
NO_QUOTA = 45028
MEDIA_GONE = frozenset({40007, 40128})
TAG_GONE = frozenset({40152, 45159})
_MOST_TRIES = 12
_SLOWEST_S = 300.0
_UNAVAILABLE_S = 15.0


class Next(Enum):
    """What the sender does after the delivery was settled."""

    GO_ON = "go on"
    WAIT = "wait"  # this push rests until the delivery is due again
    REDRAFT = "redraft"  # the draft is gone: make it anew, same key
    RETARGET = "retarget"  # the tag is gone: list the openids, new keys
    PAUSE = "pause"  # a person must act first; the delivery stays planned
    STOP = "stop"  # the content is refused: nothing more of this push is sent


@dataclass(frozen=True)
class Outcome:
    """The new state of the delivery. ``due_at`` says when it may be tried again; ``certain`` that this call did nothing."""

    status: str
    after: Next
    certain: bool
    due_at: datetime
    code: int | None
    message: str


def of_failure(
    error: Exception | None, *, road: Road, settings: Settings, attempts: int, first: bool, now: datetime
) -> Outcome:
    """Decide by the reaction that the error carries.

    ``first``: no earlier call with this key is unknown, so a certain "no" clears the row. ``attempts`` counts the calls so far.
    """
    limits = settings.wechat.limits
    gap = now + road.repeat_gap(limits)
    if not isinstance(error, WeChatError):
        if isinstance(error, PioneerError) and isinstance(error, Unavailable):
            again = now + timedelta(seconds=_UNAVAILABLE_S)
            return _unsent(first, gap, Next.WAIT, again, None, error.message)
        return Outcome("unknown", Next.WAIT, False, gap, None, "调用中断，结果待核对")
    kind, _, detail = error.reaction.partition("(")
    detail = detail.rstrip(")")
    code, message = error.code, error.message
    if code == SAME_KEY_TOO_SOON:
        return Outcome("unknown", Next.WAIT, False, gap, code, message)
    if kind == "unknown-reconcile":
        return Outcome("unknown", Next.WAIT, False, gap, code, message)
    if code in MEDIA_GONE or (kind == "replan" and code not in TAG_GONE):
        after = Next.REDRAFT if road.needs_draft and attempts < _MOST_TRIES else Next.STOP
        if after is Next.REDRAFT:
            return _unsent(first, now, after, now, code, message)
        return Outcome("failed", Next.GO_ON, True, now, code, message)
    if code in TAG_GONE:
        return Outcome("failed" if first else "unknown", Next.RETARGET, True, gap, code, message)
    if kind == "back-off-and-retry":
        if attempts >= _MOST_TRIES:
            return _unsent(first, gap, Next.PAUSE, now, code, message)
        wait_s = max(float(getattr(error, "wait_s", 0.0)), min(_SLOWEST_S, back_off_s(attempts)))
        if code in (42010,):
            wait_s = limits.mass_batch_gap_s
        return _unsent(first, gap, Next.WAIT, now + timedelta(seconds=wait_s), code, message)
    if kind == "wait-for-quota":
        if code == NO_QUOTA:
            return _unsent(first, gap, Next.PAUSE, now, code, message)
        return _unsent(first, gap, Next.WAIT, rest_until(detail, now), code, message)
    if kind in ("stop-and-alert-admin", "refresh-token-once"):
        return _unsent(first, gap, Next.PAUSE, now, code, message)
    if not first:
        # An earlier call may have been taken: this refusal says nothing about it.
        return Outcome("unknown", Next.WAIT, False, gap, code, message)
    if kind == "fix-content":
        return Outcome("failed", Next.STOP, True, now, code, message)
    reason = f"{message}（{detail}）" if kind == "drop-recipient" and detail else message
    return Outcome("failed", Next.GO_ON, True, now, code, reason)


def _unsent(
    first: bool, gap: datetime, after: Next, due_at: datetime, code: int | None, message: str
) -> Outcome:
    """This call did nothing: the delivery waits as it was before it."""
    if first:
        return Outcome("planned", after, True, due_at, code, message)
    return Outcome("unknown", after, False, max(gap, due_at), code, message)
