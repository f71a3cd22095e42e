"""Answers to people, on their way by the machine that carries pushes: a delivery without a push, for one follower.

Whoever decides an answer writes it in the same transaction; the clock finds it, a lane sends it (:mod:`scheduler.lanes`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import telling
from models import Delivery, DeliveryStatus, InboundMessage, Target
from scheduler import roads
from scheduler.keys import answer_key
from scheduler.roads import Content, Road
from scheduler.roads.base import Window
from settings import WeChatLimits
from wechat.wire.messages import WRITTEN_KINDS

ROAD: Road = roads.carrying(Content.ANSWER)[0]
PROMISED = DeliveryStatus.PROMISED.value
PLANNED, FAILED = DeliveryStatus.PLANNED.value, DeliveryStatus.FAILED.value
FILLED_IN = ("openid", "key", "payload", "reply_to", "status", "due_at", "expires_at")
"""The columns of an answer's row that :func:`row` fills in."""
CONSTANT: dict[str, Any] = {
    "road": ROAD.name,
    "target_kind": Target.FOLLOWER.value,
    "target": "",
    "recipients": 1,
    "lease_owner": "",
    "attempts": 0,
    "media_id": "",
    "msg_data_id": "",
    "error": "",
}
"""What is the same in every one: for statements that are compiled once."""
MAY_HAVE_BEEN_SEEN = (DeliveryStatus.DELIVERED.value, DeliveryStatus.UNKNOWN.value)


def row(
    openid: str, payload: str, *, answers: str, due_at: datetime, expires_at: datetime, promised: bool = False
) -> dict[str, Any]:
    """The columns of an answer beside those that are :data:`CONSTANT`.

    ``payload`` is the body of the call in JSON, without ``touser``; ``answers`` is the key of the message that it answers. Of a
    ``promised`` one the payload is not known yet: nobody sends it before its status is changed.
    """
    return {
        "openid": openid,
        "key": answer_key(f"reply:{answers}"),
        "payload": payload,
        "reply_to": answers,
        "status": PROMISED if promised else PLANNED,
        "due_at": due_at,
        "expires_at": expires_at,
    }


def of_tellings(session: Session, now: datetime, wait: timedelta, *, limit: int = 200) -> int:
    """Make answers of what was left to be told (:mod:`community.telling`), for ``wait`` at most; how many."""
    left = telling.take(session, limit)
    for one in left:
        body = msgspec.json.encode({"msgtype": "text", "text": {"content": one.text}}).decode()
        # SQLite gives numbers of removed rows again: the moment tells them apart.
        about = f"telling:{one.id}:{one.at.isoformat()}"
        told = row(one.openid, body, answers=about, due_at=now, expires_at=one.at + wait)
        session.add(Delivery(**(CONSTANT | told)))
    session.flush()
    return len(left)


def too_late(session: Session, delivery: Delivery, road: Road, limits: WeChatLimits, now: datetime) -> bool:
    """Whether an answer must not be sent any more: its time is over, or the person got as many messages as WeChat allows."""
    if delivery.expires_at is not None and now >= delivery.expires_at:
        return True
    window = road.window(limits)
    if window is None or delivery.openid is None:
        return False
    latest = session.scalar(
        sa.select(sa.func.max(InboundMessage.sent_at)).where(
            InboundMessage.openid == delivery.openid, InboundMessage.received_at >= now - window.lasts
        )
    )
    if latest is None:
        return False  # WeChat knows better than our log, which may have been cleaned
    sent = session.scalar(
        sa.select(sa.func.count()).where(
            Delivery.openid == delivery.openid,
            Delivery.status.in_(MAY_HAVE_BEEN_SEEN),
            Delivery.called_at >= latest,
        )
    )
    return (sent or 0) >= window.messages


def windows(
    session: Session, window: Window, ids: sa.Select[Any], at: datetime
) -> tuple[dict[str, datetime], set[str]]:
    """Until when each of these may be written to, and who has got as many messages as WeChat allows."""
    since = at - window.lasts
    wrote = (
        sa.select(InboundMessage.openid, sa.func.max(InboundMessage.sent_at).label("at"))
        .where(
            InboundMessage.received_at >= since,
            InboundMessage.sent_at > since,
            InboundMessage.kind.in_(WRITTEN_KINDS),
            InboundMessage.openid.in_(ids),
        )
        .group_by(InboundMessage.openid)
    )
    last = wrote.subquery()
    used = (
        sa.select(Delivery.openid)
        .join(last, last.c.openid == Delivery.openid)
        .where(Delivery.status.in_(MAY_HAVE_BEEN_SEEN), Delivery.called_at >= last.c.at)
        .group_by(Delivery.openid)
        .having(sa.func.count() >= window.messages)
    )
    open_until = {openid: moment + window.lasts for openid, moment in session.execute(wrote)}
    return open_until, {one for one in session.scalars(used) if one is not None}
