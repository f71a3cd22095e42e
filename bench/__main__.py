"""``./pioneer bench [NAME ...]``: run the measurements one after another; without names, all of them.

A measurement is a module ``bench/NAME.py`` or a package ``bench/NAME/`` with a ``__main__``. Each runs in a process of its own
and prints its figures. PostgreSQL and Redis are started for all of them, from wherever the tests take theirs.
"""

from __future__ import annotations

import ast
import os
import subprocess
import sys
import time
from pathlib import Path

from tests.fixtures.services import POSTGRES_ENV, REDIS_ENV, Server, start_postgres, start_redis

HERE = Path(__file__).resolve().parent


def measurements() -> dict[str, str]:
    """Name of each measurement and the first line of what it says about itself."""
    files = {path.stem: path for path in HERE.glob("[!_]*.py")}
    files |= {path.parent.name: path for path in HERE.glob("[!_]*/__main__.py")}
    found = {}
    for name, path in sorted(files.items()):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        if any(isinstance(node, ast.FunctionDef) and node.name == "main" for node in tree.body):
            found[name] = (ast.get_docstring(tree) or "").partition("\n")[0]
    return found


def main() -> int:
    """0 when every measurement ran to its end."""
    known = measurements()
    names = sys.argv[1:] or list(known)
    if unknown := [name for name in names if name not in known]:
        print(f"没有这项测量：{'、'.join(unknown)}。可用的有：", file=sys.stderr)
        for name, line in known.items():
            print(f"  {name:<16}{line}", file=sys.stderr)
        return 2
    servers = []
    for variable, start in ((POSTGRES_ENV, start_postgres), (REDIS_ENV, start_redis)):
        if variable not in os.environ:
            server = start()
            if isinstance(server, Server):
                servers.append(server)
                os.environ[variable] = server.url
            else:
                print(server, file=sys.stderr)
    failed = []
    try:
        for name in names:
            print(f"\n== {name}: {known[name]}", flush=True)
            before = time.monotonic()
            if subprocess.run(
                [sys.executable, "-m", f"bench.{name}"], cwd=HERE.parent, check=False
            ).returncode:
                failed.append(name)
            print(f"-- {name}: {time.monotonic() - before:.0f} s", flush=True)
    finally:
        for server in servers:
            server.stop()
    if failed:
        print(f"\n没有完成：{'、'.join(failed)}", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
