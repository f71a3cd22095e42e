"""``/readyz`` says what is so: each part that a message needs is touched, and the one that fails is named."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from app import create_app
from database.migrate import upgrade
from operations import readiness
from tests.fixtures import servers, services
from tests.fixtures.configuration import make_settings, write_config
from tests.tooling.test_layout import ROOT

_FULL = """
import resource, signal, sys
from app import create_app
from settings import load_settings
app = create_app(load_settings())
client = app.test_client()
assert client.get("/readyz").status_code == 200, client.get("/readyz").text
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))  # a disk that takes no more
import time; time.sleep(1.1)
answer = client.get("/readyz")
print(answer.status_code, answer.text)
"""


@pytest.fixture(autouse=True)
def never_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each question is answered anew."""
    monkeypatch.setattr(readiness, "_KEEP_S", 0.0)


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    app = create_app(make_settings(database={"url": sqlite_url}, server={"data_dir": str(tmp_path / "var")}))
    yield app
    app.extensions["pioneer"].close()


def ask(app: Flask) -> tuple[int, set[str]]:
    answer = app.test_client().get("/readyz")
    body: dict[str, Any] = answer.get_json()
    assert body["ready"] is (answer.status_code == 200)
    for fault in body["faults"]:
        assert "请" in fault["message"]
    return answer.status_code, {fault["part"] for fault in body["faults"]}


def file_of(app: Flask) -> Path:
    return Path(app.extensions["pioneer"].db.url.database)


def test_a_whole_server_is_ready_on_both_databases(database_url: str, tmp_path: Path) -> None:
    app = create_app(
        make_settings(database={"url": database_url}, server={"data_dir": str(tmp_path / "var")})
    )
    assert ask(app) == (200, set())
    assert ask(app) == (200, set())
    assert not list((tmp_path / "var").glob(".ready*"))
    app.extensions["pioneer"].close()


def test_a_deleted_database_is_named(served: Flask) -> None:
    assert ask(served) == (200, set())
    file_of(served).unlink()
    assert ask(served) == (503, {"数据库"})


def test_a_database_replaced_by_another_whole_one_is_named(served: Flask, tmp_path: Path) -> None:
    assert ask(served) == (200, set())
    upgrade(f"sqlite:///{tmp_path / 'other.db'}")
    (tmp_path / "other.db").replace(file_of(served))
    assert ask(served) == (503, {"数据库"})


@pytest.mark.parametrize("keep", [0, 100])
def test_an_overwritten_database_is_named(served: Flask, keep: int) -> None:
    assert ask(served) == (200, set())
    program = "import sys, pathlib, sqlite3; c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA wal_checkpoint(TRUNCATE)'); "
    program += "c.close(); p = pathlib.Path(sys.argv[1]); n = int(sys.argv[2]); d = p.read_bytes(); "
    program += "f = p.open('r+b'); f.seek(n); f.write(b'\\xa5' * (len(d) - n)); f.close()"
    # By another process: closing a file of our own would drop the locks that SQLite holds on it.
    subprocess.run([sys.executable, "-c", program, str(file_of(served)), str(keep)], check=True)
    assert ask(served) == (503, {"数据库"})


def test_an_empty_database_is_named(served: Flask) -> None:
    os.truncate(file_of(served), 0)
    assert ask(served)[0] == 503


def test_a_folder_that_takes_no_file_is_named(served: Flask, tmp_path: Path) -> None:
    assert ask(served) == (200, set())
    spool = tmp_path / "var/spool"
    spool.rmdir()
    spool.write_bytes(b"a file in its place")
    assert ask(served) == (503, {"待处理消息的目录"})


def test_a_full_disk_is_named_by_all_who_write_to_it(sqlite_url: str, tmp_path: Path) -> None:
    config = write_config(
        tmp_path / "config.toml", database={"url": sqlite_url}, server={"data_dir": str(tmp_path / "var")}
    )
    done = subprocess.run(
        [sys.executable, "-c", _FULL], cwd=ROOT, env={**os.environ, "PIONEER_CONFIG": str(config)},
        capture_output=True, text=True, timeout=120,
    )  # fmt: skip
    status, _, body = done.stdout.partition(" ")
    assert status == "503", done.stderr
    assert {fault["part"] for fault in json.loads(body)["faults"]} == {
        "数据目录",
        "待处理消息的目录",
        "数据库",
    }


def test_a_scheduler_that_stands_still_is_named(served: Flask) -> None:
    runtime = served.extensions["pioneer"]
    runtime.ticked_at = time.monotonic()
    assert ask(served) == (200, set())
    runtime.ticked_at -= 120
    assert ask(served) == (503, {"定时任务"})


def test_a_stopped_postgresql_is_named(tmp_path: Path) -> None:
    server = servers.start_postgres()
    if isinstance(server, str):
        services.unavailable(server)
        return
    try:
        upgrade(server.url)
        app = create_app(
            make_settings(database={"url": server.url}, server={"data_dir": str(tmp_path / "var")})
        )
        assert ask(app) == (200, set())
    finally:
        server.stop()
    assert ask(app) == (503, {"数据库"})
    app.extensions["pioneer"].close()
