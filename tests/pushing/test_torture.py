"""Kill the real server with SIGKILL at each step of a push, lose answers, and count what the local WeChat delivered."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.fixtures.live import Live
from tests.fixtures.processes import Process, Spawn, eventually
from tests.pushing.world import GAP_S, World, make_world
from wechat.sandbox.config import SandboxConfig
from wechat.sandbox.testing import SandboxControl

pytestmark = [pytest.mark.torture, pytest.mark.slow]

STEPS = (
    "push.released",
    "push.planned",
    "push.uploaded",
    "push.drafted",
    "push.claimed",
    "push.called",
    "push.answered",
    "push.settled",
)


def short_waits(folder: Path) -> dict[str, Any]:
    return {"limits": {"quiet_hours": "", "tick_s": 0.1, "mass_repeat_gap_s": GAP_S, "delivery_lease_s": 30}}


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


@pytest.mark.parametrize("who", ["", "leader", "group"], ids=["worker", "parent", "group"])
def test_each_follower_gets_a_push_once_whoever_is_killed_at_whatever_step(
    who: str, spawn: Spawn, sqlite_url: str, tmp_path: Path
) -> None:
    live = Live(spawn, tmp_path / "live", sqlite_url, **short_waits(tmp_path))
    world = furnished(live)
    crashes = tmp_path / "crashes"
    crashes.mkdir()
    env = {
        "PIONEER_CRASH_AT": ",".join(STEPS),
        "PIONEER_CRASH_WHO": who,
        "PIONEER_CRASH_ONCE": str(crashes),
    }
    world.sandbox.faults({"path": "/cgi-bin/message/mass/sendall", "kind": "drop_after", "count": 1})
    serving = live.start_serve(env=env)
    push = world.push("branch:第一党支部,branch:第二党支部")
    deadline = time.monotonic() + 90
    while world.shown(push)["status"] != "sent":
        assert time.monotonic() < deadline, (world.shown(push), names(crashes), serving.output())
        if not serving.running:
            eventually(
                lambda left=serving: not group_of(left), timeout_s=5, message="a process outlived the server"
            )
            serving = live.start_serve(env=env)
        time.sleep(0.1)
    assert names(crashes) == sorted(STEPS), "a step was never reached"
    assert set(world.received().values()) == {1}
    assert len(world.received()) == 16
    refused = live.flask("serve", "--port", str(live.port))
    assert refused.returncode == 2
    serving.stop()
    assert not group_of(serving)
    world.runtime.close()
