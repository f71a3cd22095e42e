"""CPU per callback of this checkout beside another one, by turns in one run: ``python -m bench.callback --against FOLDER``.

Each round starts the full road of either checkout (its own ``bench.callback.serve``, on SQLite that waits for the disk), warms it
up and lets 16 kept-alive connections send first check-ins of different people. Printed are the medians, the ratio within each
round (slow phases of the machine fall on both), its spread, and how many messages a commit took where the checkout counts that.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import urllib.request
from dataclasses import dataclass
from pathlib import Path

from bench.callback.latency import make_messages, wait_for
from bench.callback.serve import HERE
from tests.fixtures.processes import descendants, free_port

TICK = os.sysconf("SC_CLK_TCK")
ROOT = HERE.parents[1]
BUDGET = 1.05
CONNECTIONS = 16
RATE = 2500  # more than either sends in a second, so that no message is a repeat


@dataclass(frozen=True)
class Measured:
    """One round of one checkout."""

    cpu_us: float
    rps: float
    p99_ms: float
    bad: int
    together: float  # messages a commit; 0 where it is not counted


def cpu_s(pid: int) -> float:
    """Seconds that a process and its descendants have used so far."""
    total = 0
    for one in (pid, *descendants(pid)):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += int(fields[11]) + int(fields[12])
    return total / TICK


def wrk(port: int, seconds: int, file: Path) -> dict[str, int]:
    """What ``wrk`` counted while it sent the prepared requests of a file."""
    command: list[str | Path] = [
        "wrk",
        "-t1",
        f"-c{CONNECTIONS}",
        f"-d{seconds}s",
        "-s",
        HERE / "peers" / "replay.lua",
    ]
    command += [f"http://127.0.0.1:{port}", "--", file, "/wechat/callback", "keep"]
    said = subprocess.run(command, capture_output=True, text=True, timeout=seconds + 60, check=True).stdout
    return {name: int(value) for name, value in re.findall(r"(\w+)=(\d+)", said.split("RESULT")[1])}


def commits(port: int) -> tuple[float, float]:
    """Commits so far, and the messages in them."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        text = answer.read().decode()
    found = dict(re.findall(r"^pioneer_callback_commits_(count|sum) ([0-9.e+]+)$", text, re.MULTILINE))
    return float(found.get("count", 0)), float(found.get("sum", 0))


def measure(checkout: Path, seconds: int) -> Measured:
    """One round."""
    own = checkout / ".venv" / "bin" / "python"
    with tempfile.TemporaryDirectory(prefix="bench-against-") as name:
        folder = Path(name)
        warm = 2 * RATE
        requests, openids = make_messages(warm + seconds * RATE, folder)
        lines = requests.read_text(encoding="ascii").splitlines(keepends=True)
        first, rest = folder / "warm.txt", folder / "rest.txt"
        first.write_text("".join(lines[:warm]), encoding="ascii")
        rest.write_text("".join(lines[warm:]), encoding="ascii")
        port = free_port()
        command: list[str | Path] = [own if own.exists() else sys.executable, "-m", "bench.callback.serve"]
        command += ["full", str(port), folder, openids]
        env = {**os.environ, "PYTHONPATH": "", "PYTHONSAFEPATH": ""}
        server = subprocess.Popen(command, cwd=checkout, env=env, start_new_session=True)
        try:
            wait_for(port)
            wrk(port, 2, first)
            count, total, used = *commits(port), cpu_s(server.pid)
            got = wrk(port, seconds, rest)
            spent = cpu_s(server.pid) - used
            count, total = (now - then for now, then in zip(commits(port), (count, total), strict=True))
        finally:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(20)
    bad = sum(got[kind] for kind in ("non2xx", "connect", "read", "write", "timeout"))
    return Measured(
        cpu_us=spent / got["requests"] * 1e6,
        rps=got["requests"] / got["us"] * 1e6,
        p99_ms=got["p99"] / 1000,
        bad=bad,
        together=total / count if count else 0.0,
    )


def show(name: str, rounds: list[Measured]) -> None:
    """The medians of one checkout."""

    def median(what: str) -> float:
        return float(statistics.median(getattr(one, what) for one in rounds))

    together = f"{median('together'):.1f} messages a commit" if median("together") else "commits not counted"
    print(
        f"{name:<8}{median('cpu_us'):8.0f} µs of CPU{median('rps'):8.0f} a second  p99 {median('p99_ms'):6.1f} ms"
        f"  bad {sum(one.bad for one in rounds)}  {together}"
    )


def main() -> int:
    """Measure by turns and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="the other checkout, usually an older commit's worktree")
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--seconds", type=int, default=5)
    arguments = parser.parse_args()
    compare(arguments.folder.resolve(), arguments.rounds, arguments.seconds)
    return 0


def compare(other: Path, rounds: int, seconds: int) -> None:
    """So many rounds by turns, and their comparison."""
    old: list[Measured] = []
    new: list[Measured] = []
    for number in range(rounds):
        pair = [(other, old), (ROOT, new)]
        for checkout, into in pair if number % 2 == 0 else reversed(pair):
            into.append(measure(checkout, seconds))
        print(f"round {number + 1}: {old[-1].cpu_us:.0f} µs, {new[-1].cpu_us:.0f} µs", flush=True)
    ratios = sorted(after.cpu_us / before.cpu_us for before, after in zip(old, new, strict=True))
    show("other", old)
    show("this", new)
    verdict = "ok" if statistics.median(ratios) <= BUDGET else "OVER"
    print(
        f"CPU per callback, this by the other: median {statistics.median(ratios):.3f} (budget {BUDGET}: {verdict}),"
        f" from {ratios[0]:.3f} to {ratios[-1]:.3f}; load average {os.getloadavg()[0]:.1f}"
    )


if __name__ == "__main__":
    sys.exit(main())
