"""CPU of one plan for everyone in one process, on SQLite: ``python bench/alone_planning.py`` inside a checkout.

Printed are the figures by name (see :mod:`bench.beside`): the least of several plans, and of writing one with its quota. It is
run by its path, so that a newer checkout can measure an older one that has no such file.
"""

from __future__ import annotations

import contextlib
import importlib
import inspect
import logging
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

FOLLOWERS = 66_000
PLANS = 6


def main() -> None:
    """Fill, plan, print."""
    sys.path.insert(0, str(Path.cwd()))
    os.environ.pop("PIONEER_TEST_POSTGRES_URL", None)
    import runtime as parts
    from tests.fixtures.configuration import make_settings

    upgrade, fill = _measured()
    logging.disable(logging.INFO)
    time.perf_counter = time.process_time
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bench.db"
        upgrade(url)
        runtime = parts.build(make_settings(database={"url": url}))
        fill(runtime, FOLLOWERS)
        measured = [_measure(runtime) for _ in range(PLANS)]
        runtime.close()
    print(f"plan_ms {min(plan for plan, _ in measured) * 1000:.1f}")
    print(f"write_ms {min(write for _, write in measured) * 1000:.1f}")


def _measured() -> tuple[Any, Any]:
    """How the checkout that is measured migrates and fills; an older one has that elsewhere."""
    try:
        migrate = importlib.import_module("database.migrate")
    except ModuleNotFoundError:
        migrate = importlib.import_module("models.migrate")
    try:
        return migrate.upgrade, importlib.import_module("bench.push.office").fill
    except ModuleNotFoundError:
        return migrate.upgrade, importlib.import_module("bench.planning").fill


class _Enough(Exception):
    """What was written is taken back, so that the next one finds the same quota."""


def _measure(runtime: Any) -> tuple[float, float]:
    """Seconds to plan for everyone, and to write that plan; arguments that an older checkout does not know are left out."""
    from models import Push
    from scheduler import audience, planner, roads

    try:
        clock = importlib.import_module("ground.clock")
    except ModuleNotFoundError:
        clock = importlib.import_module("clock")
    mass, now = roads.ROADS["mass"], clock.now()
    parsing = {"at": now} if "at" in inspect.signature(audience.parse).parameters else {}
    known = inspect.signature(planner.plan).parameters
    more = {name: value for name, value in {"by": [mass], "road": mass, "at": now}.items() if name in known}
    began = time.perf_counter()
    with runtime.db.read_scope() as session:
        chosen = audience.parse(session, "all", **parsing)
        made: Any = planner.plan(
            session, runtime.settings, audience=chosen, columns={"study"}, moment=now, **more
        )
    planned = time.perf_counter() - began
    began, written = time.perf_counter(), 0.0
    with contextlib.suppress(_Enough), runtime.db.session_scope() as session:
        push = Push(audience="all", due_at=now, created_by=1, created_at=now, skipped={})
        session.add(push)
        session.flush()
        planner.write(session, runtime.settings, push, made, now)
        written = time.perf_counter() - began
        raise _Enough
    return planned, written


if __name__ == "__main__":
    main()
