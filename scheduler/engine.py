"""The engine: a clock that finds due work and actors that do it.

Embedded, the actors run in threads of this process on an in-process broker; scaled out, the same functions run as tasks over
Redis. A message carries a kind and a row id and nothing else. The database is the only truth: a message that is lost is handed
out again by a later tick, one that comes twice finds its row claimed.
"""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

import dramatiq
import structlog
from apscheduler.job import Job
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler
from apscheduler.triggers.interval import IntervalTrigger
from dramatiq.brokers.redis import RedisBroker
from dramatiq.brokers.stub import StubBroker
from dramatiq.middleware import AgeLimit

from community import tags
from database import claims
from ground import clock
from models import Delivery, Push
from scheduler import instance, keys, removing
from scheduler.asking import Asking
from scheduler.lanes import THREADS, Lanes
from scheduler.sender import Sender
from scheduler.tick import Ticker, free_deliveries

if TYPE_CHECKING:
    from runtime import Runtime

log = structlog.get_logger(__name__)

Chore = Callable[[], object]
ROLES = ("all", "scheduler", "worker")
_STOP_MS = 12_000
_AGAIN_S = 3.0
_SILENT_S = 5.0
_MESSAGE_AGE_MS = 60_000
_KINDS = ("push", "lane", "ask", "answers", "tags", "removals")
_MOST_LANES = 32
_TURN_S = 2.0


