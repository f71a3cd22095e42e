"""Pushing: planning, fan-out against a bare loop, workers, memory, ten thousand due at once; ``--large``: ten million rows.

    .venv/bin/python -m bench.push [--calls 1500] [--rounds 10] [--large] [NAME ...]

Parts by NAME: planning, fan_out, workers, due, memory, large. PostgreSQL and Redis come from where the tests take theirs.
``large`` needs some 15 GB of disk and a quarter of an hour, so it runs only where it is asked for.
"""

from __future__ import annotations

import argparse
import logging
from collections.abc import Callable
from functools import partial
from pathlib import Path

from bench import frame
from bench.push import due, fan_out, large, memory, planning, workers
from ground import logs


def main() -> None:
    """Read the command line, measure."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure (default: all but large)")
    parser.add_argument("--calls", type=int, default=1_500, help="notices in a round of the fan-out")
    parser.add_argument("--rounds", type=int, default=10, help="rounds of the fan-out")
    parser.add_argument("--large", action="store_true", help="also with ten million deliveries")
    options = parser.parse_args()
    parts: dict[str, Callable[[Path], None]] = {
        "planning": planning.main,
        "fan_out": partial(fan_out.main, calls=options.calls, rounds=options.rounds),
        "workers": workers.main,
        "due": due.main,
        "memory": memory.main,
        "large": large.main,
    }
    if unknown := [name for name in options.names if name not in parts]:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(parts)}")
    usual = [name for name in parts if name != "large" or options.large]
    logs.configure(logging.WARNING)  # a line a call would be measured, too
    for name in options.names or usual:
        with frame.folder() as inside:
            parts[name](inside)


if __name__ == "__main__":
    main()
