"""What is written before and after a call: its content, its acceptance, its failure. All inside the caller's transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database import claims
from database.base import table_of
from models import Delivery, Push, Target
from scheduler import planner, pushes, quota, report, roads
from scheduler.outcome import MOST_TRIES, Next, Outcome
from scheduler.roads import Answer, Call, Road
from scheduler.roads.base import Occasion
from settings import Settings

_WAITING = ("claimed", "unknown")
_ANSWER_RESTS = timedelta(minutes=5)


def due(push_id: int | None, now: datetime) -> list[sa.ColumnElement[bool]]:
    """SQL: the deliveries of a push (None: the answers) that may be sent, or sent again, with their key, now."""
    return [
        Delivery.push_id.is_(None) if push_id is None else Delivery.push_id == push_id,
        Delivery.status.in_(["planned", "unknown"]),
        Delivery.finished_at.is_(None),
        Delivery.due_at <= now,
    ]


def occasion_of(session: Session, push_id: int | None) -> Occasion | None:
    """The activity of which a push gives notice; None for articles and answers."""
    activity = None if push_id is None else session.get_one(Push, push_id).activity
    return None if activity is None else Occasion(activity.title, activity.starts_at, activity.place)


def call_of(
    settings: Settings, delivery: Delivery, *, media_id: str = "", fields: Mapping[str, str] | None = None
) -> Call:
    """All that the road needs for this delivery. ``fields`` are those of a notice."""
    base_url = settings.server.base_url
    return Call(
        key=delivery.key,
        settings=settings,
        kind=Target(delivery.target_kind),
        target_id=delivery.target_id,
        openids=tuple(delivery.openids or filter(None, [delivery.openid])),
        media_id=media_id,
        fields=fields or {},
        payload=json.loads(delivery.payload) if delivery.payload else {},
        url=f"{base_url}/m/study" if base_url else "",
    )


def key_forgotten(delivery: Delivery, road: Road, settings: Settings, now: datetime) -> bool:
    """Whether an earlier call may have been taken and WeChat may no longer remember its key: never repeat then.

    A repeat takes up to a lease to get there (a batch before it, a token that is waited for, a slow network), and WeChat goes by
    the moment at which it arrives: so the key counts as forgotten that much earlier.
    """
    if delivery.called_at is None:
        return False
    window = road.key_window(settings.wechat.limits)
    on_its_way = min(timedelta(seconds=settings.system.delivery_lease_s), window / 4)
    return now >= delivery.called_at + window - on_its_way


def give_up(session: Session, delivery: Delivery, now: datetime) -> None:
    """Leave it unknown for good: only an event that comes late, or a person, can decide."""
    delivery.status, delivery.finished_at = "unknown", now
    delivery.error = "微信没有给出结果，无法确认是否送达，请到公众号后台核对，不要重发"
    delivery.openids = None
    session.flush()
    report.settle_of(session, delivery, now)


def accept(
    session: Session, settings: Settings, delivery_id: int, owner: str, answer: Answer, now: datetime
) -> None:
    """WeChat took the call of this owner's claim. A claim that was lost meanwhile changes nothing: its holder will hear 45065."""
    delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
    if delivery.lease_owner != owner or delivery.status not in _WAITING:
        return
    road, limits = roads.of(delivery.road), settings.wechat.limits
    if not road.reports:
        report.arrived(session, delivery, now)
        return
    if answer.repeated and _is_anothers(session, delivery, answer.msg_id):
        # Seen with batches: "this key exists", with the msg_id of another batch. Only the job events can tell.
        delivery.status, delivery.error_code = "unknown", report.KEY_EXISTS
        delivery.error = f"微信返回了另一批的编号，等待{road.title}结果核对"
        delivery.due_at = now + road.key_window(limits)
        return
    report.accepted(
        session,
        delivery,
        msg_id=answer.msg_id,
        msg_data_id=answer.msg_data_id,
        ask_at=now + road.result_after(limits),
        now=now,
    )


