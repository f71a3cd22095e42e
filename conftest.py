"""What every test may ask for: settings, databases, Redis, processes and a browser (see ``tests/fixtures``)."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from ground import clock

pytest_plugins = [
    "tests.fixtures.processes",
    "tests.fixtures.traces",
    "tests.fixtures.configuration",
    "tests.fixtures.templates",
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


@pytest.fixture(autouse=True)
def _own_clock() -> Iterator[None]:
    """No test leaves the process on another test's clock."""
    yield
    if clock.following():
        clock.follow("")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Files that kill and wait come first: at the end one of them would keep one process at work and the others idle."""
    long = {item.path for item in items if item.get_closest_marker("torture")}
    items.sort(key=lambda item: item.path not in long)
