"""What became of a call that WeChat took, when its result does not come: the road is asked, in the end a person must look."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog
from sqlalchemy.orm import Session

from database import claims
from ground import clock
from ground.errors import Unavailable
from models import Delivery
from scheduler import report, roads
from scheduler.roads import Road
from wechat.outbound.failures import CallFailed

if TYPE_CHECKING:
    from runtime import Runtime

log = structlog.get_logger(__name__)

_ASK_AGAIN_MINUTES = 10
_ASK_FOR_HOURS = 24


class Asking:
    """Asks about accepted deliveries, one at a time."""

    def __init__(self, runtime: Runtime) -> None:
        self._db = runtime.db
        self._runtime = runtime

    def ask(self, delivery_id: int) -> None:
        """Ask WeChat about an accepted delivery whose result has not come."""
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
            accepted_at, msg_id = delivery.accepted_at or now, delivery.msg_id
            road = roads.of(delivery.road)
            if not road.asks or msg_id is None:
                delivery.error = "微信没有回报结果"
                report.delivered(session, delivery, now)
                return
        status = self._status(road, delivery_id, msg_id)
        with self._db.session_scope() as session:
            delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
            if delivery.status != "accepted":
                return
            if status:
                report.decided(session, road, delivery, status, clock.now())
            elif now - accepted_at > timedelta(hours=_ASK_FOR_HOURS):
                _give_up(session, road, delivery, now)

    def _status(self, road: Road, delivery_id: int, msg_id: str) -> str:
        try:
            return road.ask(self._runtime.client, msg_id)
        except CallFailed as error:
            log.warning("ask_failed", delivery=delivery_id, code=error.code)
        except Unavailable:
            pass
        return ""


def _give_up(session: Session, road: Road, delivery: Delivery, now: datetime) -> None:
    delivery.status, delivery.finished_at = "unknown", now
    delivery.error = f"微信一直没有给出{road.title}结果，请到公众号后台核对"
    session.flush()
    report.settle_of(session, delivery, now)
