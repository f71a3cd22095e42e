"""How a push stands just now: since when, and whom WeChat may be waiting for."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ground import clock
from models import Delivery, DeliveryStatus, Push, PushStatus, Target
from settings import WeChatLimits

_ASKED_THE_ADMINISTRATOR = (89504, 89505)
_LIKELY_AFTER = timedelta(minutes=10)
"""How long a send to all is usual without a result, where nobody has to confirm it."""


def since(session: Session, push: Push) -> datetime:
    """The moment from which it stands as it does."""
    status = PushStatus(push.status)
    if push.finished_at is not None:
        return push.finished_at
    if status is PushStatus.MISSED:
        return push.due_at
    if status is PushStatus.SENDING:
        return max(filter(None, [push.started_at or push.due_at, push.decided_at]))
    if status is PushStatus.AWAITING_RESULT:
        return _last(session, push, Delivery.accepted_at) or push.created_at
    if status is PushStatus.HELD:
        return push.started_at or push.created_at
    moments = [push.created_at, push.decided_at]
    if status is PushStatus.PAUSED:  # by a person, or by what a call was answered
        moments += [push.started_at, _last(session, push, Delivery.called_at)]
    return max(filter(None, moments))


def _last(
    session: Session, push: Push, column: sa.orm.InstrumentedAttribute[datetime | None]
) -> datetime | None:
    return session.scalar(sa.select(sa.func.max(column)).where(Delivery.push_id == push.id))


@dataclass(frozen=True)
class Confirming:
    """WeChat waits for the account's administrator ``until`` this moment: for sure, or (``sure`` False) it may.

    ``likely``: it has been silent for longer than is usual.
    """

    until: datetime
    sure: bool
    likely: bool

    @property
    def said(self) -> str:
        """In one sentence."""
        waits = "等待管理员在手机上确认" if self.sure else "可能在等待管理员在手机上确认（群发保护）"
        return f"{waits}，{clock.to_shanghai(self.until):%H:%M} 前没有确认，微信不会发送"


def confirming(session: Session, push: Push, limits: WeChatLimits, *, at: datetime) -> Confirming | None:
    """Whether the administrator must confirm it on the phone (群发保护); None where not, or not any more.

    Whether the protection is on cannot be asked. A send to all is taken and waits in silence; to a tag or to a list it waits for
    nobody. Source: https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
    """
    lasts = timedelta(minutes=limits.protection_minutes)
    open_ = sa.select(Delivery).where(Delivery.push_id == push.id, Delivery.finished_at.is_(None))
    said = open_.where(
        Delivery.status == DeliveryStatus.UNKNOWN.value, Delivery.error_code.in_(_ASKED_THE_ADMINISTRATOR)
    )
    silent = open_.where(
        Delivery.status == DeliveryStatus.ACCEPTED.value, Delivery.target_kind == Target.EVERYONE.value
    )
    waiting = [(one.called_at, True) for one in _of(session, said)]
    waiting += [(one.accepted_at, False) for one in _of(session, silent)]
    for began, sure in waiting:
        if began is not None and at < began + lasts:
            return Confirming(began + lasts, sure, sure or at >= began + _LIKELY_AFTER)
    return None


def _of(session: Session, query: sa.Select[Delivery]) -> Iterable[Delivery]:
    return session.scalars(query.limit(1))


__all__ = ["Confirming", "confirming", "since"]
