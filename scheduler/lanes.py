"""Calls that are independent: many deliveries side by side, in batches, with one commit between two batches.

All of a batch are marked as called beforehand; after a kill they are repeated with their keys, which WeChat recognises. Where it
knows no key, a batch is one call: whatever was called and has no answer may have been shown, and is never called again.
"""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database import claims
from ground import clock, faultpoints
from models import Delivery, Push
from scheduler import answers, quiet, report, roads, settling
from scheduler.outcome import of_failure
from scheduler.roads import Answer, Call, Road

if TYPE_CHECKING:
    from runtime import Runtime

_BATCH = 40


@dataclass
class Item:
    """One claimed delivery of a batch. ``first``: no earlier call with its key is unknown."""

    delivery_id: int
    road: Road
    call: Call
    attempts: int
    first: bool
    answer: Answer | None = None
    failure: Exception | None = None
    called: bool = False


class Lanes:
    """Sends deliveries side by side; any number of threads may run :meth:`lane` for one push, or for the answers."""

    def __init__(self, runtime: Runtime, stopping: threading.Event) -> None:
        self._settings = runtime.settings
        self._db = runtime.db
        self._runtime = runtime
        self._stopping = stopping

    def lane(self, push_id: int | None) -> None:
        """Send due deliveries of this push (None: answers) until none is left."""
        after = 0
        owner = ""
        batch: list[Item] = []
        while not self._stopping.is_set():
            with self._db.session_scope() as session:
                # What was called is settled in the transaction that claims the next: one commit a batch.
                self._settle(session, batch, owner)
                owner = claims.new_owner()
                batch = self._claim(session, push_id, owner, after)
            faultpoints.reach("push.settled")
            if not batch and not after:
                return
            # Going on from the last one spares reading all that are done; at the end a look at the whole.
            after = batch[-1].delivery_id if batch else 0
            self._call(batch)
        with self._db.session_scope() as session:
            self._settle(session, batch, owner)

    def _call(self, batch: list[Item]) -> None:
        """Call one after another, for half of the lease. Both clocks count: a machine that slept is late by the one of WeChat."""
        patience_s = self._settings.system.delivery_lease_s / 2
        began, latest = time.monotonic(), claims.lease_end(patience_s, clock.now())
        for item in batch:
            late = time.monotonic() - began > patience_s or clock.now() > latest
            if late or self._stopping.is_set():
                return
            faultpoints.reach("push.called")
            item.called = True
            item.answer, item.failure = roads.attempt(item.road, self._runtime.client, item.call)
            faultpoints.reach("push.answered")

    def _claim(self, session: Session, push_id: int | None, owner: str, after: int) -> list[Item]:
        now, limits = clock.now(), self._settings.wechat.limits
        if push_id is not None:
            may_send = sa.select(Push.id).where(Push.id == push_id, *quiet.sendable(now, self._settings))
            if session.scalar(may_send) is None:
                return []
        others = [road.name for road in roads.ROADS.values() if road.serial]
        where = [*settling.due(push_id, now), Delivery.road.not_in(others), Delivery.id > after]
        name = session.scalar(sa.select(Delivery.road).where(*where).order_by(Delivery.id).limit(1))
        if name is None:
            return []
        ids = claims.claim(
            session,
            Delivery,
            where=[*where, Delivery.road == name],
            lease=claims.lease_for(owner, self._settings.system.delivery_lease_s, now),
            values={"status": "claimed"},
            limit=_BATCH if roads.of(name).key_window(limits) else 1,
        )
        batch: list[Item] = []
        occasion = settling.occasion_of(session, push_id)
        fields: dict[str, Mapping[str, str]] = {}
        rows = session.scalars(sa.select(Delivery).where(Delivery.id.in_(ids)).order_by(Delivery.id))
        for delivery in list(rows):
            road = roads.of(delivery.road)
            if settling.key_forgotten(delivery, road, self._settings, now):
                settling.give_up(session, delivery, now)
                continue
            if push_id is None and answers.too_late(session, delivery, road, limits, now):
                report.failed(session, delivery, now, road.too_late)
                continue
            first = delivery.called_at is None
            delivery.called_at = delivery.called_at or now
            delivery.attempts += 1
            if occasion and road.name not in fields:
                fields[road.name] = road.fields(occasion)
            call = settling.call_of(self._settings, delivery, fields=fields.get(road.name))
            batch.append(Item(delivery.id, road, call, delivery.attempts, first))
        return batch

    def _settle(self, session: Session, batch: list[Item], owner: str) -> None:
        now = clock.now()
        taken: defaultdict[str, dict[int, str]] = defaultdict(dict)
        for item in batch:
            if item.answer is not None:
                taken[item.road.name][item.delivery_id] = item.answer.msg_id
        for name, by_id in taken.items():
            settling.accept_batch(session, self._settings, roads.of(name), by_id, owner, now)
        for item in batch:
            if item.answer is not None:
                continue
            if not item.called:
                undone = {"status": "planned", "called_at": None} if item.first else {"status": "unknown"}
                mine = [
                    Delivery.id == item.delivery_id,
                    Delivery.lease_owner == owner,
                    Delivery.status == "claimed",
                ]
                claims.change(session, Delivery, mine, lease_until=None, **undone)
                continue
            outcome = of_failure(
                item.failure,
                road=item.road,
                settings=self._settings,
                attempts=item.attempts,
                first=item.first,
                now=now,
            )
            settling.fail(session, self._settings, item.delivery_id, owner, outcome, now)
