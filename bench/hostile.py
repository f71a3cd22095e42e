"""Every hostile file at the door of a running server: how long, how much memory, and what WeChat's callbacks notice.

    python -m bench.hostile [--seed 2026] [NAME ...]

Budgets: each file 10 s and 500 MB; callbacks, ten a second meanwhile, p99 500 ms and none failed.
"""

from __future__ import annotations

import argparse
import sys

from bench import frame
from tests.fixtures.configuration import make_settings
from tests.fixtures.processes import run_flask_anew
from tests.hostile.files import FILES, SEED
from tests.hostile.trial import Door, Ringing, Watch, account_of, furnish

_PASSWORD = "louti-deng-liang-le"


def main() -> int:
    """Print a line a file, then the callbacks' figures."""
    parser = argparse.ArgumentParser(prog="bench.hostile")
    parser.add_argument("names", nargs="*")
    parser.add_argument("--seed", type=int, default=SEED)
    options = parser.parse_args()
    with frame.folder() as inside, frame.spawning(inside) as spawn:
        database_url = frame.fresh_sqlite(inside)
        furnish(database_url)
        served = frame.Served(spawn, inside, database_url)
        process = served.start()
        create = ("user", "create", "bench", "--role", "admin", "--password-stdin")
        made_user = run_flask_anew(*create, env=served.env, text=f"{_PASSWORD}\n")
        assert made_user.returncode == 0, made_user.stderr
        url = f"http://127.0.0.1:{served.port}"
        door = Door(url, "bench", _PASSWORD)
        tried = [one for one in FILES if not options.names or one.name in options.names]
        made = [one.data(options.seed) for one in tried]  # before, for it would hold up the callbacks here
        with Watch(process.pid) as watch, Ringing(url, account_of(make_settings())) as ringing:
            for hostile, data in zip(tried, made, strict=True):
                status, took = door.try_(hostile, data)
                frame.line(f"{hostile.door}: {hostile.name}", took, "s", budget=10, beside=f"status {status}")
        frame.line("most memory of a child", watch.children_mb, "MB", budget=500)
        frame.line("most memory of the server", watch.server_mb, "MB", budget=500)
        beside = f"{len(ringing.took)} callbacks, {frame.load()}"
        frame.line("callbacks meanwhile, p99", ringing.p99 * 1000, "ms", budget=500, beside=beside)
        frame.line("callbacks that failed", ringing.failed, "", budget=0)
    return 0


if __name__ == "__main__":
    sys.exit(main())
