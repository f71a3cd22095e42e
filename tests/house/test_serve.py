"""One server a data folder, and nothing that outlives it: ports, locks, kills."""

from __future__ import annotations

import os
import signal
import socket
from pathlib import Path

import pytest

from tests.fixtures.commands import run_flask
from tests.fixtures.live import Live
from tests.fixtures.processes import Spawn, descendants, eventually, free_port, http_status, is_alive

KILLED = -signal.SIGKILL


def the_worker(live: Live) -> int:
    """Process id of granian's worker under ``flask serve``."""
    assert live.serving is not None
    children = descendants(live.serving.pid)
    assert len(children) == 1, children
    return children[0]


def one_line(text: str) -> str:
    lines = [line for line in text.splitlines() if line.strip()]
    assert len(lines) == 1, text
    return lines[0]


@pytest.fixture
def served(live: Live) -> Live:
    live.start_sandbox()
    live.start_serve()
    return live


def test_a_taken_port_gives_one_clear_line(live: Live) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = live.flask("serve", "--port", str(port))
    assert done.returncode == 2
    assert f"端口 {port} 已被占用" in one_line(done.stderr)


def test_a_second_start_on_the_same_data_is_refused(served: Live) -> None:
    done = served.flask("serve", "--port", str(free_port()))
    assert done.returncode == 2
    assert "已有一个服务正在使用数据目录" in one_line(done.stderr)
    assert http_status(f"{served.url}/readyz") == 200


def test_a_database_without_tables_is_refused_with_the_command_to_type(live: Live, tmp_path: Path) -> None:
    done = run_flask(
        "serve",
        "--port",
        str(free_port()),
        env={**live.env, "PIONEER_DATABASE__URL": f"sqlite:///{tmp_path / 'new.db'}"},
    )
    assert done.returncode == 2
    assert "db upgrade" in one_line(done.stderr)


def test_sqlite_is_not_written_by_two_processes(live: Live) -> None:
    for command in (["serve", "--web-only"], ["scheduler"], ["worker"]):
        done = live.flask(*command)
        assert done.returncode == 2
        assert "SQLite" in one_line(done.stderr)


def test_a_server_that_is_told_to_end_leaves_nothing(served: Live) -> None:
    worker = the_worker(served)
    assert served.serving is not None
    os.kill(served.serving.pid, signal.SIGTERM)
    eventually(lambda: not is_alive(served.serving.pid if served.serving else 0) and not is_alive(worker))
    served.start_serve()


def test_when_the_parent_is_killed_the_worker_ends_and_the_next_start_succeeds(served: Live) -> None:
    worker = the_worker(served)
    assert served.serving is not None
    os.kill(served.serving.pid, signal.SIGKILL)
    eventually(lambda: not is_alive(worker), timeout_s=5)
    served.start_serve()
    assert http_status(f"{served.url}/readyz") == 200


def test_when_the_worker_is_killed_another_takes_its_place(served: Live) -> None:
    worker = the_worker(served)
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: http_status(f"{served.url}/readyz") == 200 and the_worker(served) != worker)


def test_the_demo_ends_all_that_it_started(spawn: Spawn, tmp_path: Path) -> None:
    port, sandbox_port = free_port(), free_port()
    live = Live(spawn, tmp_path / "demo", f"sqlite:///{tmp_path / 'demo.db'}")
    wechat = f"http://127.0.0.1:{sandbox_port}"
    env = {
        **live.env,
        "PIONEER_SERVER__BASE_URL": f"http://127.0.0.1:{port}",
        "PIONEER_SERVER__CLOCK_URL": f"{wechat}/_sandbox/clock",
        "PIONEER_WECHAT__API_BASE_URL": wechat,
    }
    demo = spawn.flask("demo", "--port", str(port), "--sandbox-port", str(sandbox_port), env=env)
    eventually(lambda: "按 Ctrl-C 停止" in demo.output(), timeout_s=90, message=demo.output())
    for part in ("/console/", "/m/", "/phone/", "admin", "shuji", "绑定 "):
        assert part in demo.output()
    assert http_status(f"http://127.0.0.1:{port}/readyz") == 200
    assert http_status(f"{wechat}/phone/") == 200
    again = run_flask("demo", "--port", str(free_port()), "--sandbox-port", str(free_port()), env=env)
    assert again.returncode == 2
    assert "演示已经在运行" in one_line(again.stderr)
    started = descendants(demo.pid)
    assert len(started) >= 3
    os.kill(demo.pid, signal.SIGINT)
    eventually(lambda: not any(is_alive(pid) for pid in [demo.pid, *started]), timeout_s=20)


def test_the_demo_never_touches_the_real_wechat(live: Live) -> None:
    done = run_flask("demo", env={**live.env, "PIONEER_WECHAT__API_BASE_URL": "https://api.weixin.qq.com"})
    assert done.returncode == 2
    assert "演示只能连接本地微信" in one_line(done.stderr)
