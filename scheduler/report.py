"""What came of a push: job-finish events are matched to deliveries, deliveries add up to the push, numbers are shown.

An event may come before the answer of its own call, twice or never: it is stored by ``msg_id`` first and matched whenever
both are there. Source of the statuses: https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ground import clock
from models import Delivery, JobResult, Push
from scheduler import articles, quota, roads
from scheduler.roads import Road
from wechat.wire import messages

KEY_EXISTS = 45065
FINAL = ("delivered", "failed", "cancelled")
_OPEN = ("accepted", "unknown", "claimed")


def event_came(session: Session, event: messages.Push) -> None:
    """Hand the results that an event tells to the road that takes such events; one that no road takes is nobody's."""
    road = roads.taking().get(type(event))
    if road is None:
        return
    for result in road.on_result(event):
        job_finished(session, road.name, result.msg_id, result.status, result.counts, result.urls)


def job_finished(
    session: Session,
    kind: str,
    msg_id: str,
    status: str,
    counts: Mapping[str, int] | None = None,
    urls: Mapping[int, str] | None = None,
) -> bool:
    """Take the event that a job has finished; whether a delivery was found for it already.

    ``kind``: the road's name. ``counts``: ``total``, ``filter``, ``sent``, ``error``. ``urls``: link of each article by its
    position from 1. A repeat changes nothing.
    """
    now = clock.now()
    result = session.scalar(
        sa.select(JobResult).where(
            JobResult.kind == kind, JobResult.msg_id == str(msg_id), JobResult.status == status[:60]
        )
    )
    if result is None:
        result = JobResult(
            kind=kind,
            msg_id=str(msg_id),
            status=status[:60],
            data={
                "counts": dict(counts or {}),
                "urls": {str(position): url for position, url in (urls or {}).items()},
            },
            at=now,
            matched=False,
        )
        session.add(result)
        session.flush()
    if result.matched:
        return True
    return match(session, result, now)


