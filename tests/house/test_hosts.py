"""Which names are answered, what absolute addresses are made of, and who may read the figures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from app import create_app
from settings import SettingsError, parse_settings
from tests.fixtures.configuration import make_settings, raw_settings

TOKEN = "figures-for-the-monitor-only"


@pytest.fixture
def served(sqlite_url: str, tmp_path: Path) -> Iterator[Flask]:
    server = {
        "data_dir": str(tmp_path / "var"), "base_url": "https://xianfeng.example.com", "hosts": ["10.1.2.3", "xianfeng.lan"],
        "metrics_token": TOKEN,
    }  # fmt: skip
    app = create_app(make_settings(database={"url": sqlite_url}, server=server))
    yield app
    app.extensions["pioneer"].close()


@pytest.mark.parametrize(
    "host",
    [
        "xianfeng.example.com",
        "XIANFENG.example.com:443",
        "10.1.2.3",
        "xianfeng.lan:8000",
        "127.0.0.1:8000",
        "[::1]",
    ],
)
def test_the_names_of_the_installation_are_answered(served: Flask, host: str) -> None:
    assert served.test_client().get("/m/", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example.org",
        "xianfeng.example.com.evil.org",
        "10.1.2.4",
        "a@xianfeng.example.com",
        "xianfeng.lan/x",
        "[",
        "x:y",
    ],
)
@pytest.mark.parametrize(
    "path", ["/m/", "/console/login", "/api/v1/columns", "/", "/static/console/console.css", "/nowhere"]
)
def test_any_other_name_is_refused_with_what_to_do(served: Flask, host: str, path: str) -> None:
    answer = served.test_client().get(path, headers={"Host": host})
    assert answer.status_code in (400, 421), path
    if answer.status_code == 421:
        assert "请改用管理员提供的网址" in (answer.get_json() or {}).get("message", answer.text)
    assert "evil" not in answer.text
    assert "Location" not in answer.headers


def test_names_may_come_from_the_environment_and_are_checked() -> None:
    env = {"PIONEER_SERVER__HOSTS": "10.1.2.3, xianfeng.lan"}
    assert parse_settings(raw_settings(), env).server.hosts == ("10.1.2.3", "xianfeng.lan")
    for wrong in (["http://x.cn"], ["x.cn:80"], ["x y"], [""], 5):
        with pytest.raises(SettingsError, match=r"server\.hosts"):
            parse_settings(raw_settings(server={"hosts": wrong}))


def test_health_is_told_by_any_name(served: Flask) -> None:
    for path in ("/healthz", "/readyz"):
        assert served.test_client().get(path, headers={"Host": "web:8000"}).status_code == 200


def test_a_server_on_all_addresses_without_a_name_is_asked_by_address_but_by_no_name(
    sqlite_url: str, tmp_path: Path
) -> None:
    server = {"data_dir": str(tmp_path / "var"), "base_url": "http://0.0.0.0:8000"}
    app = create_app(make_settings(database={"url": sqlite_url}, server=server))
    assert app.test_client().get("/m/", headers={"Host": "192.168.1.20:8000"}).status_code == 200
    assert app.test_client().get("/m/", headers={"Host": "evil.example.org"}).status_code == 421
    app.extensions["pioneer"].close()


def test_figures_are_for_this_machine_or_the_token(served: Flask) -> None:
    client = served.test_client()

    def ask(peer: str = "127.0.0.1", host: str = "127.0.0.1:8000", **headers: str) -> int:
        given = {"Host": host, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return client.get("/metrics", headers=given, environ_base={"REMOTE_ADDR": peer}).status_code

    assert ask() == 200
    assert ask(peer="::1", host="[::1]:8000") == 200
    assert ask(peer="203.0.113.9") == 403
    assert ask(peer="203.0.113.9", X_Forwarded_For="127.0.0.1") == 403
    assert ask(X_Forwarded_For="203.0.113.9") == 403
    assert ask(X_Forwarded_For="127.0.0.1") == 403
    assert ask(host="xianfeng.example.com") == 403
    assert ask(peer="", host="localhost") == 403
    assert ask(peer="203.0.113.9", host="web:8000", Authorization=f"Bearer {TOKEN}") == 200
    assert ask(peer="203.0.113.9", Authorization=f"Bearer {TOKEN}x") == 403
    assert ask(peer="203.0.113.9", Authorization="Bearer ") == 403


def test_without_a_token_none_is_right(sqlite_url: str, tmp_path: Path) -> None:
    app = create_app(make_settings(database={"url": sqlite_url}, server={"data_dir": str(tmp_path / "var")}))
    for given in ("Bearer ", "Bearer", "Basic x"):
        answer = app.test_client().get(
            "/metrics", headers={"Authorization": given}, environ_base={"REMOTE_ADDR": "203.0.113.9"}
        )
        assert answer.status_code == 403
        assert "metrics_token" in answer.text
    app.extensions["pioneer"].close()
