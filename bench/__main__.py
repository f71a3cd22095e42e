"""``./pioneer bench [NAME ...]``: run the measurements one after another; without names, all of them. ``--list`` names them.

Each runs in a process of its own and prints its figures. PostgreSQL and Redis are started once for all of them, from wherever the
tests take theirs. The exit code is 1 where a measurement could not run to its end; a figure over its budget is only marked, for a
busy machine must not look like a fault.
"""

from __future__ import annotations

import argparse
import ast
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple

from bench.frame import load
from tests.fixtures.servers import POSTGRES_ENV, REDIS_ENV, Server, start_postgres, start_redis

HERE = Path(__file__).resolve().parent


class Subject(NamedTuple):
    """A measurement: its module in ``bench`` and the programs without which it cannot run."""

    name: str
    programs: tuple[str, ...] = ()


SUBJECTS = (
    Subject("callback", ("wrk", "node")),
    Subject("storm"),
    Subject("push"),
    Subject("sandbox_mass"),
    Subject("roster"),
    Subject("lists"),
    Subject("search"),
    Subject("reader"),
    Subject("signing_in"),
    Subject("wording"),
    Subject("start"),
)


def about(name: str) -> str:
    """The first line of what a measurement says about itself."""
    path = HERE / name / "__main__.py" if (HERE / name).is_dir() else HERE / f"{name}.py"
    if not path.exists():
        return ""
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return text.partition("\n")[0]


def obstacle(subject: Subject) -> str:
    """Why a measurement cannot run here, or nothing."""
    module = f"bench.{subject.name}" + (".__main__" if (HERE / subject.name).is_dir() else "")
    if importlib.util.find_spec(module) is None:
        return f"there is no {module}"
    missing = [program for program in subject.programs if shutil.which(program) is None]
    return f"install {' and '.join(missing)}" if missing else ""


def measure(subjects: list[Subject]) -> int:
    """Run them; 1 where one was not run to its end."""
    faults = []
    for subject in subjects:
        print(f"\n== {subject.name}: {about(subject.name)}", flush=True)
        if reason := obstacle(subject):
            print(f"   NOT RUN: {reason}", flush=True)
            faults.append(f"{subject.name} (not run: {reason})")
            continue
        began = time.monotonic()
        done = subprocess.run([sys.executable, "-m", f"bench.{subject.name}"], cwd=HERE.parent, check=False)
        print(f"-- {subject.name}: {time.monotonic() - began:.0f} s, {load()}", flush=True)
        if done.returncode:
            faults.append(f"{subject.name} (exit code {done.returncode})")
    if faults:
        print(f"\nnot complete: {', '.join(faults)}", file=sys.stderr)
    return 1 if faults else 0


def main() -> int:
    """Read the command line, start what all need, measure."""
    parser = argparse.ArgumentParser(prog="./pioneer bench", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", metavar="NAME", help="what to measure (default: everything)")
    parser.add_argument("--list", action="store_true", help="name what can be measured and end")
    options = parser.parse_args()
    known = {subject.name: subject for subject in SUBJECTS}
    if options.list:
        print("\n".join(f"{name:<14}{about(name)}" for name in known))
        return 0
    if unknown := [name for name in options.names if name not in known]:
        parser.error(f"unknown: {', '.join(unknown)}; there are {', '.join(known)}")
    print(f"{os.cpu_count()} cores, {load()}")
    servers: list[Server] = []
    try:
        for variable, start in ((POSTGRES_ENV, start_postgres), (REDIS_ENV, start_redis)):
            if variable in os.environ:
                continue
            server = start()
            if isinstance(server, Server):
                servers.append(server)
                os.environ[variable] = server.url
            else:
                print(server, file=sys.stderr)
        return measure([known[name] for name in options.names or known])
    finally:
        for server in servers:
            server.stop()


if __name__ == "__main__":
    sys.exit(main())
