"""Planning a push for all followers with quota and reasons, and writing that plan down."""

from __future__ import annotations

import contextlib
import statistics
import time
from pathlib import Path

import runtime as parts
from bench import frame
from bench.push import office
from ground import clock
from models import Push
from runtime import Runtime
from scheduler import audience, planner, roads
from tests.fixtures.configuration import make_settings

FOLLOWERS = 66_000
BUDGET_S = 0.5
TIMES = 5


def measure_plan(runtime: Runtime) -> tuple[float, float]:
    """Seconds to plan for everyone, and to write that plan with its quota."""
    settings = runtime.settings
    began = time.perf_counter()
    with runtime.db.read_scope() as session:
        made = planner.plan(
            session,
            settings,
            audience=audience.parse(session, "all", at=clock.now()),
            by=[roads.ROADS["mass"]],
            columns={"study"},
            moment=clock.now(),
            at=clock.now(),
        )
    planned = time.perf_counter() - began
    began = time.perf_counter()
    written = 0.0
    with contextlib.suppress(_Enough), runtime.db.session_scope() as session:
        now = clock.now()
        push = Push(audience="all", due_at=now, created_by=1, created_at=now, skipped={})
        session.add(push)
        session.flush()
        planner.write(session, settings, push, made, now)
        written = time.perf_counter() - began
        raise _Enough
    return planned, written


class _Enough(Exception):
    """What was written is taken back, so that the next one finds the same quota."""


def main(inside: Path) -> None:
    """On both databases: the median of several plans."""
    with office.databases(inside) as urls:
        for name, url in urls:
            runtime = parts.build(make_settings(database={"url": url}))
            office.fill(runtime, FOLLOWERS)
            measured = [measure_plan(runtime) for _ in range(TIMES)]
            planned, written = (statistics.median(figures) for figures in zip(*measured, strict=True))
            spread = f"{min(measured)[0]:.2f} to {max(measured)[0]:.2f} in {TIMES} times"
            frame.line(f"planning for {FOLLOWERS:,}, {name}", planned, "s", budget=BUDGET_S, beside=spread)
            frame.line(f"writing that plan with its quota, {name}", written, "s")
            runtime.close()
