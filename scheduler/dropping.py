"""What is left of a push that sends nothing more: its deliveries that have not left, and their quota."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database import claims
from models import Delivery, Push
from scheduler import articles as outgoing
from scheduler import quota


def drop_cancelled(session: Session, now: datetime) -> None:
    """Deliveries of cancelled pushes that came back from a claim."""
    back = sa.exists().where(Delivery.push_id == Push.id, Delivery.status == "planned")
    for push in list(session.scalars(sa.select(Push).where(Push.status == "cancelled", back))):
        drop_planned(session, push, now)
        outgoing.finished(session, push)


def drop_planned(session: Session, push: Push, now: datetime) -> None:
    """Cancel every delivery that certainly has not left, and give its quota back; an unknown one is not repeated any more."""
    claims.change(
        session,
        Delivery,
        [Delivery.push_id == push.id, Delivery.status == "unknown", Delivery.finished_at.is_(None)],
        finished_at=now,
        openids=None,
    )
    waiting = list(
        session.scalars(
            sa.select(Delivery.id).where(Delivery.push_id == push.id, Delivery.status == "planned")
        )
    )
    for delivery_id in waiting:
        if claims.change(
            session,
            Delivery,
            [Delivery.id == delivery_id, Delivery.status == "planned"],
            status="cancelled",
            finished_at=now,
            openids=None,
        ):
            quota.release(session, delivery_id)


__all__ = ["drop_cancelled", "drop_planned"]
