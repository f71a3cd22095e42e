"""Behind a proxy each visitor is counted by his own address, and nobody can choose one."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from flask import Flask, request
from flask.testing import FlaskClient

import app as application
from tests.fixtures.configuration import make_settings

Who = Callable[..., str]
CHAIN = "192.0.2.1, 203.0.113.9, 198.51.100.7"


@pytest.fixture
def who(sqlite_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Who]:
    """Ask an application with these proxies, from this peer, who it takes the visitor for."""
    made: list[Flask] = []

    def ask(proxies: object, peer: str, forwarded: str = CHAIN, **headers: str) -> str:
        folder = str(tmp_path_factory.mktemp("var"))
        server = {"data_dir": folder, "proxies": proxies, "base_url": "http://localhost"}
        app = application.create_app(make_settings(database={"url": sqlite_url}, server=server))
        made.append(app)
        app.add_url_rule("/who", "who", lambda: f"{request.remote_addr} {request.scheme}")
        client: FlaskClient = app.test_client()
        sent = {"X-Forwarded-For": forwarded, **headers}
        return client.get("/who", headers=sent, environ_base={"REMOTE_ADDR": peer}).text.removesuffix(" http")

    yield ask
    for app in made:
        app.extensions["pioneer"].close()


@pytest.mark.parametrize(
    ("proxies", "peer", "seen"),
    [
        ([], "127.0.0.1", "127.0.0.1"),
        (["127.0.0.1"], "127.0.0.1", "198.51.100.7"),
        (["127.0.0.1", "198.51.100.0/24"], "127.0.0.1", "203.0.113.9"),
        (["127.0.0.1", "::/0", "0.0.0.0/0"], "127.0.0.1", "192.0.2.1"),
        (["127.0.0.1"], "203.0.113.50", "203.0.113.50"),
        (["127.0.0.1"], "::ffff:127.0.0.1", "198.51.100.7"),
        (["unix"], "", "198.51.100.7"),
        (["127.0.0.1"], "", ""),
        (1, "10.0.0.5", "198.51.100.7"),
        (2, "127.0.0.1", "203.0.113.9"),
        (1, "8.8.8.8", "8.8.8.8"),
        (0, "127.0.0.1", "127.0.0.1"),
    ],
)
def test_only_a_named_proxy_may_say_whose_request_it_passes_on(
    who: Who, proxies: object, peer: str, seen: str
) -> None:
    assert who(proxies, peer) == seen


@pytest.mark.parametrize(
    ("forwarded", "seen"),
    [
        ("203.0.113.9:4711", "203.0.113.9"),
        ("[2001:db8::7]:4711", "2001:db8::7"),
        ("203.0.113.9, rubbish", "127.0.0.1"),
        ("", "127.0.0.1"),
        ("192.0.2.1," * 5000 + "203.0.113.9", "203.0.113.9"),
    ],
)
def test_what_a_proxy_writes_is_read_in_all_its_forms(who: Who, forwarded: str, seen: str) -> None:
    assert who(["127.0.0.1"], "127.0.0.1", forwarded) == seen


def test_the_scheme_too_is_believed_from_a_named_proxy_alone(who: Who) -> None:
    for peer, seen in (("127.0.0.1", "198.51.100.7 https"), ("203.0.113.50", "203.0.113.50")):
        assert who(["127.0.0.1"], peer, CHAIN, **{"X-Forwarded-Proto": "https"}) == seen


def test_the_former_number_is_told_with_what_to_write(who: Who, caplog: pytest.LogCaptureFixture) -> None:
    who(1, "127.0.0.1")
    assert '["127.0.0.1"]' in caplog.text
