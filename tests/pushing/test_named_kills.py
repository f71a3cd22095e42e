"""Killed at each named step of a push: by the worker alone, the parent alone and the group; and scaled out.

Each of the three is killed at a third of the steps; with ``KILL_STEPS=all`` at every one.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from localwechat.config import SandboxConfig
from localwechat.testing import SandboxControl
from tests.fixtures.live import Live
from tests.fixtures.processes import Process, Spawn, eventually, free_port
from tests.fixtures.services import fresh_sqlite
from tests.torture.parts import STEPS
from tests.world.linked import GAP_S, World, make_world

pytestmark = [pytest.mark.torture, pytest.mark.slow]
WHO = {"worker": "", "parent": "leader", "group": "group"}
EVERY = os.environ.get("KILL_STEPS") == "all"


def short_waits(folder: Path) -> dict[str, Any]:
    return {
        "limits": {"quiet_hours": ""},
        "system": {"tick_s": 0.1, "delivery_lease_s": 30},
        "wechat.limits": {"mass_repeat_gap_s": GAP_S, "mass_max_openids": 8},
    }


def furnished(live: Live) -> World:
    """A server's world: two tagged branches and an article; the local WeChat runs with short waits."""
    live.start_sandbox()
    wechat = live.settings.wechat
    control = SandboxControl(
        live.sandbox_url,
        SandboxConfig(app_id=wechat.app_id, app_secret=wechat.app_secret, token=wechat.token),
    )
    control.settings(mass_retry_gap_s=GAP_S - 0.5, job_finish_delay_s=0.2, mass_get_blind_s=0.0)
    world = make_world(control, live.settings)
    world.branch("第一党支部", 9)
    world.branch("第二党支部", 7)
    return world


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def group_of(process: Process) -> list[int]:
    """All living processes of a server's group."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            fields = stat.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(fields[2]) == process.pid and fields[0] not in ("Z", "X"):
            found.append(int(stat.parent.name))
    return found


class Scene:
    """One server that is killed at these steps of one push, and started again whenever it is down."""

    def __init__(self, who: str, steps: Sequence[str], spawn: Spawn, folder: Path, database_url: str) -> None:
        self._steps = sorted(steps)
        self.live = Live(spawn, folder / "live", database_url, **short_waits(folder))
        self.world = furnished(self.live)
        self.crashes = folder / "crashes"
        self.crashes.mkdir()
        self._spawn = spawn
        self._env = {
            **self.live.env,
            "PIONEER_CRASH_AT": ",".join(steps),
            "PIONEER_CRASH_WHO": who,
            "PIONEER_CRASH_ONCE": str(self.crashes),
        }
        self.world.sandbox.faults({"path": "/cgi-bin/message/mass/send", "kind": "drop_after", "count": 1})
        self.push = self.world.push("branch:第一党支部,branch:第二党支部")
        self.serving = self._serve()

    def _serve(self) -> Process:
        return self._spawn.flask("serve", "--port", str(self.live.port), env=self._env)

    def finished(self) -> bool:
        """Whether WeChat has taken all of the push; a server that is down is started again, after all of it is gone."""
        if self.world.shown(self.push)["accepted"] == 16 and names(self.crashes) == self._steps:
            return True
        if not self.serving.running:
            eventually(
                lambda: not group_of(self.serving), timeout_s=5, message="a process outlived its server"
            )
            self.serving = self._serve()
        return False


def test_each_follower_gets_a_push_once_whoever_is_killed_at_whatever_step(
    spawn: Spawn, sqlite_template: Path, tmp_path: Path
) -> None:
    """The worker alone, the parent alone, the whole group: three servers side by side, kills and a lost answer for each."""
    scenes = []
    for number, (name, who) in enumerate(WHO.items()):
        steps = STEPS if EVERY else STEPS[number :: len(WHO)]
        folder = tmp_path / name
        folder.mkdir()
        with fresh_sqlite(sqlite_template, folder) as url:
            scenes.append(Scene(who, steps, spawn, folder, url))
    deadline = time.monotonic() + 200
    waiting = list(scenes)
    while waiting := [scene for scene in waiting if not scene.finished()]:
        assert time.monotonic() < deadline, [
            (one.world.shown(one.push), names(one.crashes), one.serving.output()) for one in waiting
        ]
        time.sleep(0.2)
    for scene in scenes:
        received = scene.world.received()
        assert len(received) == 16
        assert set(received.values()) == {1}
        scene.world.runtime.close()
    live, serving = scenes[-1].live, scenes[-1].serving
    serving.wait_for_http(f"{live.url}/readyz")
    refused = live.flask("serve", "--port", str(free_port()))
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "正在使用数据目录" in refused.stderr
    for scene in scenes:
        scene.serving.stop()
        assert not group_of(scene.serving)


def test_scaled_out_no_delivery_is_sent_twice_though_a_worker_is_killed(
    spawn: Spawn, postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    """Two schedulers and two workers over PostgreSQL and Redis; each worker dies once between acceptance and its note."""
    sections = short_waits(tmp_path)
    sections["redis"] = {"url": redis_url}
    sections["system"]["delivery_lease_s"] = 3
    live = Live(spawn, tmp_path / "live", postgres_url, **sections)
    world = furnished(live)
    crashes = tmp_path / "crashes"
    crashes.mkdir()
    env = {**live.env, "PIONEER_CRASH_AT": "push.answered,push.called", "PIONEER_CRASH_ONCE": str(crashes)}
    schedulers = [spawn.flask("scheduler", env=live.env) for _ in range(2)]
    workers = [spawn.flask("worker", env=env) for _ in range(2)]
    made = [world.push("branch:第一党支部"), world.push("branch:第二党支部"), world.push("branch:第一党支部")]

    def through() -> bool:
        for number, worker in enumerate(workers):
            if not worker.running:
                workers[number] = spawn.flask("worker", env=env)
        shown = [world.shown(push) for push in made]
        return all(one["accepted"] == one["planned"] for one in shown)

    eventually(through, timeout_s=60, every_s=0.2, message=workers[0].output() + schedulers[0].output())
    assert names(crashes) == ["push.answered", "push.called"]
    assert set(world.received("第一党支部").values()) == {2}
    assert set(world.received("第二党支部").values()) == {1}
    for process in (*schedulers, *workers):
        process.wait_for_text("engine_started")
        process.kill(signal.SIGINT)
    for process in (*schedulers, *workers):
        assert process.wait() == 0, process.output()
    world.runtime.close()
