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

import clock
import faultpoints
from content import publish
from errors import PioneerError
from models import Delivery, Push
from scheduler import articles, ledger, planner, pushes, quota, report, roads
from scheduler import audience as audiences
from scheduler.outcome import MEDIA_GONE, Next, Outcome, of_failure
from scheduler.roads import Answer, Call, Road
from scheduler.roads.base import notice_of

if TYPE_CHECKING:
    from runtime import Runtime

log = structlog.get_logger(__name__)

_BATCH = 20
_MOST_DRAFT_TRIES = 20
_DRAFT_WAIT_S = 15
_NETWORK_RESERVE_S = 10.0


class _Stopped(Exception):
    """This run must not go on: the lease is another's, the push is paused, or the engine stops."""


class Sender:
    """Works on pushes with the parts of ``runtime``; ``stopping`` ends every run at its next step."""

    def __init__(self, runtime: Runtime, stopping: threading.Event) -> None:
        self._settings = runtime.settings
        self._db = runtime.db
        self._runtime = runtime
        self._stopping = stopping

    # --- one run of a push ---------------------------------------------------------------------------------

    def run(self, push_id: int, more_lanes: Callable[[], None] | None = None) -> None:
        """Plan a released push if that was not done, prepare its draft and send what is due, one call after another.

        ``more_lanes`` asks for helpers where the calls of a road may go side by side.
        """
        owner = ledger.new_owner()
        if not self._take(push_id, owner):
            return
        try:
            self._plan(push_id, owner)
            road = self._road(push_id)
            if road is None:
                return
            if road.serial:
                self._send_serially(push_id, owner, road)
            else:
                if more_lanes is not None:
                    more_lanes()
                self.lane(push_id)
        except _Stopped:
            pass
        finally:
            self._give_back(push_id, owner)

    def _take(self, push_id: int, owner: str) -> bool:
        now = clock.now()
        with self._db.session_scope() as session:
            taken = ledger.claim(
                session,
                Push,
                where=[
                    Push.id == push_id,
                    Push.status == "sending",
                    sa.or_(Push.lease_until.is_(None), Push.lease_until <= now),
                ],
                values={
                    "lease_owner": owner,
                    "lease_until": ledger.lease_end(self._settings.limits, now),
                    "started_at": sa.func.coalesce(Push.started_at, now),
                },
            )
        return bool(taken)

    def _give_back(self, push_id: int, owner: str) -> None:
        with self._db.session_scope() as session:
            ledger.change(
                session,
                Push,
                [Push.id == push_id, Push.lease_owner == owner],
                lease_owner="",
                lease_until=None,
            )
            push = session.get(Push, push_id)
            if push is not None:
                report.settle(session, push, clock.now())

    def _renew(self, session: Session, push_id: int, owner: str) -> None:
        """Keep the push for another lease. Raises :class:`_Stopped` where it is not ours, or not to be sent, any more."""
        if self._stopping.is_set():
            raise _Stopped
        until = ledger.lease_end(self._settings.limits, clock.now())
        mine = [Push.id == push_id, Push.lease_owner == owner, Push.status == "sending"]
        if not ledger.change(session, Push, mine, lease_until=until):
            raise _Stopped

    # --- plan ----------------------------------------------------------------------------------------------

    def _plan(self, push_id: int, owner: str) -> None:
        now = clock.now()
        with self._db.read_scope() as session:
            push = session.get_one(Push, push_id)
            if push.planned_at is not None:
                return
            made, reason = self._planned(session, push, now)
        with self._db.session_scope() as session:
            self._renew(session, push_id, owner)
            push = session.get_one(Push, push_id)
            if push.planned_at is not None:
                return
            if made is None:
                push.status, push.note = "paused", reason
                raise_after = True
            else:
                raise_after = False
                planner.write(session, self._settings, push, made, now)
                push.planned_at, push.planned, push.skipped = now, made.planned, made.skipped
                if not made.deliveries:
                    push.status, push.finished_at = "failed", now
                    push.note = "没有可以送达的人"
                else:
                    articles.started(session, push)
            push.version += 1
        faultpoints.reach("push.planned")
        if raise_after:
            raise _Stopped

    def _planned(self, session: Session, push: Push, now: datetime) -> tuple[planner.Plan | None, str]:
        """The plan, or why a person must decide first."""
        if changed := pushes.changed_articles(session, push):
            return None, f"稿件《{changed[0].title}》在排期后改动过，请重新审核后新建推送"
        try:
            road = roads.choose(push.road, push.kind, self._settings)
            made = planner.plan(
                session,
                self._settings,
                audience=audiences.parse(session, push.audience),
                road=road,
                columns=pushes.columns_of(session, push),
                moment=now,
            )
        except PioneerError as error:
            return None, error.message[:500]
        return made, ""

    def _road(self, push_id: int) -> Road | None:
        with self._db.read_scope() as session:
            name = session.scalar(sa.select(Delivery.road).where(Delivery.push_id == push_id).limit(1))
        return roads.ROADS.get(name) if name else None

    # --- articles: one call after another -------------------------------------------------------------------

    def _send_serially(self, push_id: int, owner: str, road: Road) -> None:
        while True:
            with self._db.read_scope() as session:
                waiting = session.scalar(sa.select(sa.func.count()).where(*self._due(push_id, clock.now())))
            if not waiting:
                return
            if road.needs_draft and not self._draft(push_id, owner):
                return
            if not self._send_one(push_id, owner, road):
                return

    def _due(self, push_id: int, now: datetime) -> list[sa.ColumnElement[bool]]:
        return [
            Delivery.push_id == push_id,
            Delivery.status.in_(["planned", "unknown"]),
            Delivery.finished_at.is_(None),
            Delivery.due_at <= now,
        ]

    def _draft(self, push_id: int, owner: str) -> bool:
        """Make sure that the push has a draft at WeChat; False where that failed and was noted."""
        client = self._runtime.client
        try:
            with self._db.read_scope() as session:
                push = session.get_one(Push, push_id)
                if push.draft_media_id:
                    return True
                ids = articles.ids_of(session, push_id)
                pictures = publish.assets_needed(session, ids)
            for picture in pictures:
                uploaded = articles.upload(client, self._settings, picture)
                with self._db.session_scope() as session:
                    self._renew(session, push_id, owner)
                    articles.remember(session, uploaded)
            faultpoints.reach("push.uploaded")
            with self._db.read_scope() as session:
                bodies = articles.bodies(session, ids)
            media_id = client.draft_add(bodies)
            with self._db.session_scope() as session:
                self._renew(session, push_id, owner)
                push = session.get_one(Push, push_id)
                push.draft_media_id, push.draft_made_at = str(media_id), clock.now()
        except (PioneerError, OSError) as error:
            self._draft_failed(push_id, owner, error)
            return False
        faultpoints.reach("push.drafted")
        return True

    def _draft_failed(self, push_id: int, owner: str, error: Exception) -> None:
        """Uploads and drafts may be made again; only what a person must mend pauses the push."""
        now = clock.now()
        reaction = str(getattr(error, "reaction", ""))
        again = isinstance(error, PioneerError) and (
            reaction.startswith(("back-off", "unknown", "wait-for-quota", "replan")) or not reaction
        )
        log.warning("draft_failed", push=push_id, code=getattr(error, "code", None), reaction=reaction)
        with self._db.session_scope() as session:
            self._renew(session, push_id, owner)
            push = session.get_one(Push, push_id)
            if getattr(error, "code", None) in MEDIA_GONE:
                publish.forget_uploads(session, articles.ids_of(session, push_id))
            message = (
                error.message if isinstance(error, PioneerError) else "图片文件无法读取，请重新上传后再试"
            )
            tries = (
                session.scalar(sa.select(sa.func.max(Delivery.attempts)).where(Delivery.push_id == push_id))
                or 0
            )
            if not again or tries >= _MOST_DRAFT_TRIES:
                push.status = "paused"
            push.note = message[:500]
            ledger.change(
                session,
                Delivery,
                self._due(push_id, now),
                due_at=now + timedelta(seconds=_DRAFT_WAIT_S),
                attempts=Delivery.attempts + 1,
            )

    def _send_one(self, push_id: int, owner: str, road: Road) -> bool:
        """Claim the next due delivery, call, settle. False where nothing more can be done just now."""
        now = clock.now()
        limits = self._settings.limits
        with self._db.session_scope() as session:
            self._renew(session, push_id, owner)
            claimed = ledger.claim(
                session,
                Delivery,
                where=self._due(push_id, now),
                values={
                    "status": "claimed",
                    "lease_owner": owner,
                    "lease_until": ledger.lease_end(limits, now),
                },
            )
            if not claimed:
                return False
            delivery = session.get_one(Delivery, claimed[0])
            if self._key_forgotten(delivery, road, now):
                self._give_up(session, delivery, now)
                return True
            first = delivery.called_at is None
            media_id = session.get_one(Push, push_id).draft_media_id
            call = self._call_of(session, delivery, media_id)
        faultpoints.reach("push.claimed")
        attempts = delivery.attempts + 1
        with self._db.session_scope() as session:
            called = ledger.change(
                session,
                Delivery,
                [Delivery.id == delivery.id, Delivery.lease_owner == owner, Delivery.status == "claimed"],
                called_at=sa.func.coalesce(Delivery.called_at, clock.now()),
                attempts=attempts,
                media_id=media_id,
            )
        if not called:
            return False
        faultpoints.reach("push.called")
        answer, failure = self._make(road, call)
        faultpoints.reach("push.answered")
        if answer is not None:
            self._accept(delivery.id, owner, answer)
            faultpoints.reach("push.settled")
            return True
        outcome = of_failure(
            failure or RuntimeError(),
            road=road,
            settings=self._settings,
            attempts=attempts,
            first=first,
            now=clock.now(),
        )
        log.warning(
            "send_failed", push=push_id, delivery=delivery.id, code=outcome.code, status=outcome.status
        )
        return self._settle_failure(push_id, delivery.id, owner, outcome)

    def _make(self, road: Road, call: Call) -> tuple[Answer | None, Exception | None]:
        try:
            return road.send(self._runtime.client, call), None
        except PioneerError as error:
            return None, error
        except Exception as error:
            log.exception("call_broke", key=call.key)
            return None, error

    def _call_of(self, session: Session, delivery: Delivery, media_id: str) -> Call:
        push = session.get_one(Push, delivery.push_id)
        notice: dict[str, str] = {}
        if push.activity is not None:
            begins = clock.to_shanghai(push.activity.starts_at)
            notice = notice_of(
                {
                    "thing1": push.activity.title,
                    "time2": f"{begins.year}年{begins.month}月{begins.day}日 {begins:%H:%M}",
                    "thing3": push.activity.place or "详见活动通知",
                }
            )
        return Call(
            key=delivery.key,
            media_id=media_id,
            to_all=delivery.to_all,
            tag_id=delivery.tag_id,
            openids=tuple(delivery.openids or ()),
            template_id=self._settings.wechat.template_id,
            notice=notice,
            url=f"{self._settings.server.base_url}/m/study" if self._settings.server.base_url else "",
        )

    def _key_forgotten(self, delivery: Delivery, road: Road, now: datetime) -> bool:
        """Whether an earlier call may have been taken and WeChat no longer remembers its key: never repeat then."""
        if delivery.called_at is None:
            return False
        return now >= delivery.called_at + road.key_window(self._settings.limits)

    def _give_up(self, session: Session, delivery: Delivery, now: datetime) -> None:
        """Leave it unknown for good: only an event that comes late, or a person, can decide."""
        delivery.status, delivery.finished_at = "unknown", now
        delivery.error = "微信没有给出结果，无法确认是否送达，请到公众号后台核对，不要重发"
        session.flush()
        report.settle_of(session, delivery, now)

    # --- settle ----------------------------------------------------------------------------------------------

    def _accept(self, delivery_id: int, owner: str, answer: Answer) -> None:
        now = clock.now()
        limits = self._settings.limits
        with self._db.session_scope() as session:
            delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
            if delivery.lease_owner != owner or delivery.status not in ("claimed", "unknown"):
                return
            if answer.repeated and self._is_anothers(session, delivery, answer.msg_id):
                # Seen with batches: "this key exists", with the msg_id of another batch. Only the job events can tell.
                delivery.status = "unknown"
                delivery.error = "微信返回了另一批的编号，等待群发结果核对"
                delivery.due_at = now + timedelta(hours=limits.mass_key_hours)
                return
            ask_at = now + timedelta(minutes=limits.mass_result_minutes)
            report.accepted(
                session,
                delivery,
                msg_id=answer.msg_id,
                msg_data_id=answer.msg_data_id,
                ask_at=ask_at,
                now=now,
            )

    def _is_anothers(self, session: Session, delivery: Delivery, msg_id: str) -> bool:
        return bool(
            session.scalar(
                sa.select(Delivery.id).where(Delivery.msg_id == msg_id, Delivery.id != delivery.id).limit(1)
            )
        )

    def _settle_failure(self, push_id: int, delivery_id: int, owner: str, outcome: Outcome) -> bool:
        now = clock.now()
        with self._db.session_scope() as session:
            delivery = session.get_one(Delivery, delivery_id, with_for_update=True)
            if delivery.lease_owner != owner or delivery.status not in ("claimed", "unknown"):
                return False
            delivery.lease_until = None
            delivery.due_at = outcome.due_at
            delivery.error, delivery.error_code = outcome.message[:500], outcome.code
            if outcome.status == "failed":
                if outcome.after is Next.RETARGET:
                    self._retarget(session, delivery, now)
                else:
                    report.failed(session, delivery, now, outcome.message, outcome.code)
            else:
                delivery.status = outcome.status
                if outcome.status == "planned":
                    delivery.called_at = None
            push = session.get_one(Push, push_id)
            if outcome.after is Next.REDRAFT:
                push.draft_media_id = ""
            elif outcome.after is Next.PAUSE:
                ledger.change(session, Push, [Push.id == push_id, Push.status == "sending"], status="paused")
                push.note = outcome.message[:500]
            elif outcome.after is Next.STOP:
                push.note = outcome.message[:500]
                self._fail_rest(session, push, now, outcome)
        return outcome.after in (Next.GO_ON, Next.REDRAFT, Next.RETARGET)

    def _retarget(self, session: Session, delivery: Delivery, now: datetime) -> None:
        """The tag is gone at WeChat: the same people by list, in new deliveries with new keys (nothing was sent)."""
        people = quota.holders(session, delivery.id)
        quota.release(session, delivery.id)
        delivery.status, delivery.finished_at = "cancelled", now
        push = session.get_one(Push, delivery.push_id)
        limits = self._settings.limits
        road = roads.ROADS[delivery.road]
        if len(people) < limits.mass_min_openids:
            push.skipped = {**push.skipped, "too_few": push.skipped.get("too_few", 0) + len(people)}
            return
        from scheduler.roads.mass import even_batches

        made = planner.Plan(
            road,
            [
                roads.Planned(batch, delivery.target, openids=batch)
                for batch in even_batches(people, limits.mass_max_openids)
            ],
            {},
        )
        planner.write(session, self._settings, push, made, now)

    def _fail_rest(self, session: Session, push: Push, now: datetime, outcome: Outcome) -> None:
        """The content is refused: what was not sent yet would be refused as well."""
        rest = session.scalars(
            sa.select(Delivery).where(Delivery.push_id == push.id, Delivery.status == "planned")
        )
        for delivery in list(rest):
            report.failed(session, delivery, now, outcome.message, outcome.code)

    # --- notices: many calls side by side --------------------------------------------------------------------

    def lane(self, push_id: int) -> None:
        """Send due deliveries of a road whose calls are independent, in batches: one commit before, one after.

        All of a batch are marked as called beforehand; after a kill they are repeated with their keys.
        """
        while not self._stopping.is_set():
            owner = ledger.new_owner()
            batch = self._claim_batch(push_id, owner)
            if not batch:
                return
            settled: list[tuple[int, Road, Answer | None, Exception | None, int, bool]] = []
            began = clock.timestamp()
            room = self._settings.limits.delivery_lease_s * max(1.0, clock.speed()) - _NETWORK_RESERVE_S
            for number, (delivery_id, road, call, attempts, first) in enumerate(batch):
                late = number and clock.timestamp() - began > room
                if late or self._stopping.is_set():
                    break
                faultpoints.reach("push.called")
                answer, failure = self._make(road, call)
                faultpoints.reach("push.answered")
                settled.append((delivery_id, road, answer, failure, attempts, first))
            self._settle_batch(push_id, owner, batch[len(settled) :], settled)
            faultpoints.reach("push.settled")

    def _claim_batch(self, push_id: int, owner: str) -> list[tuple[int, Road, Call, int, bool]]:
        now = clock.now()
        with self._db.session_scope() as session:
            push = session.get_one(Push, push_id)
            if push.status != "sending":
                return []
            ids = ledger.claim(
                session,
                Delivery,
                where=self._due(push_id, now),
                values={
                    "status": "claimed",
                    "lease_owner": owner,
                    "lease_until": ledger.lease_end(self._settings.limits, now),
                },
                limit=_BATCH,
            )
            batch: list[tuple[int, Road, Call, int, bool]] = []
            for delivery in session.scalars(
                sa.select(Delivery).where(Delivery.id.in_(ids)).order_by(Delivery.id)
            ):
                road = roads.ROADS[delivery.road]
                if self._key_forgotten(delivery, road, now):
                    self._give_up(session, delivery, now)
                    continue
                first = delivery.called_at is None
                delivery.called_at = delivery.called_at or now
                delivery.attempts += 1
                batch.append(
                    (delivery.id, road, self._call_of(session, delivery, ""), delivery.attempts, first)
                )
        return batch

    def _settle_batch(
        self,
        push_id: int,
        owner: str,
        unsent: list[tuple[int, Road, Call, int, bool]],
        settled: list[tuple[int, Road, Answer | None, Exception | None, int, bool]],
    ) -> None:
        now = clock.now()
        with self._db.session_scope() as session:
            for delivery_id, _road, _call, _attempts, first in unsent:
                mine = [
                    Delivery.id == delivery_id,
                    Delivery.lease_owner == owner,
                    Delivery.status == "claimed",
                ]
                if first:
                    ledger.change(session, Delivery, mine, status="planned", called_at=None, lease_until=None)
                else:
                    ledger.change(session, Delivery, mine, status="unknown", lease_until=None)
        for delivery_id, road, answer, failure, attempts, first in settled:
            if answer is not None:
                self._accept(delivery_id, owner, answer)
                continue
            outcome = of_failure(
                failure or RuntimeError(),
                road=road,
                settings=self._settings,
                attempts=attempts,
                first=first,
                now=now,
            )
            self._settle_failure(push_id, delivery_id, owner, outcome)
