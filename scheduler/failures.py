"""Why a push did not reach everybody: one line a cause, in words, with the number of people, and whether it can pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Delivery, DeliveryStatus
from scheduler import roads, shares

_ERRED = "微信已受理，发送时出错（如对方拒收、账号异常）；微信只给人数，不给名单"
_PASSED_OVER = "微信已受理，没有发给他们（本月已收满、拒收或已取消关注）；微信只给人数，不给名单"
_UNSAID = "微信没有说明原因"
_IN_DOUBT = "正在向微信核对结果，请不要重发"


@dataclass(frozen=True)
class Cause:
    """Why so many ``people`` did not get it, or (``certain`` False) may not have.

    ``named``: it is known who they are. ``passing``: the cause can pass, so that the same may be sent to them again. ``road`` is
    whose calls they are, ``unit`` what is counted.
    """

    words: str
    people: int
    certain: bool = True
    named: bool = True
    passing: bool = False
    road: str = ""
    unit: str = shares.PEOPLE


def of_push(session: Session, push_id: int) -> list[Cause]:
    """The causes, the certain ones first, and of those the commonest."""
    people: Counter[Cause] = Counter()
    for cause in [*_refused(session, push_id), *_short(session, push_id)]:
        people[replace(cause, people=0)] += cause.people
    found = [replace(one, people=number) for one, number in people.items() if number > 0]
    return sorted(found, key=lambda one: (not one.certain, -one.people, one.words))


def _refused(session: Session, push_id: int) -> Iterable[Cause]:
    """Calls that failed as a whole, and those of which nobody knows."""
    same = (Delivery.status, Delivery.road, Delivery.target_kind, Delivery.error_code, Delivery.error)
    query = (
        sa.select(*same, sa.func.sum(Delivery.recipients))
        .where(
            Delivery.push_id == push_id,
            Delivery.status.in_([DeliveryStatus.FAILED.value, DeliveryStatus.UNKNOWN.value]),
        )
        .group_by(*same)
    )
    for status, name, kind, code, error, people in session.execute(query):
        to_group = kind in roads.GROUPS
        cause = Cause(
            "", int(people), named=not to_group, road=name, unit=shares.GROUPS if to_group else shares.PEOPLE
        )
        if status == DeliveryStatus.UNKNOWN:
            yield replace(cause, words=error or _IN_DOUBT, certain=False)
        else:
            yield replace(cause, words=error or _UNSAID, passing=roads.of(name).may_pass(error, code))


def _short(session: Session, push_id: int) -> Iterable[Cause]:
    """Calls that arrived, but not at all of their people: WeChat tells how many, never who."""
    missing = Delivery.recipients - Delivery.sent_count
    query = sa.select(missing, sa.func.coalesce(Delivery.error_count, 0), Delivery.road).where(
        Delivery.push_id == push_id, Delivery.status == DeliveryStatus.DELIVERED.value, missing > 0
    )
    for people, errors, name in session.execute(query):
        erred = min(people, errors)
        yield Cause(_ERRED, erred, named=False, road=name)
        yield Cause(_PASSED_OVER, people - erred, named=False, road=name)


__all__ = ["Cause", "of_push"]
