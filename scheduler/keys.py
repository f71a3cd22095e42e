"""The idempotency keys of deliveries: by them WeChat knows a call again, so that one that is repeated sends nothing twice."""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database.once import insert_once
from models import Setting

_INSTANCE = "instance_id"
_KEY_BYTES = 32


def instance_id(session: Session, now: datetime) -> str:
    """Eight hex digits that tell this database from every other one, also from a fresh one with the same row ids.

    WeChat remembers a ``clientmsgid`` for 24 hours: a database that was set up anew must not repeat old keys. Made once.
    """
    known = session.scalar(sa.select(Setting.value).where(Setting.name == _INSTANCE))
    if known:
        return known
    made = {"name": _INSTANCE, "value": secrets.token_hex(4), "updated_at": now}
    insert_once(session, Setting, [made])
    return session.scalars(sa.select(Setting.value).where(Setting.name == _INSTANCE)).one()


def delivery_key(instance: str, push_id: int, number: int) -> str:
    """The idempotency key of a delivery: at most 32 ASCII characters, the same whenever it is made.

    Source: https://developers.weixin.qq.com/doc/service/api/notify/message/api_sendall (``clientmsgid``)
    """
    key = f"{instance}-p{push_id}-{number}"
    if len(key) > _KEY_BYTES:
        raise ValueError("the idempotency key is too long")
    return key


def answer_key(reason: str) -> str:
    """The key of an answer: made of what it answers, so that the same decision, made again, is the same delivery."""
    return f"a-{hashlib.sha256(reason.encode()).hexdigest()[: _KEY_BYTES - 2]}"
