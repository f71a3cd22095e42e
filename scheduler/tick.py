"""The tick: each second it releases what is due from our own tables. APScheduler only beats; jobs never hold truth.

Any number of schedulers may tick at once: each step claims by a conditional update, and a slot's push has a unique key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

import workdays
from community import expected, tags, telling
from content import columns, corrections, queue, slots
from database import claims
from ground import clock, faultpoints
from models import Delivery, JobResult, Push, ReviewAlert, Telling
from scheduler import answers, dropping, instance, pushes, quiet, report, reviewing, roads, settling
from settings import WeChatLimits
from workdays import Workdays

if TYPE_CHECKING:
    from runtime import Runtime

log = structlog.get_logger(__name__)

Hand = Callable[[str, int], None]
_RELEASE_BATCH = 500
_HAND_LIMIT = 2000
_TELLING = timedelta(hours=48)
"""WeChat lets the account write for so long after a person's last message."""
_MISSED = "到点时服务没有运行，已超过 {minutes} 分钟，没有自动发送"
_MAY_BE_SENT = "原定时间在本机接管发送以前，可能已由原服务器发出，请核对后再决定"
_SLOT_MISSED_FOR = timedelta(days=7)
"""So far back the moments of slots are looked for that nothing was sent at: a week's holiday of the server is noticed."""


