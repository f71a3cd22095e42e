"""What became of a call that WeChat took, when its result does not come: the road is asked, in the end a person must look."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import structlog

from database import claims
from ground import clock
from ground.errors import Unavailable
from models import Delivery
from scheduler import report, roads, settling
from scheduler.roads import Road
from wechat.outbound.failures import CallFailed

if TYPE_CHECKING:
    from runtime import Runtime

log = structlog.get_logger(__name__)

_OFTEN, _SELDOM = timedelta(minutes=5), timedelta(minutes=30)
_OFTEN_FOR = timedelta(hours=1)
_ASK_FOR = timedelta(hours=24)
_SILENT = "微信受理后没有回报结果，无法确认是否送达，请不要重发"


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
                values={"due_at": now + _OFTEN},
            )
            if not ids:
                return
            delivery = session.get_one(Delivery, delivery_id)
            accepted_at, msg_id = delivery.accepted_at or now, delivery.msg_id
            road = roads.of(delivery.road)
            if not road.asks or msg_id is None:
                settling.give_up(session, delivery, now, _SILENT)
                return
            if now - accepted_at > _OFTEN_FOR:
                delivery.due_at = now + _SELDOM
        status = self._status(road, delivery_id, msg_id)
        with self._db.session_scope() as session:
            delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
            if delivery.status != "accepted":
                return
            if status:
                report.decided(session, road, delivery, status, clock.now())
            elif now - accepted_at > _ASK_FOR:
                said = f"微信一直没有给出{road.title}结果，请到公众号后台核对"
                settling.give_up(session, delivery, now, said)

    def _status(self, road: Road, delivery_id: int, msg_id: str) -> str:
        try:
            return road.ask(self._runtime.client, msg_id)
        except CallFailed as error:
            log.warning("ask_failed", delivery=delivery_id, code=error.code)
        except Unavailable:
            pass
        return ""
