"""A hundred thousand bent and broken pushes through the whole callback: no 5xx, no exception, no unusable reply.

``python -m bench.callback.mutations [COUNT]``; the test suite runs five thousand of the same.
"""

from __future__ import annotations

import logging
import sys
import tempfile
import time
from pathlib import Path

import structlog
import time_machine
from hypothesis import HealthCheck, Phase, given, settings

from database.migrate import upgrade
from tests.inbound.conftest import furnish
from tests.inbound.mutations import MOMENT, Target, failures, hurry, requests
from tests.inbound.test_samples import build
from wechat.inbound.callback import Callback

COUNT = 100_000
_SLICE = 5_000


def main() -> None:
    """Run them in slices, for hypothesis remembers all it has drawn."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    wanted = int(sys.argv[1]) if len(sys.argv) > 1 else COUNT
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="bench-mutations-") as folder:
        url = f"sqlite:///{folder}/m.db"
        upgrade(url)
        built = build(url, Path(folder))
        with built.db.session_scope() as session:
            furnish(session)
        app = Callback(built)
        hurry(built, app)
        target = Target(built, app)
        with time_machine.travel(MOMENT, tick=True):
            while target.sent < wanted:
                _slice(target, min(_SLICE, wanted - target.sent))
        built.close()
    print(
        f"{target.sent} mutated pushes: {target.statuses}, {failures():.0f} failed, {time.monotonic() - began:.0f} s"
    )
    if failures():
        raise SystemExit("a handler failed on something that was sent")


def _slice(target: Target, count: int) -> None:
    @settings(
        max_examples=count,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(requests())
    def run(request: dict[str, object]) -> None:
        target.check(request)

    run()


if __name__ == "__main__":
    main()