class Ticker:
    """One scheduler's tick. ``hand`` gives work to the task engine: kind and row id, nothing else."""

    def __init__(self, runtime: Runtime, hand: Hand) -> None:
        self._settings = runtime.settings
        self._db = runtime.db
        self._hand = hand
        self._own = instance.fingerprint(runtime.settings)
        self._alone = threading.Lock()

    def tick(self) -> None:
        """Do all that is due now. A step that fails is logged and does not keep the others from running."""
        if not self._alone.acquire(blocking=False):
            return
        try:
            with self._db.read_scope() as session:
                may_send = instance.registered(session, self._own)
            steps: list[Callable[[datetime], None]] = [self._match_results, self._settle, self._freeze]
            if may_send:
                steps += [
                    self._free_claims,
                    self._remind,
                    self._tell,
                    self._fill_slots,
                    self._release,
                    self._hand_out,
                ]
            for step in steps:
                try:
                    step(clock.now())
                except Exception:
                    log.exception("tick_failed", step=step.__name__)
        finally:
            self._alone.release()

    # --- activities that have begun -------------------------------------------------------------------------

    def _freeze(self, now: datetime) -> None:
        """Write down whom each expects; one transaction an activity, as a list may be long."""
        with self._db.read_scope() as session:
            waiting = expected.due(session, now)
        while waiting:
            with self._db.session_scope() as session:
                waiting = expected.freeze_next(session, now)
            faultpoints.reach("activity.frozen")

    # --- what people decided and somebody is to be told -------------------------------------------------------

    def _remind(self, now: datetime) -> None:
        limits = self._settings.limits
        with self._db.read_scope() as session:
            waiting = reviewing.due(session, limits, at=now)
        for article_id in waiting:
            with self._db.session_scope() as session:
                reviewing.remind(session, article_id, limits, at=now)

    def _tell(self, now: datetime) -> None:
        with self._db.read_scope() as session:
            alerts, found = _any(session, ReviewAlert.id, []), _any(session, Telling.id, [telling.DUE])
        if alerts and not quiet.is_quiet(now, self._settings):  # nobody is woken for a review
            with self._db.session_scope() as session:
                found = bool(reviewing.tell(session, at=now)) or found
        if found:
            with self._db.session_scope() as session:
                answers.of_tellings(session, now, _TELLING)

    # --- claims whose holder has died -----------------------------------------------------------------------

    def _free_claims(self, now: datetime) -> None:
        lease_s = self._settings.system.delivery_lease_s
        dead = [
            Delivery.status == "claimed",
            claims.lease_over(Delivery.lease_until, lease_s, now),
        ]
        with self._db.read_scope() as session:
            found = _any(session, Delivery.id, dead)
        if found:
            with self._db.session_scope() as session:
                free_deliveries(session, dead, now, self._settings.wechat.limits)
                dropping.drop_cancelled(session, now)

    # --- slots ------------------------------------------------------------------------------------------------

    def _fill_slots(self, now: datetime) -> None:
        with self._db.read_scope() as session:
            waiting = queue.waiting_since(session)
            if not waiting:
                return
            found = [one for one in columns.listing(session) if one.id in waiting]
            days = workdays.load(session) if found else Workdays()
            since = max(now - _SLOT_MISSED_FOR, instance.taken_over_at(session) or now - _SLOT_MISSED_FOR)
            due = [
                (column.id, slot, moment, f"{column.key}:{moment:%Y-%m-%dT%H:%MZ}")
                for column in found
                for slot, moment in slots.came(column.slots, since, now, days)
                if waiting[column.id] <= moment
            ]
            filled = set(
                session.scalars(sa.select(Push.slot_key).where(Push.slot_key.in_([key for *_, key in due])))
            )
        for column_id, slot, moment, key in due:
            if key not in filled:
                self._fill(column_id, slot, moment, key, now)

    def _fill(self, column_id: int, slot: slots.Slot, moment: datetime, key: str, now: datetime) -> None:
        try:
            with self._db.session_scope() as session:
                most = min(slots.takes(slot), self._settings.wechat.limits.articles_per_push)
                if found := queue.take_for_slot(session, column_id, most=most, by=moment):
                    pushes.create_for_slot(
                        session,
                        self._settings,
                        found,
                        audience=str(slot.get("audience") or "all"),
                        meant=slot.get("meant") or {},
                        slot_key=key,
                        moment=moment,
                        at=now,
                    )
        except sa.exc.IntegrityError:
            log.info(
                "slot_taken", slot=key
            )  # another scheduler was faster; the articles went back with the transaction

    # --- due pushes ---------------------------------------------------------------------------------------------

    def _release(self, now: datetime) -> None:
        due = [Push.status == "scheduled", Push.due_at <= now]
        with self._db.read_scope() as session:
            if not _any(session, Push.id, due):
                return
        limits = self._settings.limits
        late = Push.due_at < now - timedelta(minutes=limits.grace_minutes)
        with self._db.session_scope() as session:
            missed = 0
            if taken_over := instance.taken_over_at(session):
                elsewhere = [*due, late, Push.due_at < taken_over]
                missed += claims.change(session, Push, elsewhere, status="missed", note=_MAY_BE_SENT)
            note = _MISSED.format(minutes=limits.grace_minutes)
            missed += claims.change(session, Push, [*due, late], status="missed", note=note)
        if missed:
            log.warning("pushes_missed", count=missed)
        self._defer(due, now)
        while True:
            with self._db.session_scope() as session:
                ids = claims.claim(
                    session,
                    Push,
                    where=due,
                    values={"status": "sending", "started_at": now, "note": ""},
                    limit=_RELEASE_BATCH,
                    order_by=(Push.due_at, Push.id),
                )
            if ids:
                faultpoints.reach("push.released")
            for push_id in ids:
                self._hand("push", push_id)
            if len(ids) < _RELEASE_BATCH:
                return

    def _defer(self, due: list[sa.ColumnElement[bool]], now: datetime) -> None:
        """In the quiet hours all waits for their end that is not an emergency."""
        hours = self._settings.limits.quiet_hours
        end = quiet.defer(now, hours)
        if end == now:
            return
        with self._db.session_scope() as session:
            claims.change(
                session,
                Push,
                [*due, Push.urgent == ""],
                due_at=end,
                note=f"{hours} 为免打扰时段，已顺延",
            )

    # --- work for the sender ------------------------------------------------------------------------------------

    def _hand_out(self, now: datetime) -> None:
        with self._db.read_scope() as session:
            work = list(self._work(session, now))
        for kind, row_id in work:
            self._hand(kind, row_id)

    def _work(self, session: Session, now: datetime) -> Iterator[tuple[str, int]]:
        mine = [Delivery.push_id == Push.id, Delivery.finished_at.is_(None)]
        sendable = sa.exists().where(
            *mine, Delivery.status.in_(["planned", "unknown"]), Delivery.due_at <= now
        )
        to_send = sa.exists().where(*mine, Delivery.status.in_(["planned", "claimed", "unknown"]))
        yield from (
            ("push", row_id)
            for row_id in session.scalars(
                sa.select(Push.id)
                .where(
                    *quiet.sendable(now, self._settings),
                    claims.free(Push, self._settings.system.delivery_lease_s, now),
                    sa.or_(Push.planned_at.is_(None), sendable, sa.not_(to_send)),
                )
                .order_by(Push.due_at, Push.id)
                .limit(_HAND_LIMIT)
            )
        )
        yield from (
            ("ask", row_id)
            for row_id in session.scalars(
                sa.select(Delivery.id)
                .where(Delivery.status == "accepted", Delivery.due_at <= now)
                .order_by(Delivery.due_at)
                .limit(_HAND_LIMIT)
            )
        )
        if _any(session, Delivery.id, settling.due(None, now)):
            yield "answers", 0
        if tags.due_tag_changes(session, at=now):
            yield "tags", 0
        if corrections.removes(session, at=now):
            yield "removals", 0

    # --- results ------------------------------------------------------------------------------------------------

    def _match_results(self, now: datetime) -> None:
        with self._db.read_scope() as session:
            ready = _any(session, JobResult.id, [JobResult.matched.is_(False), report.has_delivery()])
            orphans = _any(session, Delivery.id, report.orphaned()) and _any(
                session, JobResult.id, report.adoptable()
            )
        if ready or orphans:
            with self._db.session_scope() as session:
                report.match_waiting(session, now)
                report.adopt_orphans(session, now)

    def _settle(self, now: datetime) -> None:
        with self._db.read_scope() as session:
            found = _any(session, Push.id, report.overdue())
        if found:
            with self._db.session_scope() as session:
                report.settle_overdue(session, now)


def free_deliveries(
    session: Session, dead: list[sa.ColumnElement[bool]], now: datetime, limits: WeChatLimits
) -> None:
    """Open claims whose holder died: without ``called_at`` nothing was sent, with it the call is to be repeated, same key.

    A row that another is writing just now is left to that one: its holder lives, or another scheduler was faster.
    """
    claims.change(
        session,
        Delivery,
        [*dead, Delivery.called_at.is_(None)],
        status="planned",
        due_at=now,
        lease_until=None,
    )
    for delivery in list(session.scalars(claims.not_being_written(sa.select(Delivery).where(*dead)))):
        delivery.status = "unknown"
        delivery.error = "发送中断，待用同一编号核对"
        delivery.lease_until = None
        gap = roads.of(delivery.road).repeat_gap(limits)
        delivery.due_at = max(now, (delivery.called_at or now) + gap)


def _any(session: Session, column: Any, where: list[sa.ColumnElement[bool]]) -> bool:
    return session.scalar(sa.select(column).where(*where).limit(1)) is not None


__all__ = ["Hand", "Ticker", "free_deliveries"]
