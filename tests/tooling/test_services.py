"""The services that the other tests stand on are really there."""

from __future__ import annotations

import contextlib
import http.server
import sys
import threading
from collections.abc import Iterator

import psycopg
import pytest
import redis
import sqlalchemy as sa
from sqlalchemy.engine import make_url

from database.migrate import pending
from database.session import Database
from tests.fixtures.browser import Windows
from tests.fixtures.configuration import make_settings, write_config
from tests.fixtures.processes import Spawn, eventually, is_alive
from tests.fixtures.services import fresh_postgres


def test_postgresql_answers_and_each_test_has_a_database_of_its_own(postgres_server: str) -> None:
    with fresh_postgres(postgres_server, None) as first, fresh_postgres(postgres_server, None) as second:
        assert first != second
        plain = make_url(first).set(drivername="postgresql").render_as_string(hide_password=False)
        with psycopg.connect(plain) as connection:
            row = connection.execute("SELECT current_setting('server_encoding')").fetchone()
    assert row == ("UTF8",)


def test_each_test_has_a_migrated_database(database: Database) -> None:
    assert not pending(database)
    with database.session_scope() as session:
        assert session.scalar(sa.text("SELECT count(*) FROM branch")) == 0


def test_redis_answers_and_starts_empty(redis_url: str) -> None:
    with redis.Redis.from_url(redis_url) as client:
        assert client.dbsize() == 0
        assert client.set("a", "1", nx=True)
        assert not client.set("a", "2", nx=True)


def test_a_started_process_and_its_children_end_together(spawn: Spawn) -> None:
    child = (
        "import subprocess, time; print(subprocess.Popen(['sleep', '60']).pid, flush=True); time.sleep(60)"
    )
    process = spawn(sys.executable, "-c", child)
    pid = int(eventually(process.output))
    assert is_alive(pid)
    process.clean_up()
    eventually(lambda: not is_alive(pid))


def test_settings_for_tests_are_valid_in_a_process_and_in_a_file(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    from settings import load_settings

    folder = tmp_path_factory.mktemp("config")
    path = write_config(folder / "config.toml", limits={"quiet_hours": ""}, system={"tick_s": 0.5})
    assert load_settings(path, env={}) == make_settings(limits={"quiet_hours": ""}, system={"tick_s": 0.5})


@contextlib.contextmanager
def _site(host: str, body: str) -> Iterator[tuple[str, list[str]]]:
    """A server of one page; its address, and what it was asked for."""
    asked: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(f'<meta charset="utf-8">{body}'.encode())

        def log_message(self, *args: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer((host, 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://{host}:{server.server_port}", asked
    server.shutdown()
    server.server_close()


@pytest.mark.browser
def test_the_browser_shows_a_page_reports_what_it_asks_of_others_and_does_not_reach_them(
    windows: Windows,
) -> None:
    with _site("127.0.0.2", "a stranger") as (stranger, asked_of_the_stranger):
        pictures = f'<img src="http://outside.example/x.png"><img src="{stranger}/y.png">'
        with _site("127.0.0.1", f"<h1>你好</h1>{pictures}") as (address, asked):
            page = windows.phone()
            page.goto(address)
            assert page.inner_text("h1") == "你好"
    assert "/" in asked
    for host in ("outside.example", stranger):
        assert any(host in fault for fault in windows.faults)
    assert not asked_of_the_stranger
    windows.faults.clear()
