"""How things stand, from our own tables alone: what was set aside, which calls rest, how many messages came today."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from accounts.rights import require
from ground import clock
from ground.errors import NotFound
from models import CallRest, Delivery, DeliveryStatus, InboundMessage, SpoolFailure, User


def aside(session: Session, *, limit: int) -> list[SpoolFailure]:
    """Messages that failed again and again, and that nobody has looked after."""
    query = sa.select(SpoolFailure).where(SpoolFailure.settled_at.is_(None)).order_by(SpoolFailure.id)
    return list(session.scalars(query.limit(limit)))


def aside_count(session: Session) -> int:
    """How many there are."""
    query = sa.select(sa.func.count()).select_from(SpoolFailure).where(SpoolFailure.settled_at.is_(None))
    return session.scalar(query) or 0


def settle(session: Session, user: User, failure_id: int, *, at: datetime) -> None:
    """A person has looked after one. Raises :class:`errors.NotFound`, :class:`errors.Forbidden`."""
    require(user, "system.manage")
    failure = session.get(SpoolFailure, failure_id)
    if failure is None:
        raise NotFound("没有这条搁置的消息")
    failure.settled_at = at
    audit.record(session, "spool.settle", at=at, user=user, subject=f"spool:{failure_id}")


def resting(session: Session, at: datetime) -> list[CallRest]:
    """The groups of calls that WeChat does not take just now, with the reason and until when."""
    return list(session.scalars(sa.select(CallRest).where(CallRest.until > at)))


def messages(session: Session, at: datetime) -> dict[str, int]:
    """Messages of the day (``inbound``), those of them that failed, and replies that wait to be sent (``outbox``)."""
    start, _ = clock.day_bounds(clock.shanghai_day(at))
    came = InboundMessage.received_at >= start

    def count(*where: sa.ColumnElement[bool]) -> int:
        return session.scalar(sa.select(sa.func.count()).where(*where)) or 0

    return {
        "inbound": count(came),
        "failed": count(came, InboundMessage.outcome == "failed"),
        "outbox": count(Delivery.push_id.is_(None), Delivery.status == DeliveryStatus.PLANNED.value),
    }
