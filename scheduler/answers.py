"""Answers to people, on their way by the machine that carries pushes: a delivery without a push, for one follower.

Whoever decides an answer writes it in the same transaction; the clock finds it, a lane sends it (:mod:`scheduler.lanes`).
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy.orm import Session

from community import telling
from models import Delivery, DeliveryStatus, Target
from scheduler import roads
from scheduler.keys import answer_key
from scheduler.roads import Content, Road

ROAD: Road = roads.carrying(Content.ANSWER)[0]
ROADS: tuple[Road, ...] = tuple(roads.carrying(Content.ANSWER))
"""All by which something may be on its way to one person; without more words it is the first."""
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
