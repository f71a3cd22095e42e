"""The scheduler's beat does not hang on the wall's clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import time_machine

from scheduler.engine import Engine
from tests.fixtures.processes import eventually
from tests.world.linked import World


def test_a_clock_that_is_set_back_by_a_day_does_not_stop_the_ticks(
    lite_world: World, run_engine: Callable[[World], Engine]
) -> None:
    runtime = lite_world.runtime
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1), tick=True):
        run_engine(lite_world)
        started = runtime.ticked_at or 0.0
        eventually(lambda: (runtime.ticked_at or 0.0) > started, timeout_s=30)
    time.sleep(2 * runtime.settings.system.tick_s)  # the tick that was waited for already may still come
    before = runtime.ticked_at or 0.0
    eventually(lambda: (runtime.ticked_at or 0.0) > before, timeout_s=60)
