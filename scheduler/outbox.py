"""Answers to people from the outbox, by the road that carries them. Never twice: there is no key.

``called_at`` is committed before the call leaves; a message that has it and no result may have been shown, so it stays unknown.
"""

from __future__ import annotations

import json
import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from database import claims
from ground import clock, faultpoints
from ground.errors import PioneerError, Unavailable
from models import InboundMessage, OutboxMessage
from scheduler import roads
from scheduler.roads import Call
from wechat.outbound.failures import CallFailed, back_off_s
from wechat.outbound.reactions import Then

if TYPE_CHECKING:
    from runtime import Runtime

log = structlog.get_logger(__name__)

_MOST_TRIES = 6
_PAUSE_S = 300.0
_OVER = "对方 48 小时内没有发来消息，或已超过可回复的条数"
_BECOMES: dict[Then, str] = {
    Then.GO_ON: "sent",
    Then.ASK: "unknown",
    Then.REPEAT: "waiting",
    Then.HOLD: "waiting",
    Then.REMAKE: "failed",
    Then.RETARGET: "failed",
    Then.SKIP: "failed",
    Then.STOP: "failed",
}
"""The status of a message by what its failure says is to be done."""


class Outbox:
    """Sends what waits in the outbox, the oldest first."""

    def __init__(self, runtime: Runtime, stopping: threading.Event) -> None:
        self._settings = runtime.settings
        self._db = runtime.db
        self._runtime = runtime
        self._stopping = stopping
        self._road = roads.carrying(roads.Content.ANSWER)[0]

    def run(self) -> None:
        """Send until nothing is due."""
        while not self._stopping.is_set() and self._one():
            pass

    def _one(self) -> bool:
        owner = claims.new_owner()
        now = clock.now()
        with self._db.session_scope() as session:
            ids = claims.claim(
                session,
                OutboxMessage,
                where=[OutboxMessage.status == "waiting", OutboxMessage.due_at <= now],
                lease=claims.lease_for(owner, self._settings.system.delivery_lease_s, now),
                values={
                    "status": "claimed",
                    "called_at": now,
                    "attempts": OutboxMessage.attempts + 1,
                },
                order_by=(OutboxMessage.due_at, OutboxMessage.id),
            )
            if not ids:
                return False
            message = session.get_one(OutboxMessage, ids[0])
            if now >= message.expires_at or self._window_full(session, message.openid, now):
                message.status, message.error, message.called_at = "failed", _OVER, None
                return True
            attempts = message.attempts
            call = roads.Call(
                key=f"answer-{message.id}",
                settings=self._settings,
                openids=(message.openid,),
                payload=json.loads(message.payload),
            )
        faultpoints.reach("outbox.called")
        status, due_at, error = self._send(call, attempts)
        faultpoints.reach("outbox.answered")
        with self._db.session_scope() as session:
            values: dict[str, Any] = {"status": status, "error": error[:300], "lease_until": None}
            if status == "waiting":
                values |= {"called_at": None, "due_at": due_at}
            claims.change(
                session,
                OutboxMessage,
                [
                    OutboxMessage.id == ids[0],
                    OutboxMessage.lease_owner == owner,
                    OutboxMessage.status.in_(["claimed", "unknown"]),
                ],
                **values,
            )
        return True

    def _send(self, call: Call, attempts: int) -> tuple[str, datetime, str]:
        now = clock.now()
        answer, failure = roads.attempt(self._road, self._runtime.client, call)
        if answer is not None:
            return "sent", now, ""
        if isinstance(failure, CallFailed):
            log.warning("answer_failed", code=failure.code, reaction=str(failure.reaction))
            return _after(failure, attempts, now)
        if isinstance(failure, Unavailable):
            return "waiting", now + timedelta(seconds=back_off_s(attempts)), failure.message
        if isinstance(failure, PioneerError):
            return "failed", now, failure.message
        return "unknown", now, "调用中断，可能已经发出"

    def _window_full(self, session: Session, openid: str, now: datetime) -> bool:
        """Whether this follower's latest message has been answered by as many messages as WeChat allows."""
        window = self._road.window(self._settings.wechat.limits)
        if window is None:
            return False
        latest = session.scalar(
            sa.select(sa.func.max(InboundMessage.sent_at)).where(
                InboundMessage.openid == openid,
                InboundMessage.received_at >= now - window.lasts,
            )
        )
        if latest is None:
            return False  # WeChat knows better than our log, which may have been cleaned
        sent = session.scalar(
            sa.select(sa.func.count()).where(
                OutboxMessage.openid == openid,
                OutboxMessage.status.in_(["sent", "unknown"]),
                OutboxMessage.called_at >= latest,
            )
        )
        return (sent or 0) >= window.messages


def _after(error: CallFailed, attempts: int, now: datetime) -> tuple[str, datetime, str]:
    """Status, when it is due again where it waits, and what a person is told."""
    status = _BECOMES[error.then]
    if status == "sent":
        return status, now, ""
    if status != "waiting":
        return status, now, error.message
    if attempts >= _MOST_TRIES:
        return "failed", now, error.message
    held = now + timedelta(seconds=_PAUSE_S)
    return status, held if error.then is Then.HOLD else error.again_at(attempts, now), error.message
