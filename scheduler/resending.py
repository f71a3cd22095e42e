"""重发给失败的人: a new push to exactly those whom another certainly failed to reach; never to whom it may have reached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import rights
from database import locks
from database.locks import Lock
from ground.errors import Conflict, Refused
from models import Delivery, DeliveryStatus, Push, Target, User
from scheduler import agreeing, articles, audience, failures, pushes, shares
from scheduler.life import OVER, PUSH
from settings import Settings

_LASTING = "这些原因不会自行消失，重发也收不到"
_TO_GROUPS = "没有发到的群，请由所在支部转发，不能在这里重发"
_NAMELESS = "微信只给人数，不给名单，不知道是哪些人没有收到，不能单独重发"
_NOBODY = "没有送达的人已经在重发中收到，或已取消关注"
_REPEATED = "这次推送已经重发过，有人已经收到或可能收到，不能再发给全部对象"
_NOTHING_SENT = (DeliveryStatus.FAILED.value, DeliveryStatus.CANCELLED.value)
_NAMELESS_TARGETS = (Target.TAG.value, Target.EVERYONE.value)


@dataclass(frozen=True)
class Offer:
    """Whether a push may be sent again to so many ``people`` who follow; ``audience`` is empty where it may not, ``said`` why.

    Where it may, ``lasting`` of those who got nothing have a cause that stays.
    """

    audience: str = ""
    people: int = 0
    lasting: int = 0
    said: str = ""


def offer(session: Session, push: Push, *, at: datetime) -> Offer | None:
    """What can be done for those who certainly got nothing; None where there are none."""
    certain = [cause for cause in failures.of_push(session, push.id) if cause.certain]
    if not certain or not PUSH.allows("push.again", push.status):
        return None
    certain = [cause for cause in certain if cause.unit == shares.PEOPLE]
    if not certain:
        return Offer(said=_TO_GROUPS)
    passing = sum(cause.people for cause in certain if cause.passing)
    if not passing:
        return Offer(said=_LASTING if any(cause.named for cause in certain) else _NAMELESS)
    lasting = sum(cause.people for cause in certain if not cause.passing and cause.named)
    if any(one.status not in OVER for one in repeats(session, push)):
        return Offer(said="正在重发，完成后如果还有人没有收到，可以再次重发")
    try:
        meant = audience.parse(session, f"failed:{_first(push)}", at=at)
    except Refused as error:
        return _to_all_of_it(session, push, error.message, at=at)
    *_, (_, people) = audience.narrowing(session, meant)
    return Offer(meant.text, people, lasting) if people else Offer(said=_NOBODY)


def _to_all_of_it(session: Session, push: Push, why_not: str, *, at: datetime) -> Offer:
    """Without names (a 公众号 sends to a tag or to all): where certainly nobody got it, nor by a repeat, to the same audience."""
    first = _first(push)
    calls = sa.select(Delivery.id).join(Push, Push.id == Delivery.push_id).limit(1)
    calls = calls.where(sa.or_(Push.id == first, Push.again_of == first))
    came = calls.where(Delivery.status.not_in(_NOTHING_SENT))
    if session.scalar(came.where(Delivery.push_id == push.id)) is not None:
        return Offer(said=_NAMELESS)
    if session.scalar(came) is not None:
        return Offer(said=_REPEATED)
    if session.scalar(calls.where(Delivery.target_kind.not_in(_NAMELESS_TARGETS))) is not None:
        return Offer(said=why_not)
    try:
        return Offer(audience.of_push(session, push, at=at).text, push.planned)
    except Refused as error:
        return Offer(said=error.message)


def resend(
    session: Session,
    settings: Settings,
    user: User,
    push: Push,
    *,
    often: str = "",
    agreed: agreeing.Agreed = agreeing.NOBODY_TWICE,
    at: datetime,
) -> pushes.Created:
    """A new push of the same content by the same roads, now, to those whom this one certainly failed to reach.

    It is as any other: quota, ceiling, quiet hours. Raises :class:`errors.Conflict` where nothing can be sent again, and what
    :func:`pushes.create` raises.
    """
    rights.require(user, "push.create")
    locks.hold(
        session, Lock.PLANNING
    )  # of two who press at the same moment one is told that it is being sent again
    session.refresh(push)
    PUSH.require("push.again", push.status)
    made = offer(session, push, at=at)
    if made is None:
        raise Conflict("这次推送没有确定没有送达的人，不用重发")
    if not made.audience:
        raise Conflict(f"不能重发：{made.said}")
    return pushes.create(
        session,
        settings,
        user,
        audience=made.audience,
        article_ids=articles.ids_of(session, push.id),
        activity_id=push.activity_id,
        road=push.road,
        often=often,
        again_of=_first(push),
        agreed=agreed,
        at=at,
    )


def repeats(session: Session, push: Push) -> list[Push]:
    """The pushes by which this one was sent again, in their order."""
    query = sa.select(Push).where(Push.again_of == _first(push), Push.id != push.id)
    return list(session.scalars(query.order_by(Push.id)))


def _first(push: Push) -> int:
    """The push that is being made good: whoever got nothing again is still one of its own."""
    return push.again_of or push.id


__all__ = ["Offer", "offer", "repeats", "resend"]
