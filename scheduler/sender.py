"""Sends: short transaction, call, short transaction. One run works on one push.

The order of steps is what makes a kill between any two of them harmless. Plan and deliveries are one transaction. Uploads and
the draft may be made twice. A delivery is claimed, then ``called_at`` is committed, then the call leaves; whoever finds a claim
without ``called_at`` knows that nothing was sent, and one with it repeats the call, same key, while WeChat remembers the key.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import sqlalchemy as sa
import structlog
from sqlalchemy.orm import Session

from database import claims, locks
from database.locks import Lock
from ground import clock, faultpoints
from ground.errors import PioneerError
from models import Delivery, Push
from scheduler import articles, planner, pushes, quiet, report, roads, settling, shares
from scheduler import audience as audiences
from scheduler.audience import tagged
from scheduler.drafting import Drafts
from scheduler.lanes import Item, Lanes
from scheduler.outcome import of_failure
from scheduler.roads import Road, Target

if TYPE_CHECKING:
    from runtime import Runtime

log = structlog.get_logger(__name__)

_TAGS_WAIT = timedelta(seconds=20)
_FEW = 3  # so many people more or less are the everyday coming and going of a small branch


class _Stopped(Exception):
    """This run must not go on: the lease is another's, the push is paused, or the engine stops."""


