"""服务窗口: until when WeChat lets the account write to a person who wrote, and who has got as many messages as it allows.

Only what somebody wrote opens it for 48 hours; a menu tap, a scan and a follow open a minute, which no push can count on.
Source: https://developers.weixin.qq.com/doc/service/en/guide/product/kf/intro.html
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Delivery, DeliveryStatus, InboundMessage
from scheduler.roads import Road
from settings import WeChatLimits
from wechat.wire.messages import WRITTEN_KINDS

MAY_HAVE_BEEN_SEEN = (DeliveryStatus.DELIVERED.value, DeliveryStatus.UNKNOWN.value)
_COUNTED = (*MAY_HAVE_BEEN_SEEN, DeliveryStatus.CLAIMED.value)


@dataclass(frozen=True)
class Windows:
    """Until when each may be written to, by openid, of all who wrote lately; ``used``: who got as many as are allowed."""

    until: Mapping[str, datetime]
    used: frozenset[str]


def at(
    session: Session,
    road: Road,
    limits: WeChatLimits,
    moment: datetime,
    *,
    among: sa.Select[Any] | None = None,
) -> Windows | None:
    """Whose window will be open at ``moment``, by what they wrote until now; None where that does not matter to this road.

    Two queries for any number of people. ``among`` names them where they are few.
    """
    window = road.window(limits)
    if window is None:
        return None
    since = moment - window.lasts
    wrote = (
        sa.select(InboundMessage.openid, sa.func.max(InboundMessage.sent_at).label("at"))
        .where(
            InboundMessage.received_at >= since,
            InboundMessage.sent_at > since,
            InboundMessage.kind.in_(WRITTEN_KINDS),
        )
        .group_by(InboundMessage.openid)
    )
    if among is not None:
        wrote = wrote.where(InboundMessage.openid.in_(among))
    last = wrote.subquery()
    used = (
        sa.select(Delivery.openid)
        .join(last, last.c.openid == Delivery.openid)
        .where(Delivery.road == road.name, Delivery.status.in_(_COUNTED), Delivery.called_at >= last.c.at)
        .group_by(Delivery.openid)
        .having(sa.func.count() >= window.messages)
    )
    until = {openid: latest + window.lasts for openid, latest in session.execute(wrote)}
    return Windows(
        until, frozenset(one for one in session.scalars(used) if one is not None) if until else frozenset()
    )


def too_late(
    session: Session,
    road: Road,
    limits: WeChatLimits,
    *,
    openid: str | None,
    expires_at: datetime | None,
    now: datetime,
) -> bool:
    """Whether a message must not be sent any more: its time is over, or the person got as many as WeChat allows."""
    if expires_at is not None and now >= expires_at:
        return True
    window = road.window(limits)
    if window is None or openid is None:
        return False
    latest = session.scalar(
        sa.select(sa.func.max(InboundMessage.sent_at)).where(
            InboundMessage.openid == openid, InboundMessage.received_at >= now - window.lasts
        )
    )
    if latest is None:
        return False  # WeChat knows better than our log, which may have been cleaned
    sent = session.scalar(
        sa.select(sa.func.count()).where(
            Delivery.openid == openid,
            Delivery.road == road.name,
            Delivery.status.in_(MAY_HAVE_BEEN_SEEN),
            Delivery.called_at >= latest,
        )
    )
    return (sent or 0) >= window.messages


__all__ = ["MAY_HAVE_BEEN_SEEN", "Windows", "at", "too_late"]
