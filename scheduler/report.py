"""What came of a push: job-finish events are matched to deliveries, deliveries add up to the push, numbers are shown.

An event may come before the answer of its own call, twice or never: it is stored by ``msg_id`` first and matched whenever
both are there. Source of the statuses: https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database import rows
from database.moving import move
from models import Delivery, JobResult, Push
from scheduler import articles, quota, roads
from scheduler.life import PUSH
from scheduler.roads import Result, Road
from wechat.wire import messages

KEY_EXISTS = 45065
FINAL = ("delivered", "failed", "cancelled")
_OPEN = ("accepted", "unknown", "claimed")
_NUMBERED_WITHIN = timedelta(minutes=10)
"""So long after its call an event is about it, where nothing but the person says so."""
_WHOLE_SECONDS = timedelta(seconds=2)
"""WeChat's times are whole seconds, and its clock may differ from ours by a little."""


def event_came(session: Session, event: messages.Push, *, at: datetime) -> None:
    """Hand the results that an event tells to the road that takes such events; one that no road takes is nobody's."""
    road = roads.taking().get(type(event))
    if road is None:
        return
    for result in road.on_result(event):
        if result.openid:
            _number(session, road, result)
        job_finished(session, road.name, result.msg_id, result.status, result.counts, result.urls, at=at)


def job_finished(
    session: Session,
    kind: str,
    msg_id: str,
    status: str,
    counts: Mapping[str, int] | None = None,
    urls: Mapping[int, str] | None = None,
    *,
    at: datetime,
) -> bool:
    """Take the event that a job has finished; whether a delivery was found for it already.

    ``kind``: the road's name. ``counts``: ``total``, ``filter``, ``sent``, ``error``. ``urls``: link of each article by its
    position from 1. A repeat changes nothing.
    """
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
            at=at,
            matched=False,
        )
        session.add(result)
        session.flush()
    if result.matched:
        return True
    return match(session, result, at)


def _number(session: Session, road: Road, result: Result) -> None:
    """Give a result to the one call to that person that it can be about, where the answers of calls tell no number.

    Where several were made within that time, nobody knows which it is about: they stay without a result.
    """
    moment = result.sent_at
    if moment is None or session.scalar(sa.select(Delivery.id).where(Delivery.msg_id == result.msg_id)):
        return
    theirs = sa.select(Delivery).where(
        Delivery.openid == result.openid,
        Delivery.road == road.name,
        Delivery.status.in_(_OPEN),
        Delivery.msg_id.is_(None),
        Delivery.called_at.between(moment - _NUMBERED_WITHIN, moment + _WHOLE_SECONDS),
    )
    found = list(session.scalars(theirs.with_for_update().execution_options(populate_existing=True)))
    if len(found) == 1:
        found[0].msg_id = result.msg_id[:40]
        session.flush()


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
    if delivery.status in FINAL and not _only_asked(delivery, result):
        return True
    counts: dict[str, int] = result.data.get("counts") or {}
    for name in ("total", "filter", "sent", "error"):
        if name in counts:
            setattr(delivery, f"{name}_count", int(counts[name]))
    urls = {int(position): url for position, url in (result.data.get("urls") or {}).items()}
    decided(session, roads.of(delivery.road), delivery, result.status, now, urls)
    return True


def _only_asked(delivery: Delivery, result: JobResult) -> bool:
    """Whether its end is known because WeChat was asked, which tells no counts and addresses: this event has them."""
    said = "delivered" if result.status in roads.of(delivery.road).successes else "failed"
    return delivery.status == said and bool(result.data.get("counts")) and delivery.total_count is None


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
    match_early(session, delivery.road, rows.packed([{"job": msg_id or None}]), now)


def arrived(session: Session, delivery: Delivery, now: datetime) -> None:
    """WeChat took a call of which it tells no more: that is its result."""
    delivery.accepted_at, delivery.lease_until = now, None
    delivery.error, delivery.error_code, delivery.openids = "", None, None
    quota.use(session, delivery.id, now)
    delivered(session, delivery, now)


def match_early(session: Session, road: str, jobs: dict[str, str], now: datetime) -> None:
    """Match the events of these jobs of a road that were faster than the answers of their calls.

    ``jobs``: rows with the ``job`` of each, as :func:`database.rows.packed` makes them.
    """
    connection = session.connection()
    found = connection.scalars(_early(connection.dialect.name), {**jobs, "way": road}).all()
    for result_id in found:
        match(session, session.get_one(JobResult, result_id), now)


@cache
def _early(dialect: str) -> sa.Select[Any]:
    mine = sa.select(rows.given(dialect, job=sa.Text).c.job)
    return sa.select(JobResult.id).where(
        JobResult.kind == sa.bindparam("way"), JobResult.msg_id.in_(mine), JobResult.matched.is_(False)
    )


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


_STEPS = {
    "awaiting_result": "sender.wait",
    "sent": "result.sent",
    "partly_failed": "result.partly",
    "failed": "result.failed",
    "unknown": "result.unknown",
}
_UNSETTLED = ("sending", "awaiting_result", "paused", "partly_failed", "failed", "unknown")


def settle(session: Session, push: Push, now: datetime) -> None:
    """Say of a push that is being sent how it stands: every call taken, or final (an unknown one counts once it was given up).

    Of one that was cancelled the last call that was under way then may have ended: its articles are free, if nobody has them.
    """
    if push.status == "cancelled":
        articles.finished(session, push)
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
    # A person may cancel at this moment: of the two, one moves it.
    moved = move(
        session,
        Push,
        push.id,
        PUSH.step(_STEPS[status]),
        finished_at=None if status == "awaiting_result" else now,
        version=Push.version + 1,
        # a pause said what to do before going on: there is nothing left to go on with
        note=sa.case((Push.status == "paused", ""), else_=Push.note),
    )
    if (moved and status != "awaiting_result") or push.status == "cancelled":
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
