"""Planning and reports where there are ten million deliveries, against a hundred thousand; the database makes the rows."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

import runtime as parts
from bench import frame
from bench.push import office
from database.session import Session
from ground import clock
from models import Push
from runtime import Runtime
from scheduler import audience, finding, planner, progress, quota, roads, tally
from scheduler.tick import Ticker
from tests.fixtures.configuration import make_settings
from tests.world import accounts, many

SMALL, LARGE = 100_000, 10_000_000
CALLS = 100  # of one push
FOLLOWERS = 2_000
ROUNDS = 15
BUDGET = 1.5
_PIECE = 1_000_000

Work = Callable[[Runtime], object]


def fill(runtime: Runtime, deliveries: int) -> None:
    """Pushes of a hundred calls each that are over, with their quota; each follower had two messages this month."""
    now, count = clock.now(), deliveries // CALLS
    with runtime.db.session_scope() as session:
        accounts.account(session, "editor", "editor")
        many.residents(session, range(1, FOLLOWERS + 1))
        old = now - timedelta(days=40)
        at = {"old": old if runtime.db.on_sqlite is False else old.replace(tzinfo=None).isoformat(" ")}
        session.execute(
            sa.text(
                "INSERT INTO push (id, kind, title, audience, road, status, due_at, note, planned_at, planned_roads, planned,"
                " skipped, confirmed, urgent, often, draft_media_id, created_by, created_at, version, lease_owner)"
                " SELECT n, 'articles', 'x', 'all', 'auto', 'sent', :old, '', :old, 'mass', 100, '{}', '{}', '', '', '', 1,"
                f" :old, 1, '' FROM ({office.numbers(session, count)}) AS t"
            ),
            at,
        )
    for start in range(0, deliveries, _PIECE):
        with runtime.db.session_scope() as session:
            piece = office.numbers(session, min(_PIECE, deliveries - start))
            session.execute(
                sa.text(
                    "INSERT INTO delivery (push_id, road, key, status, target_kind, target, recipients, due_at, attempts,"
                    " called_at, accepted_at, finished_at, media_id, msg_id, msg_data_id, error, sent_count, lease_owner)"
                    f" SELECT ({start} + n - 1) / {CALLS} + 1, 'mass', 'k' || ({start} + n), 'delivered', 'list', '', 1, :old, 1,"
                    f" :old, :old, :old, '', 'm' || ({start} + n), '', '', 1, '' FROM ({piece}) AS t"
                ),
                at,
            )
            session.execute(
                sa.text(
                    "INSERT INTO quota_use (subject, period, delivery_id, state, at)"
                    f" SELECT 'oOld' || ({start} + n), '2020-01', {start} + n, 'used', :old FROM ({piece}) AS t"
                ),
                at,
            )
            session.execute(
                sa.text(
                    "INSERT INTO job_result (kind, msg_id, status, data, at, matched)"
                    f" SELECT 'mass', 'm' || ({start} + n), 'send success', '{{}}', :old, true FROM ({piece}) AS t"
                ),
                at,
            )
    with runtime.db.session_scope() as session:
        for number in (1, 2):
            office.spend(session, number, now, tenth=False)
        if not runtime.db.on_sqlite:  # there the product gathers no statistics, and PostgreSQL does by itself
            many.settle(session)


def plan(runtime: Runtime) -> object:
    with runtime.db.read_scope() as session:
        now = clock.now()
        return planner.plan(
            session,
            runtime.settings,
            audience=audience.parse(session, "all", at=now),
            by=[roads.ROADS["mass"]],
            columns={"study"},
            moment=now,
            at=now,
        )


def reading(read: Callable[[Session, Push], object]) -> Work:
    def work(runtime: Runtime) -> object:
        with runtime.db.read_scope() as session:
            return read(session, session.get_one(Push, 500))

    return work


def tick(runtime: Runtime) -> object:
    ticker = Ticker(runtime, lambda _kind, _row: None)
    ticker.tick()
    return ticker


WORKS: dict[str, Work] = {
    "planning": plan,
    "a push's report": reading(tally.of),
    "a push's progress": reading(lambda session, push: progress.of(session, push, at=clock.now())),
    "the list of pushes": reading(lambda session, _: finding.latest(session)),
    "the month's quota": lambda runtime: reading(
        lambda session, _: quota.summary(session, runtime.settings, clock.now())
    )(runtime),
    "a tick with nothing to do": tick,
}


def timed(work: Work, runtime: Runtime) -> float:
    began = time.perf_counter()
    work(runtime)
    return time.perf_counter() - began


def main(inside: Path) -> None:
    """Both sizes side by side, asked by turns; the quickest of each, for noise only adds."""
    few = inside / "few"
    few.mkdir()
    with office.databases(few) as small, office.databases(inside) as large:
        for (name, small_url), (_, large_url) in zip(small, large, strict=True):
            offices = []
            for url, count in ((small_url, SMALL), (large_url, LARGE)):
                runtime = parts.build(make_settings(database={"url": url}))
                fill(runtime, count)
                offices.append(runtime)
            for what, work in WORKS.items():
                took = [[timed(work, one) for one in offices] for _ in range(ROUNDS)]
                before, after = (min(one) for one in zip(*took[1:], strict=True))
                beside = f"{before * 1000:.1f} ms and {after * 1000:.1f} ms"
                ratio = after / before
                frame.line(f"{what}, {name}: 10 M by 0.1 M", ratio, "times", budget=BUDGET, beside=beside)
            for runtime in offices:
                runtime.close()
            if name == "SQLite":
                for path in (few, inside):
                    for file in path.glob("bench.db*"):
                        file.unlink()  # the next one needs the disk
