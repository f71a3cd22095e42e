"""Clients that stall in every way against the real server: WeChat's pushes are answered all the while."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

import runtime as parts
from database.migrate import upgrade
from settings import Settings, load_settings
from tests.fixtures.configuration import write_config
from tests.fixtures.processes import Spawn, eventually, free_port, http_status
from tests.inbound.conftest import account_of
from tests.inbound.crowd import gather, letter
from tests.inbound.strangers import Stranger, crowd, post, push_path

PEOPLE = 1000
_numbers = itertools.count()


class Served:
    """The product on a port of its own, and the callbacks that it has answered."""

    def __init__(self, settings: Settings, port: int) -> None:
        self.settings = settings
        self.port = port
        self.account = account_of(settings)

    def push(self) -> tuple[float, str]:
        """One check-in over a connection of its own: seconds and the reply's text."""
        query, body = letter(self.settings, next(_numbers))
        began = time.monotonic()
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", f"/wechat/callback?{query}", body, {"Content-Type": "text/xml"})
            answer = connection.getresponse()
            text = self.account.opened(answer.status, answer.read()).text
        finally:
            connection.close()
        return time.monotonic() - began, text

    def ten_a_second(self, seconds: float) -> list[float]:
        """Pushes at their moments, whatever becomes of earlier ones; the seconds that each took, in order of size."""
        took: list[float] = []
        faults: list[str] = []

        def send() -> None:
            try:
                lasted, text = self.push()
            except (OSError, http.client.HTTPException, AssertionError) as error:
                faults.append(repr(error))
                return
            took.append(lasted)
            if "已签到" not in text:
                faults.append(text)

        threads = [threading.Thread(target=send) for _ in range(int(seconds * 10))]
        for thread in threads:
            thread.start()
            time.sleep(0.1)
        for thread in threads:
            thread.join(15)
        assert not faults, faults
        return sorted(took)


@pytest.fixture(scope="module")
def served(spawn_module: Spawn, tmp_path_factory: pytest.TempPathFactory) -> Served:
    folder = tmp_path_factory.mktemp("stalls")
    port = free_port()
    url = f"sqlite:///{folder / 'pioneer.db'}"
    upgrade(url)
    config = write_config(
        folder / "config.toml",
        server={"base_url": f"http://127.0.0.1:{port}", "data_dir": str(folder / "var")},
        database={"url": url},
        wechat={"api_base_url": "http://127.0.0.1:9"},
    )
    settings = load_settings(config, env={})
    built = parts.build(settings)
    gather(built, PEOPLE)
    built.close()
    process = spawn_module.flask(
        *("serve", "--port", str(port)), env={"PIONEER_CONFIG": str(config), "FLASK_APP": "app"}
    )
    process.wait_for_http(f"http://127.0.0.1:{port}/readyz", timeout_s=60)
    return Served(settings, port)


def kinds(served: Served) -> dict[str, tuple[bytes, bytes]]:
    """What a stranger sends first, and then once a second."""
    signed, forged = push_path(served.account), push_path(served.account, valid=False)
    return {
        "no body": (post(signed, "Content-Length: 900"), b""),
        "no body, forged": (post(forged, "Content-Length: 900"), b""),
        "a byte a second": (post(signed, "Content-Length: 900"), b"x"),
        "a wrong length": (post(signed, "Content-Length: 900") + b"<xml></xml>", b""),
        "chunked without end": (post(signed, "Transfer-Encoding: chunked"), b"1\r\nx\r\n"),
        "headers slowly": (b"POST /wechat/callback HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n"),
        "the console": (post("/console/login", "Content-Length: 900"), b""),
        "the console by the byte": (post("/console/login", "Content-Length: 900"), b"x"),
        "the API": (post("/api/v1/articles", "Transfer-Encoding: chunked"), b""),
    }


@pytest.mark.torture
@pytest.mark.parametrize(
    "kind",
    [
        *("no body", "no body, forged", "a byte a second", "a wrong length", "chunked without end"),
        *("headers slowly", "the console", "the console by the byte", "the API"),
    ],
)
def test_while_twenty_stall_ten_pushes_a_second_are_answered(served: Served, kind: str) -> None:
    with crowd(served.port, kinds(served)[kind]):
        took = served.ten_a_second(3)
    assert took[int(len(took) * 0.9)] < 0.5, took
    assert took[-1] < 4, took


def test_two_hundred_idle_connections_keep_nobody_out(served: Served) -> None:
    with crowd(served.port, (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b""), 200):
        took = served.ten_a_second(3)
        assert http_status(f"http://127.0.0.1:{served.port}/readyz", 5) == 200
    assert took[-1] < 4, took


def test_a_forged_push_is_refused_before_its_body_is_there(served: Served) -> None:
    with crowd(served.port, kinds(served)["no body, forged"], 1) as (stranger,):
        eventually(lambda: stranger.status, timeout_s=2)
        assert stranger.status == 403


@pytest.mark.parametrize(
    "kind", ["no body", "a byte a second", "chunked without end", "the console by the byte"]
)
def test_a_stalled_body_is_given_up_and_its_connection_ended(served: Served, kind: str) -> None:
    with crowd(served.port, kinds(served)[kind], 5) as strangers:
        for one in strangers:
            assert one.ended.wait(20), f"still open after {one.got[:40]!r}"
            assert one.status == 408


def test_stalled_bodies_leave_room_for_other_readers(served: Served) -> None:
    """More of them than may be read at once: the rest is refused, and pages are served as before."""
    with crowd(served.port, kinds(served)["the console"], 60) as strangers:
        assert sum(one.status == 503 for one in strangers) >= 20
        assert http_status(f"http://127.0.0.1:{served.port}/console/login", 5) == 200
        assert served.ten_a_second(1)[-1] < 4


def test_a_large_body_is_refused_before_it_is_sent(served: Served) -> None:
    stranger = Stranger(served.port, post("/console/login", "Content-Length: 90000000000"))
    eventually(lambda: stranger.status, timeout_s=5)
    assert stranger.status == 413
    stranger.leave()


def test_hanging_up_leaves_the_database_its_locks(served: Served) -> None:
    """Who opens the database and goes again must not take the log along in which the server goes on writing."""
    with crowd(served.port, kinds(served)["no body"], 2) as strangers:
        assert all(one.ended.wait(20) for one in strangers)
    file = Path(served.settings.database.url.removeprefix("sqlite:///"))
    log = file.with_name(f"{file.name}-wal")
    before = log.stat().st_ino
    for _ in range(2):
        subprocess.run([sys.executable, "-c", _VISIT, str(file)], check=True, timeout=60)
        served.push()
    assert log.stat().st_ino == before
    with contextlib.closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as beside:
        counted = "SELECT count(*) FROM inbound_message"
        known = beside.execute(counted).fetchone()[0]
        served.push()
        assert beside.execute(counted).fetchone()[0] == known + 1


_VISIT = "import sqlite3, sys; c = sqlite3.connect(sys.argv[1]); c.execute('SELECT * FROM push').fetchall(); c.close()"