def match(session: Session, result: JobResult, now: datetime) -> bool:
    """Give a stored result to the delivery with its ``msg_id``; whether there was one."""
    delivery = session.scalar(
        sa.select(Delivery)
        .where(Delivery.msg_id == result.msg_id, Delivery.road == result.kind, Delivery.status != "cancelled")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if delivery is None:
        return False
    result.matched = True
    if delivery.status in FINAL:
        return True
    counts: dict[str, int] = result.data.get("counts") or {}
    for name in ("total", "filter", "sent", "error"):
        if name in counts:
            setattr(delivery, f"{name}_count", int(counts[name]))
    urls = {int(position): url for position, url in (result.data.get("urls") or {}).items()}
    decided(session, roads.of(delivery.road), delivery, result.status, now, urls)
    return True


def decided(
    session: Session,
    road: Road,
    delivery: Delivery,
    status: str,
    now: datetime,
    urls: Mapping[int, str] | None = None,
) -> None:
    """WeChat says by a job's ``status`` what became of the delivery; the road knows what that means."""
    if status in road.successes:
        delivered(session, delivery, now, urls)
    else:
        failed(session, delivery, now, road.hint(status))


def match_waiting(session: Session, now: datetime, limit: int = 200) -> int:
    """Match results that came before their answers; how many found their delivery."""
    waiting = session.scalars(
        sa.select(JobResult)
        .where(JobResult.matched.is_(False), has_delivery())
        .order_by(JobResult.id)
        .limit(limit)
    )
    return sum(match(session, result, now) for result in list(waiting))


def orphaned() -> list[sa.ColumnElement[bool]]:
    """SQL: deliveries whose ``msg_id`` nobody will tell us any more, and that an event may be known by all the same."""
    return [
        Delivery.road.in_(_telling_totals()),
        Delivery.status == "unknown",
        sa.or_(Delivery.finished_at.is_not(None), Delivery.error_code == KEY_EXISTS),
    ]


def adoptable() -> list[sa.ColumnElement[bool]]:
    """SQL: results that may be such a delivery's."""
    return [JobResult.kind.in_(_telling_totals()), JobResult.matched.is_(False)]


def _telling_totals() -> list[str]:
    return [road.name for road in roads.ROADS.values() if road.tells_total]


def adopt_orphans(session: Session, now: datetime) -> int:
    """Give such a delivery the event that can only be its own: the one unmatched event since its call with its number of people.

    Where several would fit, a person decides. How many were found.
    """
    orphans = list(session.scalars(sa.select(Delivery).where(*orphaned())))
    results = list(session.scalars(sa.select(JobResult).where(*adoptable())))
    found = 0
    for delivery in orphans:
        twins = [one for one in orphans if (one.road, one.recipients) == (delivery.road, delivery.recipients)]
        fitting = [
            result
            for result in results
            if result.kind == delivery.road
            and (result.data.get("counts") or {}).get("total") == delivery.recipients
            and delivery.called_at is not None
            and result.at >= delivery.called_at
        ]
        if len(twins) == len(fitting) == 1:
            delivery.msg_id, delivery.accepted_at = fitting[0].msg_id, now
            quota.use(session, delivery.id, now)
            session.flush()
            found += match(session, fitting[0], now)
    return found


def has_delivery() -> sa.ColumnElement[bool]:
    """SQL: a stored result whose delivery is known by now."""
    return sa.exists().where(Delivery.msg_id == JobResult.msg_id, Delivery.status.in_(_OPEN))


def accepted(
    session: Session, delivery: Delivery, *, msg_id: str, msg_data_id: str, ask_at: datetime, now: datetime
) -> None:
    """WeChat took the call: write its ids, use the quota, and match an event that was faster. ``ask_at``: when to ask for it."""
    delivery.status = "accepted"
    delivery.msg_id = msg_id or None
    delivery.msg_data_id = msg_data_id or delivery.msg_data_id
    delivery.accepted_at = now
    delivery.due_at = ask_at
    delivery.error, delivery.error_code = "", None
    delivery.openids = None  # the call is taken and never made again: only the number is needed from now on
    quota.use(session, delivery.id, now)
    session.flush()
    match_early(session, [msg_id], now)


def arrived(session: Session, delivery: Delivery, now: datetime) -> None:
    """WeChat took a call of which it tells no more: that is its result."""
    delivery.accepted_at, delivery.lease_until = now, None
    delivery.error, delivery.error_code, delivery.openids = "", None, None
    quota.use(session, delivery.id, now)
    delivered(session, delivery, now)


def match_early(session: Session, msg_ids: Sequence[str], now: datetime) -> None:
    """Match the events of these jobs that were faster than the answers of their calls."""
    early = session.scalars(
        sa.select(JobResult).where(
            JobResult.msg_id.in_(list(filter(None, msg_ids))), JobResult.matched.is_(False)
        )
    )
    for result in list(early):
        match(session, result, now)


def delivered(
    session: Session, delivery: Delivery, now: datetime, urls: Mapping[int, str] | None = None
) -> None:
    """The job is done: the delivery is final, its articles are out, the push may be finished."""
    delivery.status, delivery.finished_at = "delivered", now
    if delivery.push is not None:
        articles.published(session, delivery.push, delivery, urls or {}, now)
    session.flush()
    settle_of(session, delivery, now)


def failed(session: Session, delivery: Delivery, now: datetime, reason: str, code: int | None = None) -> None:
    """The delivery is final and reached nobody; its quota comes back."""
    delivery.status, delivery.finished_at = "failed", now
    delivery.error, delivery.error_code = reason[:500], code
    delivery.openids = None
    quota.release(session, delivery.id)
    session.flush()
    settle_of(session, delivery, now)


_UNSETTLED = ("sending", "awaiting_result", "paused", "partly_failed", "failed", "unknown")


def settle(session: Session, push: Push, now: datetime) -> None:
    """Say of a push that is being sent how it stands: every call taken, or final (an unknown one counts once it was given up)."""
    if push.status not in _UNSETTLED or push.planned_at is None:
        return
    of_push = sa.select(Delivery.id).where(Delivery.push_id == push.id).limit(1)
    # Asked at each result of a push that may have one for each of many thousands: what is open is found by the index.
    to_send = sa.and_(Delivery.status.in_(["planned", "claimed", "unknown"]), Delivery.finished_at.is_(None))
    if session.scalar(of_push.where(to_send)) is not None:
        return
    waits = session.scalar(of_push.where(Delivery.status == "accepted")) is not None
    status = "awaiting_result" if waits else _result(session, push)
    if status in ("", push.status):
        return
    if push.status == "paused":
        push.note = ""  # it said what to do before going on: there is nothing left to go on with
    push.status = status
    push.finished_at = None if status == "awaiting_result" else now
    push.version += 1
    if status != "awaiting_result":
        articles.finished(session, push)


def overdue() -> list[sa.ColumnElement[bool]]:
    """SQL: pushes that still wait though every call of theirs is final.

    Where several transactions write side by side, the last two results of a push may each have seen the other's call open.
    """
    is_open = sa.exists().where(Delivery.push_id == Push.id, Delivery.finished_at.is_(None))
    return [Push.status == "awaiting_result", sa.not_(is_open)]


def settle_overdue(session: Session, now: datetime) -> None:
    """Say of these how they stand."""
    for push in list(session.scalars(sa.select(Push).where(*overdue()))):
        settle(session, push, now)


def _result(session: Session, push: Push) -> str:
    """The state of a push whose calls are all final; empty for one without calls."""
    reached = sa.func.coalesce(Delivery.sent_count, Delivery.recipients)
    rows = session.execute(
        sa.select(Delivery.status, sa.func.sum(reached))
        .where(Delivery.push_id == push.id)
        .group_by(Delivery.status)
    ).all()
    sums = {status: int(followers or 0) for status, followers in rows}
    arrived = bool(sums.get("delivered")) or ("delivered" in sums and not push.planned)
    if arrived and set(sums) <= {"delivered", "cancelled"}:
        return "sent"
    if arrived or "unknown" in sums:
        return "partly_failed" if "failed" in sums else "unknown"
    return "failed" if sums else ""


def settle_of(session: Session, delivery: Delivery, now: datetime) -> None:
    """The same for the push of a delivery, if it has one."""
    if delivery.push is not None:
        settle(session, delivery.push, now)


def show(session: Session, push: Push) -> dict[str, Any]:
    """The report of a push. Counts are followers, ``deliveries`` are calls.

    ``planned`` is who was to receive it; ``accepted`` who was in calls that WeChat took, ``delivered`` and ``failed`` what became
    of them, ``unknown`` who is in calls whose fate is not known.
    """
    deliveries = list(
        session.scalars(sa.select(Delivery).where(Delivery.push_id == push.id).order_by(Delivery.id))
    )
    done = [one for one in deliveries if one.status == "delivered"]
    sent = sum(_sent(one) for one in done)
    return {
        "id": push.id,
        "status": push.status,
        "title": push.title,
        "audience": push.audience,
        "road": push.road,
        "due_at": clock.to_shanghai(push.due_at).isoformat(),
        "planned": push.planned,
        "confirmed": dict(push.confirmed),
        "urgent": push.urgent,
        "accepted": sum(one.recipients for one in deliveries if one.accepted_at is not None),
        "delivered": sent,
        "failed": sum(one.recipients for one in deliveries if one.status == "failed")
        + sum(max(0, one.recipients - _sent(one)) for one in done),
        "unknown": sum(one.recipients for one in deliveries if one.status == "unknown"),
        "cancelled": sum(one.recipients for one in deliveries if one.status == "cancelled"),
        "skipped": dict(push.skipped),
        "note": push.note,
        "articles": [
            {"id": one.article_id, "title": one.article.title, "url": one.article.published_url}
            for one in push.articles
        ],
        "deliveries": [_shown(one) for one in deliveries],
    }


def _sent(delivery: Delivery) -> int:
    return delivery.recipients if delivery.sent_count is None else delivery.sent_count


def _shown(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "key": delivery.key,
        "road": delivery.road,
        "status": delivery.status,
        "target": delivery.target,
        "recipients": delivery.recipients,
        "msg_id": delivery.msg_id,
        "sent": delivery.sent_count,
        "attempts": delivery.attempts,
        "error_code": delivery.error_code,
        "error": delivery.error,
    }
