"""Clients that stall in every way against the real server: WeChat's pushes are answered all the while."""

from __future__ import annotations

import contextlib
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.processes import Spawn, eventually, http_status
from tests.inbound.serving import Served, serve
from tests.inbound.strangers import Stranger, crowd, post, push_path


@pytest.fixture(scope="module")
def served(spawn_module: Spawn, module_sqlite_url: str, tmp_path_factory: pytest.TempPathFactory) -> Served:
    return serve(spawn_module, tmp_path_factory.mktemp("stalls"), module_sqlite_url)


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
        took = served.ten_a_second(1.5)
    assert took[int(len(took) * 0.9)] < 0.5, took
    assert took[-1] < 4, took


def test_two_hundred_idle_connections_keep_nobody_out(served: Served) -> None:
    with crowd(served.port, (b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", b""), 200):
        took = served.ten_a_second(1.5)
        assert http_status(f"http://127.0.0.1:{served.port}/readyz", 5) == 200
    assert took[-1] < 4, took


def test_a_forged_push_is_refused_before_its_body_is_there(served: Served) -> None:
    with crowd(served.port, kinds(served)["no body, forged"], 1) as (stranger,):
        eventually(lambda: stranger.status, timeout_s=2)
        assert stranger.status == 403


def test_stalled_bodies_are_given_up_and_their_connections_ended(served: Served) -> None:
    waited_for = ("no body", "a byte a second", "chunked without end", "the console by the byte")
    with contextlib.ExitStack() as all_at_once:
        crowds = [
            all_at_once.enter_context(crowd(served.port, kinds(served)[kind], 5)) for kind in waited_for
        ]
        for kind, strangers in zip(waited_for, crowds, strict=True):
            for one in strangers:
                assert one.ended.wait(20), f"{kind}: still open after {one.got[:40]!r}"
                assert one.status == 408, kind


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
