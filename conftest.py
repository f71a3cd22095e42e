"""What every test may ask for: settings, databases, Redis, processes and a browser (see ``tests/fixtures``)."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from ground import clock

pytest_plugins = [
    "tests.fixtures.processes",
    "tests.fixtures.traces",
    "tests.fixtures.configuration",
    "tests.fixtures.compiled",
    "tests.fixtures.services",
    "tests.fixtures.browser",
    "localwechat.testing",
    "tests.fixtures.live",
    "tests.fixtures.durations",
]

# A developer's own configuration must not reach the tests, nor may a proxy stand before loopback.
for _name in list(os.environ):
    _is_setting = _name == "PIONEER_CONFIG" or (_name.startswith("PIONEER_") and "__" in _name)
    if _is_setting or _name.lower() in ("http_proxy", "https_proxy", "all_proxy"):
        del os.environ[_name]
# Some hundred processes start in a run: whoever wants no bytecode kept would have each of them compile all sources anew.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.fixture(autouse=True)
def _own_clock() -> Iterator[None]:
    """No test leaves the process on another test's clock."""
    yield
    if clock.following():
        clock.follow("")


def pytest_collection_finish() -> None:
    """Some five thousand tests and all modules stay until the end: no collection of garbage need walk them again."""
    gc.collect()
    gc.freeze()


_LONG = ("torture", "slow", "browser")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that kill, wait or show pages come first: at the end one of them would keep one process at work, the others idle."""
    rank: dict[Path, int] = {}
    for item in items:
        marks = (at for at, name in enumerate(_LONG) if item.get_closest_marker(name))
        rank[item.path] = min(rank.get(item.path, len(_LONG)), next(marks, len(_LONG)))
    items.sort(key=lambda item: rank[item.path])
