"""Ten thousand pushes that are due at the same second: how long until the last one is claimed, while senders begin to work."""

from __future__ import annotations

import time
from datetime import timedelta
from pathlib import Path

import sqlalchemy as sa

from bench import frame
from bench.push import office
from ground import clock
from localwechat.testing import start_sandbox
from models import Push
from runtime import Runtime
from scheduler.engine import Engine
from tests.world import activities, many

PUSHES = 10_000
FOLLOWERS = 100
BUDGET_S = 5.0
_LOOK_S = 0.02
_AHEAD_S = 3.0


def fill(runtime: Runtime) -> float:
    """The pushes, notices of one activity to a hundred followers each; when they are due, as a monotonic time."""
    with runtime.db.session_scope() as session:
        activity = activities.activity(session)
        many.residents(session, range(1, FOLLOWERS + 1))
        made = {"kind": "activity", "audience": "all", "road": "auto", "status": "scheduled", "skipped": {}}
        now = clock.now()
        due_at = now + timedelta(seconds=_AHEAD_S)
        rows = [
            {
                **made,
                "activity_id": activity.id,
                "due_at": due_at,
                "created_by": activity.created_by,
                "created_at": now,
            }
            for _ in range(PUSHES)
        ]
        session.execute(sa.insert(Push), rows)
        many.settle(session)
    return time.monotonic() + (due_at - clock.now()).total_seconds()


def left(runtime: Runtime) -> int:
    """How many are not claimed."""
    with runtime.db.read_scope() as session:
        waiting = sa.select(sa.func.count()).select_from(Push).where(Push.status == "scheduled")
        return session.scalar(waiting) or 0


def measure(runtime: Runtime) -> float:
    """Seconds from the moment at which they are due until the last one is claimed, by an engine of this process."""
    due = fill(runtime)
    engine = Engine(runtime)
    engine.start()
    try:
        while left(runtime):
            time.sleep(_LOOK_S)
        return time.monotonic() - due
    finally:
        engine.stop()


def main(inside: Path) -> None:
    """On both databases."""
    with office.databases(inside) as urls, start_sandbox() as sandbox:
        for name, url in urls:
            runtime = office.linked(url, sandbox, inside)
            what = f"{PUSHES:,} due at once, {name}: the last is claimed"
            frame.line(what, measure(runtime), "s", budget=BUDGET_S)
            runtime.close()