class Engine:
    """Scheduler and sender of one process. ``role``: all (embedded), or only the scheduler or the worker (scaled out).

    ``chores`` are done after each tick where the scheduler runs: what the layers above want done by the way, such as working off
    the spool of messages that came while the database was away, or housekeeping. Each decides itself whether it is due.
    """

    def __init__(self, runtime: Runtime, role: str = "all", chores: Sequence[Chore] = ()) -> None:
        if role not in ROLES:
            raise ValueError(f"no such role: {role}")
        self._runtime = runtime
        self._role = role
        self._own = instance.fingerprint(runtime.settings)
        self._chores = chores
        self._stopping = threading.Event()
        self._lanes = Lanes(runtime, self._stopping)
        self._sender = Sender(runtime, self._stopping, self._lanes)
        self._asking = Asking(runtime)
        self._ticker = Ticker(runtime, self.hand)
        self._guard = threading.Lock()
        self._handed: dict[tuple[str, int], float] = {}
        self._broker = self._make_broker()
        self._actors: dict[str, Any] = {kind: self._actor(kind) for kind in _KINDS}
        self._worker: dramatiq.Worker | None = None
        self._beat: BackgroundScheduler | None = None

    def _make_broker(self) -> dramatiq.Broker:
        settings = self._runtime.settings
        if settings.embedded or self._role == "all":
            return StubBroker(middleware=[])
        return RedisBroker(  # type: ignore[no-untyped-call]
            url=settings.redis.url,
            middleware=[AgeLimit(max_age=_MESSAGE_AGE_MS)],
            namespace="pioneer",
            heartbeat_timeout=30_000,
            maintenance_chance=100_000,
        )

    def _actor(self, kind: str) -> Any:
        """Lanes wait in a queue of their own, and behind all else: they are many, and come back until their push is sent."""
        queue, priority = ("lanes", 10) if kind == "lane" else ("pioneer", 0)
        actor = dramatiq.actor(actor_name=kind, queue_name=queue, priority=priority, broker=self._broker)
        return actor(self._working(kind))

    @property
    def _in_process(self) -> bool:
        return isinstance(self._broker, StubBroker)

    def start(self) -> None:
        """Begin to tick and to work; returns at once."""
        settings, db = self._runtime.settings, self._runtime.db
        with db.session_scope() as session:
            may_send = instance.take(session, self._own, clock.now())
            keys.instance_id(session, clock.now())
        if not may_send:
            log.warning("read_only", reason=instance.READ_ONLY)
        if settings.on_sqlite:
            self._bury_the_dead()
        if self._role != "scheduler":
            self._worker = dramatiq.Worker(self._broker, worker_threads=THREADS, worker_timeout=200)
            self._worker.start()
        if self._role != "worker":
            self._runtime.ticked_at = time.monotonic()
            self._beat = BackgroundScheduler(timezone=clock.SHANGHAI)
            beat = self._beat.add_job(
                self.tick,
                IntervalTrigger(seconds=settings.system.tick_s, timezone=clock.SHANGHAI),
                max_instances=1,
                coalesce=True,
                misfire_grace_time=None,
            )
            self._beat.start()
            threading.Thread(target=self._keep_beating, args=[beat], name="beat-watch", daemon=True).start()
        log.info("engine_started", role=self._role, may_send=may_send)

    def stop(self) -> None:
        """End: no further tick, every run ends after the call that it is making."""
        self._stopping.set()
        if self._beat is not None:
            self._beat.shutdown(wait=True)
            self._beat = self._runtime.ticked_at = None
        if self._worker is not None:
            self._worker.stop(timeout=_STOP_MS)
            self._worker = None
            if self._in_process:
                self._lanes.let_go()  # lanes that had not begun when it ended leave nothing themselves
        self._broker.close()

    def _keep_beating(self, beat: Job) -> None:
        """APScheduler waits for a moment on the wall's clock: set back by a day, that clock would let it wait for a day."""
        gap_s = max(_SILENT_S, 5 * self._runtime.settings.system.tick_s)
        while not self._stopping.wait(gap_s / 2):
            if time.monotonic() - (self._runtime.ticked_at or 0.0) > gap_s:
                with contextlib.suppress(JobLookupError):  # it is being shut down
                    beat.modify(next_run_time=datetime.now(clock.SHANGHAI))

    def tick(self) -> None:
        """One tick now (rehearsals jump from one due thing to the next)."""
        self._ticker.tick()
        self._runtime.ticked_at = time.monotonic()
        for chore in self._chores:
            try:
                chore()
            except Exception:
                log.exception("chore_failed")

    def _bury_the_dead(self) -> None:
        """On SQLite one process sends, by a lock on the data folder: a claim that is found at the start is of a dead one."""
        now = clock.now()
        limits = self._runtime.settings.wechat.limits
        with self._runtime.db.session_scope() as session:
            claims.change(session, Push, [Push.lease_until.is_not(None)], lease_owner="", lease_until=None)
            free_deliveries(session, [Delivery.status == "claimed"], now, limits)

    # --- handing out ------------------------------------------------------------------------------------------

    def hand(self, kind: str, row_id: int) -> None:
        """Give work to the actors, unless the same work was given just now."""
        if self._stopping.is_set():
            return
        key = (kind, row_id)
        now = time.monotonic()
        with self._guard:
            given = self._handed.get(key)
            if given is not None and (self._in_process or now - given < _AGAIN_S):
                return
            self._handed[key] = now
            if not self._in_process and len(self._handed) > 10_000:
                self._handed = {one: at for one, at in self._handed.items() if now - at < _AGAIN_S}
        self._actors[kind].send(row_id)

    def _working(self, kind: str) -> Callable[[int], None]:
        work: dict[str, Callable[[int], object]] = {
            "push": self._push,
            "lane": self._lane,
            "ask": self._asking.ask,
            "answers": lambda _row_id: self._lanes.lane(None),
            "tags": lambda _row_id: tags.work(self._runtime.db, self._runtime.client),
            "removals": lambda _row_id: removing.work(self._runtime.db, self._runtime.client),
        }

        def act(row_id: int) -> None:
            try:
                if self._may_act():
                    work[kind](row_id)
            except Exception:
                log.exception("actor_failed", actor=kind, row=row_id)
            finally:
                if self._in_process:
                    with self._guard:
                        self._handed.pop((kind, row_id), None)

        return act

    def _may_act(self) -> bool:
        if self._stopping.is_set():
            return False
        with self._runtime.db.read_scope() as session:
            return instance.registered(session, self._own)

    def _push(self, push_id: int) -> None:
        self._sender.run(push_id, lambda: self._hand_lanes(push_id))

    def _hand_lanes(self, push_id: int) -> int:
        """As many lanes as are worth it; the threads of all workers share them."""
        lanes = min(THREADS if self._in_process else _MOST_LANES, self._lanes.worth(push_id))
        for _ in range(lanes):
            self._actors["lane"].send(push_id)
        return lanes

    def _lane(self, push_id: int) -> None:
        """A turn; what is left takes its place behind the others, so that no push keeps all threads for long."""
        if self._lanes.lane(push_id, _TURN_S):
            self._actors["lane"].send(push_id)
