"""What is written before and after a call: its content, its acceptance, its failure. All inside the caller's transaction."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database import claims, rows
from database.base import table_of
from models import ChatGroup, Delivery, Push, Target
from scheduler import articles, dropping, kits, marks, notice_consents, planner, quota, report, roads, windows
from scheduler.outcome import MOST_TRIES, Next, Outcome
from scheduler.roads import Answer, Call, Road
from scheduler.roads.load import Card, Hint, Notice, Occasion
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
    return (
        None
        if activity is None
        else Occasion(activity.title, activity.starts_at, activity.place, activity.id)
    )


@dataclass(frozen=True)
class Load:
    """What a push carries, read once for many calls: the activity, or the articles where a road of it ``links`` to them."""

    occasion: Occasion | None = None
    cards: Sequence[Card] = ()


NOTHING = Load()


def load_of(session: Session, settings: Settings, push_id: int | None) -> Load:
    """What this push carries; nothing for answers."""
    if push_id is None:
        return NOTHING
    planned = session.scalars(sa.select(Push.planned_roads).where(Push.id == push_id)).one()
    links = any(roads.of(name).links for name in roads.named(planned))
    cards = articles.cards(session, push_id, settings.server.base_url) if links else ()
    return Load(occasion_of(session, push_id), cards)


def address_of(session: Session, delivery: Delivery | sa.Row[Any]) -> str:
    """The secret by which a call to a group finds it; empty for other calls, and where the group has none any more."""
    if delivery.target_kind != Target.GROUP:
        return ""
    return session.scalar(sa.select(ChatGroup.robot).where(ChatGroup.id == delivery.target_id)) or ""


def hint_of(
    session: Session, settings: Settings, delivery: Delivery | sa.Row[Any], now: datetime
) -> Hint | None:
    """Lay ready what somebody is to pass on; what they are told of it, None of other calls and where they cannot be told now."""
    if delivery.target_kind != Target.FORWARDER:
        return None
    return kits.laid_ready(session, settings, delivery, at=now)


def call_of(
    settings: Settings,
    delivery: Delivery | sa.Row[Any],
    *,
    media_id: str = "",
    fields: Mapping[str, str] | None = None,
    load: Load = NOTHING,
    address: str = "",
    hint: Hint | None = None,
) -> Call:
    """All that the road needs for this delivery, or for a row with its columns. ``fields`` are those of a notice."""
    base_url = settings.server.base_url
    tail = ""
    if delivery.push_id is not None and base_url:
        mark = marks.Mark(delivery.push_id, delivery.road, delivery.branch_id)
        tail = f"?{marks.PARAMETER}={marks.text_of(mark)}"
    return Call(
        key=delivery.key,
        settings=settings,
        kind=Target(delivery.target_kind),
        target_id=delivery.target_id,
        openids=tuple(delivery.openids or filter(None, [delivery.openid])),
        media_id=media_id,
        fields=fields or {},
        payload=json.loads(delivery.payload) if delivery.payload else {},
        url=f"{base_url}{fields.path}{tail}"
        if base_url and isinstance(fields, Notice) and fields.path
        else "",
        cards=[replace(card, url=f"{card.url}{tail}") for card in load.cards],
        occasion=load.occasion,
        address=address,
        hint=hint,
    )


def drop_late(
    session: Session, settings: Settings, delivery: Delivery | sa.Row[Any], road: Road, now: datetime
) -> bool:
    """Fail a claimed call whose time is over, whose person got as many messages as WeChat allows, or who has not agreed to it.

    A consent that it needs is taken here, with the claim. Whether it failed. Of one that was made before nothing certain can
    be said.
    """
    if delivery.called_at not in (None, now):
        return False
    limits, whose = settings.wechat.limits, delivery.openid
    too_late = windows.too_late(session, road, limits, openid=whose, expires_at=delivery.expires_at, now=now)
    needed = None if too_late else notice_consents.asked_for(session, road, settings, delivery.push_id)
    if not too_late and needed is None:
        return False
    late = session.get_one(Delivery, delivery.id, populate_existing=True)
    if not too_late and notice_consents.spend(session, settings, late, road, now):
        return False
    late.called_at, late.attempts = None, late.attempts - (late.called_at == now)
    report.failed(session, late, now, road.too_late if too_late else road.unasked)
    return True


def forgotten_before(road: Road, settings: Settings, now: datetime) -> datetime:
    """Calls that left until then may have been taken and WeChat may no longer remember their keys: never repeat them.

    A repeat takes up to a lease to get there (a batch before it, a token that is waited for, a slow network), and WeChat goes by
    the moment at which it arrives: so a key counts as forgotten that much earlier.
    """
    window = road.key_window(settings.wechat.limits)
    on_its_way = min(timedelta(seconds=settings.system.delivery_lease_s), window / 4)
    return now - window + on_its_way


def key_forgotten(delivery: Delivery, road: Road, settings: Settings, now: datetime) -> bool:
    """Whether the first call of a delivery left that long ago."""
    return delivery.called_at is not None and delivery.called_at <= forgotten_before(road, settings, now)


def give_up(session: Session, delivery: Delivery, now: datetime, said: str = "") -> None:
    """Leave it unknown for good: only an event that comes late, or a person, can decide. ``said``: what people read instead.

    What lies ready here was only to be told of, and is not told twice: it is delivered.
    """
    if roads.of(delivery.road).lies_ready:
        report.arrived(session, delivery, now)
        return
    delivery.status, delivery.finished_at = "unknown", now
    delivery.error = said or roads.of(delivery.road).unsaid
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
    if not road.reports:
        mine = [Delivery.id.in_(answers), Delivery.lease_owner == owner, Delivery.status.in_(_WAITING)]
        for delivery in list(session.scalars(sa.select(Delivery).where(*mine).with_for_update())):
            report.arrived(session, delivery, now)
        return
    connection = session.connection()
    jobs = rows.packed({"id": one, "job": job or None} for one, job in sorted(answers.items()))
    ask_at = now + road.result_after(settings.wechat.limits)
    written = {**jobs, "by": owner, "taken_at": now, "ask_at": ask_at}
    accepted = connection.scalars(_accepting(connection.dialect.name), written).all()
    if road.costs_quota:
        for delivery_id in accepted:
            quota.use(session, delivery_id, now)
    report.match_early(session, road.name, jobs, now)


@cache
def _accepting(dialect: str) -> sa.UpdateBase:
    table, taken = table_of(Delivery), rows.given(dialect, id=sa.BigInteger, job=sa.Text)
    # Joined by the primary key: an index on the status would lead SQLite through all that are claimed, once for each row.
    by_no_index = table.c.status + ""
    mine = (table.c.id == taken.c.id, table.c.lease_owner == sa.bindparam("by"), by_no_index.in_(_WAITING))
    return (
        sa.update(table)
        .where(*mine)
        .values(
            status="accepted",
            msg_id=taken.c.job,
            accepted_at=sa.bindparam("taken_at"),
            due_at=sa.bindparam("ask_at"),
            error="",
            error_code=None,
            openids=None,
        )
        .returning(table.c.id)
    )


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
    notice_consents.settled(session, settings, delivery, outcome)
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


def put_back(session: Session, settings: Settings, unmade: Mapping[int, bool], owner: str) -> None:
    """Calls of this owner's claim that were marked and never made; of each, whether no earlier one with its key is unknown."""
    for first, undone in (
        (True, {"status": "planned", "called_at": None}),
        (False, {"status": "unknown"}),
    ):
        ids = [one for one, is_first in unmade.items() if is_first == first]
        if ids:
            mine = [Delivery.id.in_(ids), Delivery.lease_owner == owner, Delivery.status == "claimed"]
            taken = sa.select(Delivery).where(*mine, Delivery.spends_consent.is_(True))
            notice_consents.give_back(session, settings, list(session.scalars(taken.with_for_update())))
            claims.change(session, Delivery, mine, lease_until=None, attempts=Delivery.attempts - 1, **undone)


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
        dropping.drop_planned(session, push, now)


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
