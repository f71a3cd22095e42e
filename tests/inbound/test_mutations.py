"""Thousands of bent and broken pushes (``MUTATIONS``): no 5xx, no exception, no reply that WeChat would not take."""

from __future__ import annotations

import logging
import os
from pathlib import Path

import structlog
import time_machine
from hypothesis import HealthCheck, given, settings

from tests.inbound.conftest import furnish
from tests.inbound.mutations import MOMENT, Target, failures, hurry, requests
from tests.inbound.test_samples import build
from wechat.inbound.callback import Callback

EXAMPLES = int(os.environ.get("MUTATIONS", "2000"))


def test_nothing_that_can_be_sent_breaks_the_callback(sqlite_url: str, tmp_path: Path) -> None:
    built = build(sqlite_url, tmp_path)
    with built.db.session_scope() as session:
        furnish(session)
    app = Callback(built)
    hurry(built, app)
    target = Target(built, app)
    before = failures()

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests())
    def run(request: dict[str, object]) -> None:
        target.check(request)

    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR))
    try:
        with time_machine.travel(MOMENT, tick=True):
            run()
    finally:
        structlog.reset_defaults()
    assert failures() == before, "a handler failed on something that was sent"
    assert target.sent >= EXAMPLES
    assert target.statuses[200] > EXAMPLES / 2
    built.close()
