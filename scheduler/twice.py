"""同一篇稿件收到两次: whom a push would reach of those who have had one of its articles, or are promised it by another push."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Delivery, DeliveryStatus, Push, PushArticle, PushStatus, QuotaUse
from scheduler import audience as audiences
from scheduler import quota, roads, shares
from scheduler.roads.base import GROUPS, Planned

_CAME_TO_NOTHING = (PushStatus.CANCELLED, PushStatus.FAILED)
_NOT_SENT = (DeliveryStatus.FAILED, DeliveryStatus.CANCELLED)


def reached(
    session: Session,
    article_ids: Collection[int],
    people: Collection[str],
    *,
    again_of: int | None = None,
    at: datetime,
) -> set[str]:
    """Who of these people has one of these articles already, or will have it by a push that is decided.

    The ledger of quota knows them, and so do calls to one person. Where it does not, because a send costs the account and not the
    person (公众号) or the month's ledger is gone, those count who are in that push's audience now. A push that makes good what
    the push ``again_of`` failed at goes to those alone whom neither that one nor another repeat of it reached.
    """
    others = [
        one
        for one in _with_one(session, article_ids)
        if again_of is None or again_of not in (one.id, one.again_of)
    ]
    if not others:
        return set()
    ids = [push.id for push in others]
    by_ledger, by_call = _by_ledger(session, ids), _by_call(session, ids)
    known = {openid for _, openid in (*by_ledger, *by_call)}
    named = {push_id for push_id, subject in (*by_ledger, *by_call) if subject not in quota.ACCOUNTS}
    for push in others:
        if push.id not in named and shares.unit_of(push) == shares.PEOPLE:
            known |= {
                one.openid for one in audiences.people(session, audiences.of_push(session, push, at=at))
            }
    return known & set(people)


def groups(session: Session, article_ids: Collection[int], calls: Collection[Planned]) -> int:
    """To how many of these groups a push that is planned has brought one of the articles, or will bring it."""
    ids = [push.id for push in _with_one(session, article_ids)]
    failed = [status.value for status in _NOT_SENT]
    to_one = [Delivery.target_kind.in_(GROUPS), Delivery.status.not_in(failed)]
    query = sa.select(Delivery.target_id).where(Delivery.push_id.in_(ids), *to_one).distinct()
    return len({call.target_id for call in calls} & set(session.scalars(query))) if ids else 0


def _with_one(session: Session, article_ids: Collection[int]) -> Sequence[Push]:
    with_one = sa.select(PushArticle.push_id).where(PushArticle.article_id.in_(article_ids))
    nothing = [status.value for status in _CAME_TO_NOTHING]
    query = sa.select(Push).where(Push.id.in_(with_one), Push.status.not_in(nothing))
    # What was published without a message has reached nobody.
    return [push for push in session.scalars(query) if roads.reaches(push.planned_roads or push.road)]


def _by_ledger(session: Session, ids: Sequence[int]) -> set[tuple[int, str]]:
    """Pushes with whom they reserved or used quota for; each half finds its rows by an index."""
    counted = QuotaUse.state.in_(quota.COUNTED)
    reserved = sa.select(QuotaUse.push_id, QuotaUse.subject).where(QuotaUse.push_id.in_(ids), counted)
    used = (
        sa.select(Delivery.push_id, QuotaUse.subject)
        .join(QuotaUse, QuotaUse.delivery_id == Delivery.id)
        .where(Delivery.push_id.in_(ids), counted)
    )
    return {
        (int(push_id or 0), str(subject)) for push_id, subject in session.execute(sa.union(reserved, used))
    }


def _by_call(session: Session, ids: Sequence[int]) -> set[tuple[int, str]]:
    failed = [status.value for status in _NOT_SENT]
    mine = [Delivery.push_id.in_(ids), Delivery.openid.is_not(None), Delivery.status.not_in(failed)]
    rows = session.execute(sa.select(Delivery.push_id, Delivery.openid).where(*mine))
    return {(int(push_id or 0), str(openid)) for push_id, openid in rows}


__all__ = ["groups", "reached"]
