"""Calls that are independent: many deliveries side by side, in batches, with one commit between two batches.

All of a batch are marked as called beforehand; after a kill they are repeated with their keys, which WeChat recognises. Where it
knows no key, a batch is one call: whatever was called and has no answer may have been shown, and is never called again.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database import claims
from ground import clock, faultpoints
from models import Delivery, Push
from scheduler import answers, batches, report, roads, settling
from scheduler.outcome import Next, Outcome, of_failure
from scheduler.roads import Answer, Call, Road

if TYPE_CHECKING:
    from runtime import Runtime

THREADS = 4
"""How many lanes one process has."""
HELD = "lanes"
"""Who holds a push that its lanes work on."""
_MOST = 200
_FEW = 40
_SHARES = THREADS
_LASTS_S = 1.0  # whoever pauses a push does not wait longer than a batch
_FIRST_CALL_S = 0.05


@dataclass
class Item:
    """One claimed delivery. ``first``: no earlier call with its key is unknown."""

    delivery_id: int
    road: Road
    call: Call
    attempts: int
    first: bool
    answer: Answer | None = None
    outcome: Outcome | None = None
    """What becomes of a call that did not succeed; without this and without an answer it was not made."""


@dataclass
class _Lane:
    """What one lane knows of its push (None: of the answers) from batch to batch."""

    push_id: int | None
    owner: str = ""
    batch: list[Item] = field(default_factory=list)
    fields: dict[str, Mapping[str, str]] | None = None
    load: settling.Load = settling.NOTHING


class Lanes:
    """Sends deliveries side by side; any number of threads may run :meth:`lane` for one push, or for the answers."""

    def __init__(self, runtime: Runtime, stopping: threading.Event) -> None:
        self._settings = runtime.settings
        self._db = runtime.db
        self._runtime = runtime
        self._stopping = stopping
        self._call_s: dict[str, float] = {}

    def lane(self, push_id: int | None, turn_s: float = math.inf) -> bool:
        """Send due deliveries of this push (None: answers) until none is left, or for so long; whether some may be left."""
        lane, end = _Lane(push_id), time.monotonic() + turn_s
        while not self._stopping.is_set():
            over = time.monotonic() >= end
            with self._db.session_scope() as session:
                # What was called is settled in the transaction that claims the next: one commit a batch.
                now = clock.now()
                self._settle(session, lane, now)
                lane.batch = []
                if not over:
                    self._claim(session, lane, now)
                    if not lane.batch and push_id is not None:
                        self._leave(session, push_id, now)
            faultpoints.reach("push.settled")
            if not lane.batch:
                return over
            self._call(lane.batch)
        with self._db.session_scope() as session:
            now = clock.now()
            self._settle(session, lane, now)
            if push_id is not None:
                self._leave(session, push_id, now)
        return False

    def worth(self, push_id: int) -> int:
        """How many lanes would have something to do for this push now."""
        with self._db.read_scope() as session:
            seen = batches.look(session, self._settings, push_id, _MOST * _SHARES, clock.now())
        return -(-seen.waiting // _FEW) + seen.doubtful if seen else 0

    def hold(self, session: Session, push_id: int, owner: str, now: datetime) -> bool:
        """Take the push over from ``owner``; False where its lanes have nothing more to do."""
        seen = batches.look(session, self._settings, push_id, 1, now)
        mine = [Push.id == push_id, Push.lease_owner == owner]
        return bool(
            seen and (seen.waiting or seen.doubtful) and claims.change(session, Push, mine, lease_owner=HELD)
        )

    def let_go(self) -> None:
        """Free every push that lanes hold. Only where all of them are in this process, and have ended."""
        with self._db.session_scope() as session:
            claims.give_back(session, Push, HELD)

    def _leave(self, session: Session, push_id: int, now: datetime) -> None:
        """Nothing is left for a lane to do just now: the clock may hand the push out again, or it is over."""
        claims.give_back(session, Push, HELD, Push.id == push_id)
        report.settle(session, session.get_one(Push, push_id), now)

    def _keep(self, session: Session, push_id: int, until: datetime | None, now: datetime) -> None:
        """While there are lanes, nobody else is to take the push up; seldom written, as all of them share its row."""
        lease_s = self._settings.system.delivery_lease_s
        if until is not None and until < claims.lease_end(lease_s / 2, now):
            held = [Push.id == push_id, Push.lease_owner == HELD]
            claims.change(session, Push, held, lease_until=claims.lease_end(lease_s, now))

    # --- calls ------------------------------------------------------------------------------------------------

    def _call(self, batch: list[Item]) -> None:
        """Call one after another, for half of the lease. Both clocks count: a machine that slept is late by the one of WeChat."""
        patience_s = self._settings.system.delivery_lease_s / 2
        began, latest = time.monotonic(), claims.lease_end(patience_s, clock.now())
        for made, item in enumerate(batch, 1):
            if self._stopping.is_set() or clock.now() > latest or time.monotonic() - began > patience_s:
                return
            faultpoints.reach("push.called")
            item.answer, failure = roads.attempt(item.road, self._runtime.client, item.call)
            faultpoints.reach("push.answered")
            self._call_s[item.road.name] = (time.monotonic() - began) / made
            if item.answer is None:
                item.outcome = of_failure(
                    failure,
                    road=item.road,
                    settings=self._settings,
                    attempts=item.attempts,
                    first=item.first,
                    now=clock.now(),
                )
                if item.outcome.after in (Next.PAUSE, Next.STOP):
                    return  # the next one would hear the same

    # --- before -----------------------------------------------------------------------------------------------

    def _claim(self, session: Session, lane: _Lane, now: datetime) -> None:
        """Claim the next batch, and mark it as called; an empty one where nothing more can be done from here on."""
        lane.owner = claims.new_owner()
        if lane.fields is None:
            self._begin(session, lane, now)
        if lane.push_id is None:
            self._claim_answer(session, lane, now)
            return
        seen = batches.look(session, self._settings, lane.push_id, _MOST * _SHARES, now)
        if seen is None:
            return
        self._keep(session, lane.push_id, seen.until, now)
        # First what may have been taken already: WeChat does not know its keys for long.
        for status in ("unknown", "planned") if seen.doubtful else ("planned",):
            for road in seen.by:
                most = self._size(road, seen.waiting)
                if self._claim_some(session, lane, road, status, most, now):
                    return

    def _claim_some(
        self, session: Session, lane: _Lane, road: Road, status: str, most: int, now: datetime
    ) -> bool:
        """Claim some calls of this road that are not too late; whether there are any. Some of the late ones fail here."""
        assert lane.push_id is not None
        for _ in range(_MOST):
            won = batches.claim(
                session, self._settings, lane.push_id, road, lane.owner, status=status, most=most, at=now
            )
            lane.batch = [
                self._item(session, row, road, lane, now)
                for row in won
                if not settling.drop_late(session, self._settings, row, road, now)
            ]
            if lane.batch or not won:
                break
        return bool(lane.batch)

    def _begin(self, session: Session, lane: _Lane, now: datetime) -> None:
        """What is done once a lane: give up what WeChat would not know again, look what the notice says."""
        for delivery in batches.forgotten(session, self._settings, lane.push_id, now):
            settling.give_up(session, delivery, now)
        lane.load = settling.load_of(session, self._settings, lane.push_id)
        occasion = lane.load.occasion
        lane.fields = {road.name: road.fields(occasion) for road in roads.ROADS.values()} if occasion else {}

    def _item(
        self, session: Session, row: sa.Row[Any] | Delivery, road: Road, lane: _Lane, now: datetime
    ) -> Item:
        call = settling.call_of(
            self._settings,
            row,
            fields=(lane.fields or {}).get(road.name),
            load=lane.load,
            address=settling.address_of(session, row),
            hint=settling.hint_of(session, self._settings, row, now),
        )
        return Item(row.id, road, call, row.attempts, first=row.called_at == now)

    def _claim_answer(self, session: Session, lane: _Lane, now: datetime) -> None:
        """One at a time, as there is no key; not if its time is over."""
        for road in answers.ROADS:
            if not lane.batch:
                self._claim_answer_by(session, lane, road, now)

    def _claim_answer_by(self, session: Session, lane: _Lane, road: Road, now: datetime) -> None:
        ids = claims.claim(
            session,
            Delivery,
            where=[
                *settling.due(None, now),
                Delivery.road == road.name,
                Delivery.called_at.is_(None),
            ],
            lease=claims.lease_for(lane.owner, self._settings.system.delivery_lease_s, now),
            values={"status": "claimed"},
        )
        for delivery in [session.get_one(Delivery, one) for one in ids]:
            if settling.drop_late(session, self._settings, delivery, road, now):
                continue
            delivery.called_at, delivery.attempts = now, delivery.attempts + 1
            lane.batch = [self._item(session, delivery, road, lane, now)]

    def _size(self, road: Road, waiting: int) -> int:
        """How many a batch may hold: a share of what waits, but no more than can be called in a second; without a key, one.

        Each batch costs a commit, so few are better than many; the second keeps the last lane from working on alone for long.
        """
        if not road.key_window(self._settings.wechat.limits):
            return 1
        share = max(waiting // _SHARES, min(_FEW, -(-waiting // THREADS)))
        in_time = int(_LASTS_S / max(self._call_s.get(road.name, _FIRST_CALL_S), 1e-3))
        return max(1, min(_MOST, share, in_time))

    # --- after ------------------------------------------------------------------------------------------------

    def _settle(self, session: Session, lane: _Lane, now: datetime) -> None:
        if not lane.batch:
            return
        taken = {item.delivery_id: item.answer.msg_id for item in lane.batch if item.answer is not None}
        if taken:
            road = lane.batch[0].road
            settling.accept_batch(session, self._settings, road, taken, lane.owner, now)
        for item in lane.batch:
            if item.outcome is not None:
                settling.fail(session, self._settings, item.delivery_id, lane.owner, item.outcome, now)
        unmade = {item.delivery_id: item.first for item in lane.batch if not item.answer and not item.outcome}
        settling.put_back(session, self._settings, unmade, lane.owner)
