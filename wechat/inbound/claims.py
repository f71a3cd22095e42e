"""The claim of a message, and the other statements of the callback's road, compiled once."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import sqlalchemy as sa

from database.base import table_of
from database.front import Front
from database.once import inserting_once
from database.prepared import Prepared
from models.inbound import InboundMessage, SpoolFailure
from models.pushes import Delivery
from scheduler import answers
from wechat.wire.messages import Push, is_written, kind_of
from wechat.wire.replies import customer_message

_WRITTEN_LIFE = timedelta(hours=48)
_TAPPED_LIFE = timedelta(minutes=1)
_INBOUND, _DELIVERY = table_of(InboundMessage), table_of(Delivery)
_CLAIMED = (
    "key", "openid", "kind", "sent_at", "received_at", "body", "outcome", "handler", "request",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Envelope:
    """One message as it was received. ``body`` is what is kept of it (encrypted), ``request`` None from the
    spool.
    """

    push: Push
    body: str
    request: str | None
    received_at: datetime


def _columns(*names: str) -> dict[str, Any]:
    return {name: sa.bindparam(name) for name in names}


class Statements:
    """All statements of this road for one database."""

    def __init__(self, front: Front) -> None:
        engine, key = front.engine, _INBOUND.c.key
        dialect = engine.dialect.name
        self._claim = Prepared(inserting_once(InboundMessage, dialect).values(_columns(*_CLAIMED)), engine)
        self.find = Prepared(
            sa.select(_INBOUND.c.reply, _INBOUND.c.outcome).where(key == sa.bindparam("of")), engine
        )
        self._finish = Prepared(
            sa.update(_INBOUND)
            .where(key == sa.bindparam("of"))
            .values(_columns("reply", "outcome", "handler")),
            engine,
        )
        self._owe = Prepared(
            inserting_once(Delivery, dialect).values(_columns(*answers.FILLED_IN)).values(answers.CONSTANT),
            engine,
        )
        self._promised = Prepared(
            sa.select(_DELIVERY.c.id, _INBOUND.c.key, _INBOUND.c.reply, _DELIVERY.c.expires_at)
            .select_from(_DELIVERY)
            .outerjoin(_INBOUND, _DELIVERY.c.reply_to == key)
            .where(_DELIVERY.c.status == answers.PROMISED)
            .limit(100),
            engine,
        )
        self._keep_promise = Prepared(
            sa.update(_DELIVERY)
            .where(_DELIVERY.c.id == sa.bindparam("of"), _DELIVERY.c.status == answers.PROMISED)
            .values(_columns("payload", "status", "finished_at")),
            engine,
        )
        self._give_up = Prepared(
            inserting_once(SpoolFailure, dialect).values(_columns("key", "body", "error", "attempts", "at")),
            engine,
        )

    def claim(self, connection: sa.Connection, envelope: Envelope) -> bool:
        """Whether the message is the caller's to work on."""
        push = envelope.push
        claimed = self._claim.run(
            connection,
            key=push.key,
            openid=push.openid,
            kind=kind_of(push),
            sent_at=datetime.fromtimestamp(push.at, UTC),
            received_at=envelope.received_at,
            body=envelope.body,
            outcome="done",
            handler="",
            request=envelope.request,
        )
        return claimed == 1

    def finish(self, connection: sa.Connection, key: str, reply: bytes, outcome: str, handler: str) -> None:
        """Keep the reply (clear XML, empty: ``success``) and what became of the message."""
        self._finish.run(connection, of=key, reply=reply.decode(), outcome=outcome, handler=handler)

    def owe(self, connection: sa.Connection, push: Push, reply: bytes, at: datetime) -> None:
        """Send a reply by customer-service message, once, as long as WeChat's window is open."""
        message = customer_message(reply)
        if message is not None:
            self._put(connection, push, msgspec.json.encode(message).decode(), at)

    def promise(self, connection: sa.Connection, push: Push, at: datetime) -> None:
        """Note that the reply of a message that another process works on must follow."""
        self._put(connection, push, "{}", at, promised=True)

    def settle(self, connection: sa.Connection, at: datetime) -> int:
        """Turn promises into messages where the reply is known by now; how many are still open."""
        still_open = 0
        for row_id, key, reply, expires_at in self._promised.all(connection):
            message = customer_message((reply or "").encode())
            if key is None and at < expires_at:
                still_open += 1
            elif message is None:
                self._keep_promise.run(
                    connection, of=row_id, payload="{}", status=answers.FAILED, finished_at=at
                )
            else:
                text = msgspec.json.encode(message).decode()
                self._keep_promise.run(
                    connection, of=row_id, payload=text, status=answers.PLANNED, finished_at=None
                )
        return still_open

    def give_up(
        self, connection: sa.Connection, envelope: Envelope, error: str, attempts: int, at: datetime
    ) -> None:
        """Keep a message that failed for the last time where a person sees it."""
        self._give_up.run(
            connection, key=envelope.push.key, body=envelope.body, error=error[:300], attempts=attempts, at=at
        )

    def _put(
        self, connection: sa.Connection, push: Push, payload: str, at: datetime, *, promised: bool = False
    ) -> None:
        life = _WRITTEN_LIFE if is_written(push) else _TAPPED_LIFE
        expires_at = datetime.fromtimestamp(push.at, UTC) + life
        row = answers.row(
            push.openid, payload, answers=push.key, due_at=at, expires_at=expires_at, promised=promised
        )
        self._owe.run(connection, **row)
