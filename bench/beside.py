"""CPU of this checkout beside another one, usually an older commit's: ``python -m bench.beside FOLDER [--rounds 10] [NAME ...]``.

A measurement is a script ``bench/alone_NAME.py`` that runs in one process, alone, and prints figures as ``name number``. The
script is always this checkout's and measures the checkout it is run in. Rounds go by turns, so that slow phases of the machine
fall on both; what counts is the ratio within each round, its median and its spread.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench import frame

ROOT = Path(__file__).resolve().parents[1]
BUDGET = 1.05
NAMES = ("callback", "planning")


def measure(script: Path, checkout: Path) -> dict[str, float]:
    """The figures of one checkout, by the script."""
    own = checkout / ".venv" / "bin" / "python"
    with tempfile.TemporaryDirectory(prefix="bench-beside-") as folder:
        done = subprocess.run(
            [own if own.exists() else sys.executable, script, folder],
            cwd=checkout,
            env={**os.environ, "PYTHONPATH": ""},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"{script.name} in {checkout}: {done.stderr[-2000:]}")
    figures = (line.split() for line in done.stdout.splitlines())
    return {one[0]: float(one[1]) for one in figures if len(one) == 2}


def compare(name: str, other: Path, rounds: int) -> None:
    """So many rounds by turns, and the ratios."""
    script = Path(__file__).with_name(f"alone_{name}.py")
    old: list[dict[str, float]] = []
    new: list[dict[str, float]] = []
    for number in range(rounds):
        pair = [(other, old), (ROOT, new)]
        for checkout, into in pair if number % 2 == 0 else reversed(pair):
            into.append(measure(script, checkout))
        shown = ", ".join(f"{figure} {old[-1][figure]:g} and {new[-1][figure]:g}" for figure in new[-1])
        print(f"{name}, round {number + 1}: {shown}", flush=True)
    for figure in new[0]:
        ratios = sorted(
            after[figure] / before[figure] for before, after in zip(old, new, strict=True) if before[figure]
        )
        if ratios:
            spread = f"from {ratios[0]:.3f} to {ratios[-1]:.3f}, {frame.load()}"
            median = statistics.median(ratios)
            frame.line(f"{name}, {figure}, this by the other", median, "times", budget=BUDGET, beside=spread)


def main() -> None:
    """Compare what is named, or everything."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the other checkout")
    parser.add_argument("names", nargs="*", choices=[*NAMES, []], default=list(NAMES))
    parser.add_argument("--rounds", type=int, default=10)
    options = parser.parse_args()
    for name in options.names or NAMES:
        compare(name, options.folder.resolve(), options.rounds)


if __name__ == "__main__":
    main()
