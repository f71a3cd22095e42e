"""CPU of one plan for everyone in one process, on SQLite: ``python bench/alone_planning.py`` inside a checkout.

Printed are the figures by name (see :mod:`bench.beside`): the least of several plans, and of writing one with its quota. It is
run by its path, so that a newer checkout can measure an older one that has no such file.
"""

from __future__ import annotations

import logging
import os
import sys
import time
from pathlib import Path

FOLLOWERS = 66_000
PLANS = 6


def main() -> None:
    """Fill, plan, print."""
    sys.path.insert(0, str(Path.cwd()))
    os.environ.pop("PIONEER_TEST_POSTGRES_URL", None)
    import runtime as parts
    from bench import planning
    from tests.fixtures.configuration import make_settings

    logging.disable(logging.INFO)
    time.perf_counter = time.process_time
    with planning.databases() as urls:
        runtime = parts.build(make_settings(database={"url": urls[0][1]}))
        planning.fill(runtime, FOLLOWERS)
        measured = [planning.measure_plan(runtime) for _ in range(PLANS)]
        runtime.close()
    print(f"plan_ms {min(plan for plan, _ in measured) * 1000:.1f}")
    print(f"write_ms {min(write for _, write in measured) * 1000:.1f}")


if __name__ == "__main__":
    main()
