"""A world and an engine on the local WeChat, on both databases."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from localwechat.testing import SandboxControl
from scheduler.engine import Engine
from tests.fixtures.configuration import make_settings
from tests.fixtures.processes import eventually
from tests.fixtures.steps import watched
from tests.world.linked import GAP_S, World, make_world, sections_for, settings_for


@pytest.fixture
def wechat(sandbox: SandboxControl) -> SandboxControl:
    """The local WeChat with a gap as short as ours."""
    sandbox.settings(mass_retry_gap_s=GAP_S - 0.5)
    sandbox.clock(at="2026-11-24T10:00:00+08:00", speed=1)
    return sandbox


@pytest.fixture
def world(wechat: SandboxControl, database_url: str, tmp_path: Path) -> Iterator[World]:
    """The world, once on SQLite and once on PostgreSQL."""
    made = make_world(wechat, settings_for(wechat, database_url, str(tmp_path / "var")))
    with watched(made.runtime.db):
        yield made
    made.runtime.close()


@pytest.fixture
def lite_world(wechat: SandboxControl, sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    """The world on SQLite only, where the database makes no difference."""
    made = make_world(wechat, settings_for(wechat, sqlite_url, str(tmp_path / "var")))
    with watched(made.runtime.db):
        yield made
    made.runtime.close()


@pytest.fixture
def postgres_world(wechat: SandboxControl, postgres_url: str, tmp_path: Path) -> Iterator[World]:
    """The world on PostgreSQL only, where several transactions write side by side."""
    made = make_world(wechat, settings_for(wechat, postgres_url, str(tmp_path / "var")))
    with watched(made.runtime.db):
        yield made
    made.runtime.close()


@contextmanager
def opened(wechat: SandboxControl, url: str, folder: Path, **wechat_limits: Any) -> Iterator[World]:
    """A world whose pages have an address, and where a follower gets one mass message a month."""
    sections = sections_for(wechat, url, str(folder / "var"), mass_per_follower_month=1, **wechat_limits)
    sections["server"]["base_url"] = "https://pioneer.example"
    made = make_world(wechat, make_settings(**sections))
    yield made
    made.runtime.close()


@pytest.fixture
def named(wechat: SandboxControl, database_url: str, tmp_path: Path) -> Iterator[World]:
    with opened(wechat, database_url, tmp_path) as world:
        yield world


@pytest.fixture
def lite_named(wechat: SandboxControl, sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    with opened(wechat, sqlite_url, tmp_path) as world:
        yield world


@pytest.fixture
def run_engine() -> Iterator[Callable[[World], Engine]]:
    """Start an engine in this process; it ends with the test."""
    engines: list[Engine] = []

    def start(world: World) -> Engine:
        engine = Engine(world.runtime)
        engines.append(engine)
        engine.start()
        return engine

    yield start
    for engine in engines:
        engine.stop()


@pytest.fixture
def until() -> Callable[[World, int, str], dict[str, Any]]:
    """Wait until all of a push's deliveries have a status; its report."""

    def wait(world: World, push_id: int, status: str) -> dict[str, Any]:
        def there() -> bool:
            deliveries = world.shown(push_id)["deliveries"]
            return bool(deliveries) and all(one["status"] == status for one in deliveries)

        eventually(there, timeout_s=30, message=f"push {push_id} never became {status}")
        return world.shown(push_id)

    return wait
