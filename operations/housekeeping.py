"""What is removed by itself: bodies of messages after 30 days, talks and sessions that are over."""

from __future__ import annotations

from datetime import datetime, timedelta

import sqlalchemy as sa

from accounts import users
from database.session import Database
from models import Conversation, InboundMessage, OutboxMessage
from settings import Settings

_OUTBOX_DONE = ("sent", "failed", "unknown")


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
