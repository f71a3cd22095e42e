"""Customer-service messages from the outbox, and the question what became of a mass job. Never twice: there is no key.

``called_at`` is committed before the call leaves; a message that has it and no result may have been shown, so it stays unknown.
Source: https://developers.weixin.qq.com/doc/offiaccount/Customer_Service/Customer_Service_Messages.html
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
from models import Delivery, InboundMessage, OutboxMessage
from scheduler import report
from wechat.outbound.failures import CallFailed, back_off_s
from wechat.outbound.reactions import Then

if TYPE_CHECKING:
    from runtime import Runtime

log = structlog.get_logger(__name__)

_MOST_TRIES = 6
_PAUSE_S = 300.0
_ASK_AGAIN_MINUTES = 10
_ASK_FOR_HOURS = 24
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
            openid, payload, attempts = message.openid, json.loads(message.payload), message.attempts
        faultpoints.reach("outbox.called")
        status, due_at, error = self._send(openid, payload, attempts)
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

    def _send(self, openid: str, payload: dict[str, object], attempts: int) -> tuple[str, datetime, str]:
        now = clock.now()
        try:
            self._runtime.client.custom_send(openid, payload)
        except CallFailed as error:
            log.warning("custom_failed", code=error.code, reaction=str(error.reaction))
            return _after(error, attempts, now)
        except Unavailable as error:
            return "waiting", now + timedelta(seconds=back_off_s(attempts)), error.message
        except PioneerError as error:
            return "failed", now, error.message
        except Exception:
            log.exception("custom_broke")
            return "unknown", now, "调用中断，可能已经发出"
        return "sent", now, ""

    def _window_full(self, session: Session, openid: str, now: datetime) -> bool:
        """Whether this follower's latest message has been answered by as many messages as WeChat allows."""
        limits = self._settings.wechat.limits
        latest = session.scalar(
            sa.select(sa.func.max(InboundMessage.sent_at)).where(
                InboundMessage.openid == openid,
                InboundMessage.received_at >= now - timedelta(hours=limits.customer_service_hours),
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
        return (sent or 0) >= limits.customer_service_count

    def ask(self, delivery_id: int) -> None:
        """Ask WeChat about an accepted delivery whose job-finish event has not come."""
        now = clock.now()
        with self._db.session_scope() as session:
            ids = claims.claim(
                session,
                Delivery,
                where=[Delivery.id == delivery_id, Delivery.status == "accepted", Delivery.due_at <= now],
                values={"due_at": now + timedelta(minutes=_ASK_AGAIN_MINUTES)},
            )
            if not ids:
                return
            delivery = session.get_one(Delivery, delivery_id)
            accepted_at = delivery.accepted_at or now
            msg_id = delivery.msg_id
            if delivery.road != "mass" or msg_id is None:
                delivery.error = "微信没有回报结果"
                report.delivered(session, delivery, now)
                return
        try:
            state = str(self._runtime.client.mass_get(msg_id))
        except CallFailed as error:
            log.warning("mass_get_failed", delivery=delivery_id, code=error.code)
            state = ""
        except Unavailable:
            state = ""
        with self._db.session_scope() as session:
            delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
            if delivery.status != "accepted":
                return
            if state == "SEND_SUCCESS":
                report.delivered(session, delivery, clock.now())
            elif state in ("SEND_FAIL", "DELETE"):
                report.failed(session, delivery, clock.now(), report.refusal(state))
            elif now - accepted_at > timedelta(hours=_ASK_FOR_HOURS):
                delivery.status, delivery.finished_at = "unknown", now
                delivery.error = "微信一直没有给出群发结果，请到公众号后台核对"
                session.flush()
                report.settle_of(session, delivery, now)


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
