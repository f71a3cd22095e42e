"""What goes wrong on purpose, the clock, restarts, and the end of the process."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
import requests

from localwechat.testing import ROOT, SandboxControl, SandboxError, start_sandbox
from localwechat.tests.world import World


def post(sandbox: SandboxControl, path: str, body: bytes) -> requests.Response:
    return requests.post(f"{sandbox.url}{path}?access_token={sandbox.access_token()}", data=body, timeout=10)


TAG = b'{"tag":{"name":"x"}}'


def test_a_connection_cut_before_acting_leaves_nothing_done(world: World) -> None:
    world.sandbox.faults({"path": "/cgi-bin/tags/create", "kind": "drop_before", "count": 1})
    with pytest.raises(requests.ConnectionError):
        post(world.sandbox, "/cgi-bin/tags/create", TAG)
    assert len(world.api("/cgi-bin/tags/get")["tags"]) == 1
    assert post(world.sandbox, "/cgi-bin/tags/create", TAG).json()["tag"]["name"] == "x"


def test_a_connection_cut_after_acting_leaves_it_done(world: World) -> None:
    world.sandbox.faults({"path": "/cgi-bin/tags/create", "kind": "drop_after", "count": 1})
    with pytest.raises(requests.ConnectionError):
        post(world.sandbox, "/cgi-bin/tags/create", TAG)
    assert [tag["name"] for tag in world.api("/cgi-bin/tags/get")["tags"]][1:] == ["x"]


def test_an_answer_may_break_off_in_the_middle(world: World) -> None:
    world.sandbox.faults({"path": "/cgi-bin/tags/create", "kind": "truncate", "count": 1})
    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        post(world.sandbox, "/cgi-bin/tags/create", TAG)
    assert len(world.api("/cgi-bin/tags/get")["tags"]) == 2


def test_any_status_garbage_and_any_code_can_be_answered(world: World) -> None:
    world.sandbox.faults(
        {"path": "/cgi-bin/tags/create", "kind": "http:502", "count": 1},
        {"path": "/cgi-bin/tags/create", "kind": "garbage", "count": 1},
        {"path": "/cgi-bin/tags/create", "kind": "err:-1", "count": 1},
        {"path": "/cgi-bin/tags/*", "kind": "err:48004", "count": 1},
    )
    assert post(world.sandbox, "/cgi-bin/tags/create", TAG).status_code == 502
    assert post(world.sandbox, "/cgi-bin/tags/create", TAG).text.startswith("<html>")
    assert post(world.sandbox, "/cgi-bin/tags/create", TAG).json()["errcode"] == -1
    assert post(world.sandbox, "/cgi-bin/tags/create", TAG).json()["errcode"] == 48004
    assert post(world.sandbox, "/cgi-bin/tags/create", TAG).json()["tag"]["name"] == "x"


def test_slowness_is_real_and_goes_with_another_fault(world: World) -> None:
    world.sandbox.faults(
        {"path": "/cgi-bin/tags/get", "kind": "slow:0.2", "count": 1},
        {"path": "/cgi-bin/tags/get", "kind": "err:-1", "count": 1},
    )
    started = time.monotonic()
    assert world.api("/cgi-bin/tags/get")["errcode"] == -1
    assert time.monotonic() - started >= 0.2


def test_busy_for_a_while_is_over_after_a_while(world: World) -> None:
    world.sandbox.faults({"path": "/cgi-bin/tags/get", "kind": "err:-1", "seconds": 1})
    assert world.api("/cgi-bin/tags/get")["errcode"] == -1
    assert world.sandbox.wait_for(lambda: "tags" in world.api("/cgi-bin/tags/get"))


def test_a_rule_that_nobody_knows_is_refused(sandbox: SandboxControl) -> None:
    with pytest.raises(SandboxError, match="unknown kind"):
        sandbox.faults({"path": "/x", "kind": "explode"})


def test_an_allow_list_takes_addresses_and_blocks_only(sandbox: SandboxControl) -> None:
    with pytest.raises(SandboxError):
        sandbox.settings(ip_whitelist=["203.0.113.*"])
    sandbox.settings(ip_whitelist=["203.0.113.7", "127.0.0.0/8"])
    assert "tags" in sandbox.api("/cgi-bin/tags/get")


def test_a_body_of_unknown_length_is_refused_by_the_gateway(world: World) -> None:
    answer = requests.post(
        f"{world.sandbox.url}/cgi-bin/tags/create?access_token={world.sandbox.access_token()}",
        data=iter([TAG]),
        timeout=10,
    )
    assert answer.status_code == 412


def test_the_answer_carries_wechat_s_header(world: World) -> None:
    answer = post(world.sandbox, "/cgi-bin/tags/create", TAG)
    assert answer.headers["Content-Type"] == "application/json; encoding=utf-8"
    assert answer.headers["Connection"] == "keep-alive"


def test_the_clock_jumps_and_runs_faster(sandbox: SandboxControl) -> None:
    sandbox.clock(at="2026-03-05T10:00:00+08:00", speed=600)
    time.sleep(0.1)
    state = sandbox.clock()
    gone = datetime.fromisoformat(state["at"]) - datetime.fromisoformat("2026-03-05T10:00:00+08:00")
    assert 60 <= gone.total_seconds() < 600
    assert state["speed"] == 600
    with pytest.raises(SandboxError):
        sandbox.clock(speed=601)


def test_a_token_has_its_life_by_the_clock(world: World) -> None:
    sandbox = world.sandbox
    sandbox.reset(everything=True)  # a plain one leaves tokens, and an earlier test's may be of this morning
    sandbox.clock(at="2026-03-05T10:00:00+08:00")
    first = sandbox.access_token()
    sandbox.clock(at="2026-03-05T11:54:00+08:00")
    assert sandbox.access_token() == first
    sandbox.clock(at="2026-03-05T11:56:00+08:00")
    second = sandbox.access_token()
    assert second != first
    assert "tags" in world.api("/cgi-bin/tags/get", token=first)
    sandbox.clock(at="2026-03-05T12:00:01+08:00")
    assert world.api("/cgi-bin/tags/get", token=first)["errcode"] == 42001
    assert "tags" in world.api("/cgi-bin/tags/get", token=second)


def plain_token(world: World) -> str:
    config = world.sandbox.config
    path = f"/cgi-bin/token?grant_type=client_credential&appid={config.app_id}&secret={config.app_secret}"
    return str(world.api(path, token="")["access_token"])


def test_a_second_plain_token_ages_the_first_and_leaves_the_stable_one_alone(world: World) -> None:
    sandbox = world.sandbox
    sandbox.clock(at="2026-03-05T10:00:00+08:00")
    stable, first = sandbox.access_token(), plain_token(world)
    second = plain_token(world)
    assert "tags" in world.api("/cgi-bin/tags/get", token=first)
    sandbox.clock(at="2026-03-05T10:05:01+08:00")
    assert world.api("/cgi-bin/tags/get", token=first)["errcode"] == 40001
    assert all("tags" in world.api("/cgi-bin/tags/get", token=token) for token in (second, stable))


def test_a_forced_token_voids_the_former_but_not_within_thirty_seconds(world: World) -> None:
    sandbox = world.sandbox
    sandbox.clock(at="2026-03-05T10:00:00+08:00")
    config = sandbox.config
    body = {"grant_type": "client_credential", "appid": config.app_id, "secret": config.app_secret}

    def force() -> str:
        return str(
            world.api("/cgi-bin/stable_token", body | {"force_refresh": True}, token="")["access_token"]
        )

    first = sandbox.access_token()
    second = force()
    assert world.api("/cgi-bin/tags/get", token=first)["errcode"] == 40001
    assert force() == second
    sandbox.clock(at="2026-03-05T10:00:31+08:00")
    assert force() != second


def test_a_restart_keeps_the_world_and_its_clock(tmp_path: Path) -> None:
    data = str(tmp_path / "sandbox.db")
    with start_sandbox(data=data, seed=7) as control:
        people = control.followers(3)
        world = World(control)
        tag_id = world.tagged("第一支部", people)
        control.account(type="subscription")
        control.clock(at="2026-03-05T10:00:00+08:00", speed=60)
        assert control.process is not None
        control.process.kill()
        control.process.wait()
    with start_sandbox(data=data, seed=7) as control:
        assert control.state()["counts"]["following"] == 3
        assert control.account()["type"] == "subscription"
        assert control.clock()["at"].startswith("2026-03-05T02:")
        assert control.clock()["speed"] == 60
        fans = World(control).api("/cgi-bin/user/tag/get", {"tagid": tag_id, "next_openid": ""})
        assert fans["data"]["openid"] == people


def test_a_seed_makes_a_run_repeatable() -> None:
    runs = []
    for _ in range(2):
        with start_sandbox(seed=42) as control:
            people = control.followers(20)
            names = [row["nickname"] for row in control.control("followers?limit=20")]
            control.habits(checkin=0.5, block=0.3, within_s=60)
            control.clock(at="2026-03-05T10:00:00+08:00")
            World(control).send_list(people)
            control.wait_for(partial(_reached, control, 20))
            control.clock(at="2026-03-05T10:02:00+08:00")
            control.wait_for(partial(_idle, control))
            did = [[message["type"] for message in control.chat(openid)] for openid in people]
            blocked = [row["refuses"] for row in control.control("followers?limit=20")]
            runs.append((people, names, did, blocked))
    assert runs[0] == runs[1]
    assert 0 < sum(runs[0][3]) < 20


def _reached(control: SandboxControl, count: int) -> bool:
    return control.receipt_count("mass") == count


def _idle(control: SandboxControl) -> bool:
    return not control.state()["counts"]["jobs"]


def test_it_ends_when_its_parent_is_killed() -> None:
    script = (
        "import subprocess, sys\n"
        "child = subprocess.Popen([sys.executable, '-m', 'localwechat', '--port', '0', '--die-with-parent'],"
        " stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)\n"
        "child.stdout.readline()\n"
        "print(child.pid, flush=True)\n"
        "child.wait()\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.wait()
    end = time.monotonic() + 10
    while _runs(child):
        assert time.monotonic() < end, "the sandbox outlived its parent"
        time.sleep(0.05)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    # A process that nobody has waited for yet is dead all the same
    return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"


def test_a_signal_ends_it_at_once() -> None:
    with start_sandbox() as control:
        assert control.process is not None
        control.process.send_signal(signal.SIGINT)
        assert control.process.wait(5) == 0


def test_a_taken_port_is_one_clear_line(sandbox: SandboxControl) -> None:
    port = sandbox.url.rsplit(":", 1)[1]
    done = subprocess.run(
        [sys.executable, "-m", "localwechat", "--port", port], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 1
    assert done.stderr.startswith(f"本地微信不能在 127.0.0.1:{port} 启动")
    assert "Traceback" not in done.stderr


def test_secrets_are_masked_in_the_log(world: World) -> None:
    token = world.sandbox.access_token()
    world.api("/cgi-bin/tags/get", token=token)
    shown = str(world.sandbox.log("api"))
    assert "/cgi-bin/tags/get" in shown
    assert token not in shown
    assert world.sandbox.config.app_secret not in shown