class Sender:
    """Works on pushes with the parts of ``runtime``; ``stopping`` ends every run at its next step."""

    def __init__(self, runtime: Runtime, stopping: threading.Event, lanes: Lanes) -> None:
        self._settings = runtime.settings
        self._db = runtime.db
        self._runtime = runtime
        self._stopping = stopping
        self._lanes = lanes
        self._drafts = Drafts(runtime)
        self._planning = threading.Lock()

    # --- one run of a push ---------------------------------------------------------------------------------

    def run(self, push_id: int, hand_on: Callable[[], int] | None = None) -> None:
        """Plan a released push if that was not done, prepare its draft and send what is due, one call after another.

        ``hand_on`` gives calls that may go side by side to lanes, and says to how many: these hold the push from then on.
        Without it they are made here.
        """
        owner = claims.new_owner()
        if not self._take(push_id, owner):
            return
        lanes = 0
        try:
            self._plan(push_id, owner)
            ways = self._roads(push_id)
            side_by_side = any(not road.serial for road in ways)
            if side_by_side and hand_on is not None:
                lanes = hand_on()
            for road in ways:
                if road.serial:
                    self._send_serially(push_id, owner, road)
            if side_by_side and hand_on is None:
                self._lanes.lane(push_id)
        except _Stopped:
            pass
        finally:
            self._give_back(push_id, owner, to_lanes=lanes > 0)

    def _take(self, push_id: int, owner: str) -> bool:
        now, lease_s = clock.now(), self._settings.system.delivery_lease_s
        with self._db.session_scope() as session:
            taken = claims.claim(
                session,
                Push,
                where=[Push.id == push_id, Push.status == "sending", claims.free(Push, lease_s, now)],
                lease=claims.lease_for(owner, lease_s, now),
                values={"started_at": sa.func.coalesce(Push.started_at, now)},
            )
        return bool(taken)

    def _give_back(self, push_id: int, owner: str, *, to_lanes: bool) -> None:
        with self._db.session_scope() as session:
            if to_lanes and self._lanes.hold(session, push_id, owner, clock.now()):
                return
            claims.give_back(session, Push, owner, Push.id == push_id)
            push = session.get(Push, push_id)
            if push is not None:
                report.settle(session, push, clock.now())

    def _renew(self, session: Session, push_id: int, owner: str) -> None:
        """Keep the push for another lease. Raises :class:`_Stopped` where it is not ours, or not to be sent, any more."""
        if self._stopping.is_set():
            raise _Stopped
        until = claims.lease_end(self._settings.system.delivery_lease_s, clock.now())
        mine = [Push.id == push_id, Push.lease_owner == owner, *quiet.sendable(clock.now(), self._settings)]
        if not claims.change(session, Push, mine, lease_until=until):
            raise _Stopped

    # --- plan ----------------------------------------------------------------------------------------------

    def _plan(self, push_id: int, owner: str) -> None:
        """Plan once. One plan at a time, so that two pushes never count on the same last message of a follower."""
        now = clock.now()
        with self._db.read_scope() as session:
            if session.get_one(Push, push_id).planned_at is not None:
                return
        if self._db.on_sqlite:
            with self._planning:
                # Reading 66,000 followers takes a while: the one writer of SQLite is not kept waiting for it.
                with self._db.read_scope() as session:
                    made, reason = self._planned(session, session.get_one(Push, push_id), now)
                with self._db.session_scope() as session:
                    planned = self._write_plan(session, push_id, owner, made, reason, now)
        else:
            with self._db.session_scope() as session:
                locks.hold(session, Lock.PLANNING)
                made, reason = self._planned(session, session.get_one(Push, push_id), now)
                planned = self._write_plan(session, push_id, owner, made, reason, now)
        faultpoints.reach("push.planned")
        if not planned:
            raise _Stopped

    def _write_plan(
        self,
        session: Session,
        push_id: int,
        owner: str,
        made: planner.Plan | None,
        reason: str,
        now: datetime,
    ) -> bool:
        """Write it down; False where a person must decide first."""
        self._renew(session, push_id, owner)
        push = session.get_one(Push, push_id, populate_existing=True)
        push.version += 1
        if made is None:
            push.status, push.note = "paused", reason
            return False
        if far := self._too_far(push, made):
            push.status, push.note = "held", far
            push.planned, push.skipped = made.planned, made.skipped
            shares.planned(push, made.shares)
            planner.reserve(session, self._settings, push, made)
            return False
        planner.write(session, self._settings, push, made, now)
        push.planned_at, push.planned, push.skipped = now, made.planned, made.skipped
        shares.planned(push, made.shares)
        push.planned_roads = ",".join(route.road.name for route in made.routes if route.deliveries)
        if any(route.deliveries for route in made.routes):
            articles.started(session, push)
        else:
            push.status, push.finished_at = "failed", now
            push.note = "没有可以送达的人"
            articles.finished(session, push)
        return True

    def _too_far(self, push: Push, made: planner.Plan) -> str:
        """Why the plan is not what was confirmed any more, beyond what the office lets pass; empty where it is.

        Who is reached through a window may have written, or not, since then: where others are reached too, only these count.
        """
        percent, limits = self._settings.limits.plan_drift_percent, self._settings.wechat.limits
        confirmed = push.confirmed.get("released", push.confirmed.get("planned"))
        if confirmed is None or not percent:
            return ""
        was = confirmed - shares.by_windows(shares.of(push), limits)
        now = made.planned - shares.by_windows(made.shares, limits)
        if not was and not now:
            was, now = confirmed, made.planned
        apart = abs(now - was)
        if apart < _FEW or apart * 100 <= percent * was:
            return ""
        unit = shares.unit(made.shares)
        return f"确认时预计 {confirmed} {unit}收到，现在是 {made.planned} {unit}，相差超过 {percent}%，请确认后再发送"

    def _awaits_tags(self, session: Session, push: Push, now: datetime) -> bool:
        """Whether members have just been bound whose tags are not at WeChat yet; one single person has no other road."""
        try:
            ways = roads.choose(push.road, push.kind, self._settings)
            by_tag = any(Target.TAG in road.targets(self._settings) for road in ways)
            chosen = audiences.of_push(session, push, at=now)
            return by_tag and tagged.on_their_way(session, chosen)
        except PioneerError:
            return False  # the plan will say why

    def _planned(self, session: Session, push: Push, now: datetime) -> tuple[planner.Plan | None, str]:
        """The plan, or why a person must decide first. Raises :class:`_Stopped` where it is too early for one."""
        if now - push.due_at < _TAGS_WAIT and self._awaits_tags(session, push, now):
            raise _Stopped  # a later tick takes it up
        if changed := pushes.changed_articles(session, push):
            return None, f"稿件《{changed[0].title}》在排期后改动过，请重新审核后新建推送"
        try:
            made = planner.plan(
                session,
                self._settings,
                audience=audiences.of_push(session, push, at=now),
                by=roads.choose(push.road, push.kind, self._settings),
                columns=pushes.columns_of(session, push),
                moment=now,
                at=now,
                own=push.id,
                activity_id=push.activity_id,
                auto=roads.is_auto(push.road),
            )
        except PioneerError as error:
            return None, error.message[:500]
        return made, ""

    def _roads(self, push_id: int) -> list[Road]:
        with self._db.read_scope() as session:
            names = session.scalars(sa.select(Push.planned_roads).where(Push.id == push_id)).one()
        return [roads.of(name) for name in roads.named(names)]

    # --- one call after another -------------------------------------------------------------------

    def _send_serially(self, push_id: int, owner: str, road: Road) -> None:
        def renew(session: Session) -> None:
            self._renew(session, push_id, owner)

        while True:
            with self._db.read_scope() as session:
                waiting = session.scalar(
                    sa.select(sa.func.count()).where(
                        *settling.due(push_id, clock.now()), Delivery.road == road.name
                    )
                )
            if not waiting:
                return
            if road.needs_draft and not self._drafts.make(push_id, road, renew):
                return
            if not self._send_one(push_id, owner, road):
                return

    def _send_one(self, push_id: int, owner: str, road: Road) -> bool:
        """Claim the next due delivery, call, settle. False where nothing more can be done just now."""
        claimed = self._claim_one(push_id, owner, road)
        if claimed is None:
            return False
        if isinstance(claimed, int):
            return True  # it was given up: on to the next
        faultpoints.reach("push.claimed")
        if not self._mark_called(claimed, owner):
            return False
        faultpoints.reach("push.called")
        answer, failure = roads.attempt(road, self._runtime.client, claimed.call)
        faultpoints.reach("push.answered")
        if answer is None:
            return self._failed(claimed, owner, failure)
        with self._db.session_scope() as session:
            settling.accept(session, self._settings, claimed.delivery_id, owner, answer, clock.now())
        faultpoints.reach("push.settled")
        return True

    def _claim_one(self, push_id: int, owner: str, road: Road) -> Item | int | None:
        """The next due delivery, claimed; its number where it was given up; None where there is none."""
        now = clock.now()
        with self._db.session_scope() as session:
            self._renew(session, push_id, owner)
            claimed = claims.claim(
                session,
                Delivery,
                where=[*settling.due(push_id, now), Delivery.road == road.name],
                lease=claims.lease_for(owner, self._settings.system.delivery_lease_s, now),
                values={"status": "claimed"},
            )
            if not claimed:
                return None
            delivery = session.get_one(Delivery, claimed[0])
            if settling.key_forgotten(delivery, road, self._settings, now):
                settling.give_up(session, delivery, now)
                return delivery.id
            if settling.drop_late(session, self._settings, delivery, road, now):
                return delivery.id
            load = settling.load_of(session, self._settings, push_id)
            call = settling.call_of(
                self._settings,
                delivery,
                media_id=session.get_one(Push, push_id).draft_media_id,
                fields=road.fields(load.occasion) if load.occasion else None,
                load=load,
                address=settling.address_of(session, delivery),
                hint=settling.hint_of(session, self._settings, delivery, now),
            )
            return Item(delivery.id, road, call, delivery.attempts + 1, first=delivery.called_at is None)

    def _mark_called(self, item: Item, owner: str) -> bool:
        """Write that the call leaves now; False where the claim is not ours any more, or its time is over."""
        mine = [
            Delivery.id == item.delivery_id,
            Delivery.lease_owner == owner,
            Delivery.status == "claimed",
            Delivery.lease_until > clock.now(),
        ]
        with self._db.session_scope() as session:
            called = claims.change(
                session,
                Delivery,
                mine,
                called_at=sa.func.coalesce(Delivery.called_at, clock.now()),
                attempts=item.attempts,
                media_id=item.call.media_id,
            )
        return bool(called)

    def _failed(self, item: Item, owner: str, failure: Exception | None) -> bool:
        """Settle a call that did not succeed; whether the run may go on at once."""
        now = clock.now()
        outcome = of_failure(
            failure,
            road=item.road,
            settings=self._settings,
            attempts=item.attempts,
            first=item.first,
            now=now,
        )
        log.warning("send_failed", delivery=item.delivery_id, code=outcome.code, status=outcome.status)
        with self._db.session_scope() as session:
            return settling.fail(session, self._settings, item.delivery_id, owner, outcome, now)
