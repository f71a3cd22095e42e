"""The memory of one plan for everybody in a process that has nothing else: ``python -m bench.push.alone_memory URL ROAD``.

Prints what the process had held at most, in MB, before, after planning and after writing, and how many people were planned.
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import runtime as parts
from ground import clock
from models import Push
from scheduler import audience, engine, planner, roads
from settings import load_settings


def peak_mb() -> float:
    """The most that this process has held."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main(config: str, road: str) -> None:
    """As a worker does it: plan, then write."""
    assert engine.ROLES  # all that a worker has loaded
    runtime = parts.build(load_settings(Path(config), env={}))
    before = peak_mb()
    now = clock.now()
    with runtime.db.read_scope() as session:
        made = planner.plan(
            session,
            runtime.settings,
            audience=audience.parse(session, "all", at=now),
            by=[roads.ROADS[road]],
            columns={"study"} if road == "mass" else set(),
            moment=now,
            at=now,
        )
    planned = peak_mb()
    with runtime.db.session_scope() as session:
        push = Push(audience="all", due_at=now, created_by=1, created_at=now, skipped={})
        session.add(push)
        session.flush()
        planner.write(session, runtime.settings, push, made, now)
    print(f"{before:.1f} {planned:.1f} {peak_mb():.1f} {made.planned}")
    runtime.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
