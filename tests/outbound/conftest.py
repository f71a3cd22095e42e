"""A client against the local WeChat, with each kind of store for the shared token."""

from __future__ import annotations

import io
import logging
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar

import pytest
from PIL import Image
from redis import Redis

from database import sealed
from database.session import Database
from ground import clock
from localwechat.testing import SandboxControl
from settings import Settings, field_keys, index_key
from tests.fixtures.configuration import RAW, make_settings
from wechat.outbound.client import Client
from wechat.outbound.tokens import DatabaseTokens, RedisTokens, TokenStore

T = TypeVar("T")


@pytest.fixture(autouse=True)
def _keys() -> None:
    privacy = RAW["privacy"]
    sealed.use(sealed.Keyring(field_keys(privacy["field_keys"]), index_key(privacy["index_key"])))


@pytest.fixture
def sandbox(sandbox_server: SandboxControl) -> SandboxControl:
    """The session's sandbox, emptied, its tokens too."""
    sandbox_server.account(callback_url="")
    sandbox_server.reset(everything=True)
    # The tests before this one have forced, too; our own limits are stricter than these.
    sandbox_server.settings(force_refresh_gap_s=0, force_refresh_per_day=1000)
    return sandbox_server


def settings_for(sandbox: SandboxControl, **sections: dict[str, Any]) -> Settings:
    """Settings whose account is the sandbox's."""
    config, url = sandbox.config, sandbox.url
    own: dict[str, dict[str, Any]] = {
        "wechat": {
            "app_id": config.app_id, "app_secret": config.app_secret, "token": config.token,
            "encoding_aes_key": config.aes_key, "original_id": config.original_id,
            "api_base_url": url, "mp_base_url": url, "open_base_url": url,
        },
        "wecom": {"api_base_url": url},
        "mini_program": {"app_id": config.mini_app_id, "app_secret": config.mini_app_secret},
    }  # fmt: skip
    for name, table in sections.items():
        own.setdefault(name, {}).update(table)
    return make_settings(**own)


class Memory:
    """A token store for tests whose subject is not the store."""

    def __init__(self) -> None:
        from wechat.outbound.tokens import Stored

        self._empty = Stored()
        self._stored: dict[str, Any] = {}
        self._owners: dict[str, str] = {}

    def read(self, name: str) -> Any:
        return self._stored.get(name, self._empty)

    def lock(self, name: str, owner: str, lease_s: float) -> bool:
        return self._owners.setdefault(name, owner) == owner

    def unlock(self, name: str, owner: str) -> None:
        self._owners.pop(name, None)

    def write(self, name: str, stored: Any) -> None:
        self._stored[name] = stored


@pytest.fixture
def client(sandbox: SandboxControl) -> Client:
    """A client of the sandbox, its token in memory."""
    return Client(settings_for(sandbox), Memory())


@pytest.fixture(params=["sqlite", "postgresql", "redis"])
def make_store(request: pytest.FixtureRequest) -> Iterator[Callable[[], TokenStore]]:
    """Makes handles to one shared place, as several processes would have them."""
    opened: list[Database | Redis] = []

    def make() -> TokenStore:
        if request.param == "redis":
            redis = Redis.from_url(request.getfixturevalue("redis_url"))
            opened.append(redis)
            return RedisTokens(redis)
        name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
        database = Database(request.getfixturevalue(name))
        opened.append(database)
        return DatabaseTokens(database)

    yield make
    for one in opened:
        one.close()


def fetches(sandbox: SandboxControl) -> list[dict[str, Any]]:
    """The sandbox's log of token calls."""
    return calls_of(sandbox, "/cgi-bin/stable_token")


def calls_of(sandbox: SandboxControl, path: str) -> list[dict[str, Any]]:
    """The sandbox's log of calls to a path."""
    return [entry for entry in sandbox.log("api") if entry["path"] == path]


def at_once(work: Callable[[], T], threads: int = 16) -> list[T | Exception]:
    """Do the same in many threads that start together; results and exceptions."""
    barrier = threading.Barrier(threads)

    def one() -> T | Exception:
        barrier.wait()
        try:
            return work()
        except Exception as error:
            return error

    with ThreadPoolExecutor(threads) as pool:
        return [future.result() for future in [pool.submit(one) for _ in range(threads)]]


@pytest.fixture
def follow_clock(sandbox: SandboxControl) -> Iterator[Callable[..., None]]:
    """Set the sandbox's clock and ours with it."""
    clock.follow(f"{sandbox.url}/_sandbox/clock")

    def set_to(**change: Any) -> None:
        sandbox.clock(**change)
        assert clock.sync()

    yield set_to
    clock.follow("")


def png(width: int = 90, height: int = 38, colour: str = "red") -> bytes:
    """A small picture."""
    out = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(out, "PNG")
    return out.getvalue()


class Recorded:
    """What a plain HTTP server was sent, and what it answers: (status, headers, body) by path, else 200 ``{}``.

    Status 0 closes the connection without a byte.
    """

    def __init__(self) -> None:
        self.url = ""
        self.seen: list[tuple[str, str, dict[str, str], bytes]] = []
        self.answers: dict[str, tuple[int, dict[str, str], bytes]] = {}


@pytest.fixture
def plain_server() -> Iterator[Recorded]:
    """A plain HTTP server that shows the very bytes of a request."""
    recorded = Recorded()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            recorded.seen.append((self.command, self.path, dict(self.headers), body))
            status, headers, answer = recorded.answers.get(self.path.partition("?")[0], (200, {}, b"{}"))
            if not status:
                self.close_connection = True
                return
            self.send_response_only(status)
            standing = {"Content-Length": str(len(answer)), "Date": self.date_time_string()}
            for name, value in {**standing, **headers}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(answer)

        do_GET = do_POST = _answer

        def log_message(self, *_args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    recorded.url = f"http://127.0.0.1:{server.server_port}"
    recorded.answers["/cgi-bin/stable_token"] = (
        200, {}, b'{"access_token":"TOKEN-OF-THE-PLAIN-SERVER","expires_in":7200}',
    )  # fmt: skip
    yield recorded
    server.shutdown()
    server.server_close()


@pytest.fixture
def everything_logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """All log records of all libraries, at the lowest level."""
    caplog.set_level(logging.DEBUG)
    return caplog
