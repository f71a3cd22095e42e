"""What is removed by itself: bodies of messages after 30 days, talks and sessions that are over."""

from __future__ import annotations

import time
from datetime import datetime, timedelta

import sqlalchemy as sa

from accounts import users
from database.session import Database
from ground import clock
from models import Conversation, InboundMessage, OutboxMessage
from settings import Settings

_EVERY_S = 3600.0
_OUTBOX_DONE = ("sent", "failed", "unknown")


class Housekeeping:
    """:func:`clean` as a chore of the scheduler: at its start, then once an hour of real time."""

    def __init__(self, db: Database, settings: Settings) -> None:
        self._db = db
        self._settings = settings
        self._done_at: float | None = None

    def __call__(self) -> None:
        """Clean where an hour has passed."""
        if self._done_at is None or time.monotonic() - self._done_at >= _EVERY_S:
            self._done_at = time.monotonic()
            clean(self._db, self._settings, clock.now())


def clean(db: Database, settings: Settings, now: datetime) -> None:
    """Remove what the law or our own promise says must not be kept. Each step is a short transaction of its own."""
    limits = settings.limits
    old = now - timedelta(days=limits.inbound_keep_days)
    statements: list[sa.Update | sa.Delete] = [
        sa.update(InboundMessage)
        .where(
            InboundMessage.received_at < old,
            sa.or_(InboundMessage.body.is_not(None), InboundMessage.reply.is_not(None)),
        )
        .values(body=None, reply=None),
        # An answer that comes too late is asked again, so a talk is remembered for a day.
        sa.delete(Conversation).where(Conversation.expires_at < now - timedelta(days=1)),
        sa.delete(OutboxMessage).where(OutboxMessage.status.in_(_OUTBOX_DONE), OutboxMessage.due_at < old),
    ]
    for statement in statements:
        with db.session_scope() as session:
            session.execute(statement.execution_options(synchronize_session=False))
    with db.session_scope() as session:
        users.forget_old_sessions(session, at=now)