def accept_batch(
    session: Session, settings: Settings, road: Road, answers: Mapping[int, str], owner: str, now: datetime
) -> None:
    """The same for many calls of one road: delivery id → ``msg_id`` (may be empty where WeChat knew the key)."""
    mine = set(
        session.scalars(
            sa.select(Delivery.id)
            .where(Delivery.id.in_(answers), Delivery.lease_owner == owner, Delivery.status.in_(_WAITING))
            .with_for_update()
        )
    )
    if not mine:
        return
    if not road.reports:
        for delivery in list(session.scalars(sa.select(Delivery).where(Delivery.id.in_(mine)))):
            report.arrived(session, delivery, now)
        return
    table = table_of(Delivery)
    session.connection().execute(
        sa.update(table)
        .where(table.c.id == sa.bindparam("one"))
        .values(
            status="accepted",
            msg_id=sa.bindparam("job"),
            accepted_at=now,
            due_at=now + road.result_after(settings.wechat.limits),
            error="",
            error_code=None,
            openids=None,
        ),
        [{"one": delivery_id, "job": answers[delivery_id] or None} for delivery_id in mine],
    )
    if road.costs_quota:
        for delivery_id in mine:
            quota.use(session, delivery_id, now)
    report.match_early(session, [answers[delivery_id] for delivery_id in mine], now)


def _is_anothers(session: Session, delivery: Delivery, msg_id: str) -> bool:
    taken = sa.select(Delivery.id).where(Delivery.msg_id == msg_id, Delivery.id != delivery.id)
    return session.scalar(taken.limit(1)) is not None


def fail(
    session: Session, settings: Settings, delivery_id: int, owner: str, outcome: Outcome, now: datetime
) -> bool:
    """The call did not succeed; whether the run may go on with the next delivery at once."""
    delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
    if delivery.lease_owner != owner or delivery.status not in _WAITING:
        return False
    delivery.lease_until, delivery.due_at = None, outcome.due_at
    delivery.error, delivery.error_code = outcome.message[:500], outcome.code
    push = session.get(Push, delivery.push_id) if delivery.push_id is not None else None
    if outcome.status == "failed" and outcome.after is Next.RETARGET and push is not None:
        _retarget(session, settings, push, delivery, now)
    elif outcome.status == "failed":
        report.failed(session, delivery, now, outcome.message, outcome.code)
    elif outcome.status == "delivered":
        report.arrived(session, delivery, now)
    else:
        delivery.status = outcome.status
        if outcome.status == "planned":
            delivery.called_at = None
    if push is None:
        _rest(session, delivery, outcome, now)
    else:
        _of_push(session, push, delivery, outcome, now)
    return outcome.after in (Next.GO_ON, Next.REDRAFT, Next.RETARGET)


def _rest(session: Session, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """Nobody stands behind an answer who could mend something and go on: it is tried again for a while, and fails then."""
    if outcome.after is Next.PAUSE and delivery.status == "planned":
        if delivery.attempts >= MOST_TRIES:
            report.failed(session, delivery, now, outcome.message, outcome.code)
        else:
            delivery.due_at = now + _ANSWER_RESTS


def _of_push(session: Session, push: Push, delivery: Delivery, outcome: Outcome, now: datetime) -> None:
    """What the failure of one call means for the push and its other calls."""
    if outcome.after is Next.REDRAFT:
        push.draft_media_id = ""
    elif outcome.after is Next.PAUSE:
        claims.change(session, Push, [Push.id == push.id, Push.status == "sending"], status="paused")
        push.note = outcome.message[:500]
    elif outcome.after is Next.STOP:
        push.note = outcome.message[:500]
        _fail_rest(session, push, delivery.road, now, outcome)
    if push.status == "cancelled":
        session.flush()
        pushes.drop_planned(session, push, now)


def _retarget(session: Session, settings: Settings, push: Push, delivery: Delivery, now: datetime) -> None:
    """The tag is gone at WeChat: the same people by list, in new deliveries with new keys (nothing was sent)."""
    people = quota.holders(session, delivery.id)
    quota.release(session, delivery.id)
    delivery.status, delivery.finished_at = "cancelled", now
    road = roads.of(delivery.road)
    routed = road.relist(people, delivery.target, settings.wechat.limits)
    if routed.skipped:
        push.skipped = dict(Counter(push.skipped) + Counter(routed.skipped))
    planner.write(session, settings, push, planner.Plan([planner.Route(road, routed.deliveries)], {}), now)


def _fail_rest(session: Session, push: Push, road: str, now: datetime, outcome: Outcome) -> None:
    """The content is refused: what was not sent yet by this road would be refused as well."""
    rest = sa.select(Delivery).where(
        Delivery.push_id == push.id, Delivery.road == road, Delivery.status == "planned"
    )
    for delivery in list(session.scalars(claims.not_being_written(rest))):  # one just claimed is on its way
        report.failed(session, delivery, now, outcome.message, outcome.code)
