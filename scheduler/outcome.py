"""What becomes of a delivery whose call did not succeed. The tables of reactions decide; here it is turned into rows.

An error answer is a certain "not done" of *this* call. Where an earlier call of the same key is still unknown, it stays unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from ground.errors import Unavailable
from scheduler.roads import Road
from settings import Settings
from wechat.outbound.failures import CallFailed
from wechat.outbound.reactions import Detail, Kind, Then

MOST_TRIES = 12
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
    """The new state of the delivery. ``due_at`` says when it may be tried again."""

    status: str
    after: Next
    due_at: datetime
    code: int | None
    message: str


@dataclass(frozen=True)
class _Call:
    """A call that failed. ``first``: no earlier call with its key is unknown. ``gap``: when the key may be tried again."""

    failure: CallFailed
    road: Road
    settings: Settings
    attempts: int
    first: bool
    now: datetime
    gap: datetime

    @property
    def exhausted(self) -> bool:
        return self.attempts >= MOST_TRIES

    def unsent(self, after: Next, due_at: datetime) -> Outcome:
        """It did nothing: the delivery waits as it was before."""
        if self.first:
            return self._becomes("planned", after, due_at)
        return self._becomes("unknown", after, max(self.gap, due_at))

    def finished(self, after: Next) -> Outcome:
        """Refused for good. An earlier call may have been taken all the same: this refusal says nothing about it."""
        return self._becomes("failed", after, self.now) if self.first else self.unknown()

    def unknown(self) -> Outcome:
        return self._becomes("unknown", Next.WAIT, self.gap)

    def _becomes(self, status: str, after: Next, due_at: datetime) -> Outcome:
        return Outcome(status, after, due_at, self.failure.code, self.failure.message)

    def remade(self) -> Outcome:
        """The draft, if it is what is gone, is made anew a limited number of times."""
        if self.road.needs_draft and not self.exhausted:
            return self.unsent(Next.REDRAFT, self.now)
        return self.finished(Next.GO_ON)

    def taken(self) -> Outcome:
        """Done before, as WeChat says; where results are told, nothing says under which number: its event will."""
        if self.road.reports or not self.first:
            return self.unknown()
        return Outcome("delivered", Next.GO_ON, self.now, None, "")

    def retargeted(self) -> Outcome:
        return self._becomes("failed" if self.first else "unknown", Next.RETARGET, self.gap)

    def repeated(self) -> Outcome:
        """Busy servers are asked a limited number of times; a quota is waited for."""
        if self.exhausted and self.failure.kind is not Kind.WAIT_FOR_QUOTA:
            return self.held()
        again = self.failure.again_at(self.attempts, self.now)
        if self.failure.detail is Detail.GAP:
            again = self.now + self.road.call_gap(self.settings.wechat.limits)
        return self.unsent(Next.WAIT, again)

    def held(self) -> Outcome:
        return self.unsent(Next.PAUSE, self.now)

    def skipped(self) -> Outcome:
        return self.finished(Next.GO_ON)

    def stopped(self) -> Outcome:
        return self.finished(Next.STOP)


_BECOMES: Mapping[Then, Callable[[_Call], Outcome]] = {
    Then.GO_ON: _Call.taken,
    Then.ASK: _Call.unknown,
    Then.REPEAT: _Call.repeated,
    Then.HOLD: _Call.held,
    Then.REMAKE: _Call.remade,
    Then.RETARGET: _Call.retargeted,
    Then.SKIP: _Call.skipped,
    Then.STOP: _Call.stopped,
}


def of_failure(
    error: Exception | None, *, road: Road, settings: Settings, attempts: int, first: bool, now: datetime
) -> Outcome:
    """Decide by the reaction that the error carries.

    ``first``: no earlier call with this key is unknown, so a certain "no" clears the row. ``attempts`` counts the calls so far.
    """
    gap = now + road.repeat_gap(settings.wechat.limits)
    if isinstance(error, CallFailed):
        return _BECOMES[error.then](_Call(error, road, settings, attempts, first, now, gap))
    if isinstance(error, Unavailable):
        again = now + timedelta(seconds=_UNAVAILABLE_S)
        if first:
            return Outcome("planned", Next.WAIT, again, None, error.message)
        return Outcome("unknown", Next.WAIT, max(gap, again), None, error.message)
    return Outcome("unknown", Next.WAIT, gap, None, "调用中断，结果待核对")
