"""Sessions: new after signing in, over when idle, listed for their owner, ended by the owner or an administrator."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
from flask import Flask

from accounts import users
from app import create_app
from ground import clock
from models import LoginSession
from tests.console.conftest import PASSWORD, Desk, Office, text_of
from tests.fixtures.configuration import make_settings

FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:128.0) Gecko/20100101 Firefox/128.0"
WECHAT = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) AppleWebKit/605.1.15 MicroMessenger/8.0.50"


def _enter(office: Office, username: str, agent: str = FIREFOX, address: str = "203.0.113.9") -> Desk:
    desk = office.stranger()
    desk.get("/console/login")
    desk.post(
        "/console/login", {"username": username, "password": PASSWORD},
        headers={"User-Agent": agent}, environ_base={"REMOTE_ADDR": address},
    )  # fmt: skip
    return desk


def _after(monkeypatch: pytest.MonkeyPatch, **by: float) -> None:
    moment = clock.now() + timedelta(**by)
    monkeypatch.setattr(clock, "timestamp", moment.timestamp)


def test_a_session_planted_before_the_sign_in_is_worth_nothing_after_it(office: Office) -> None:
    attacker = _enter(office, "editor")
    planted = attacker.client.get_cookie("pioneer")
    assert planted is not None
    victim = office.stranger()
    victim.client.set_cookie("pioneer", planted.value)
    victim.get("/console/")
    victim.post("/console/logout")
    victim.client.set_cookie("pioneer", planted.value)
    victim.get("/console/login")
    victim.post("/console/login", {"username": "admin", "password": PASSWORD})
    now = victim.client.get_cookie("pioneer")
    assert now is not None
    assert now.value != planted.value
    attacker.client.set_cookie("pioneer", planted.value)
    assert attacker.client.get("/console/").status_code == 303


def test_a_session_that_nobody_uses_ends_and_one_in_use_does_not(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    used, left = _enter(office, "editor"), _enter(office, "editor")
    for _ in range(3):
        _after(monkeypatch, minutes=40)
        used.get("/console/help")
    assert left.client.get("/console/help").status_code == 303
    assert "登录已过期" in left.get("/console/login")


def test_a_page_that_asks_for_news_by_itself_keeps_no_session_alive(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = _enter(office, "editor")
    for _ in range(5):
        _after(monkeypatch, minutes=15)
        answer = desk.client.get(
            "/console/pushes/1/live", headers={"HX-Request": "true", "HX-Trigger": "live"}
        )
    assert answer.status_code == 401


def test_use_is_written_down_at_most_once_a_minute(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    desk, query = _enter(office, "editor"), sa.select(LoginSession.last_seen_at)
    begun = office.read(query)
    _after(monkeypatch, seconds=50)
    desk.get("/console/help")
    assert office.read(query) == begun
    _after(monkeypatch, seconds=20)
    desk.get("/console/help")
    assert office.read(query) > begun


def test_a_session_opened_under_a_clock_that_ran_ahead_is_not_good(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as ahead:
        _after(ahead, days=1)
        desk = _enter(office, "editor")
    assert desk.client.get("/console/help").status_code == 303


def test_the_owner_sees_where_one_is_signed_in_and_ends_it(office: Office) -> None:
    here, phone = _enter(office, "editor"), _enter(office, "editor", WECHAT, "2001:db8:7:1::5")
    page = here.get("/console/devices")
    shown = text_of(here.client.get("/console/devices"))
    assert "Firefox，Windows" in shown
    assert "203.0.113.*" in shown
    assert "微信，iPhone" in shown
    assert "2001:db8:7::*" in shown
    assert "203.0.113.9" not in page
    handles = re.findall(r'name="which" value="([0-9a-f]{16})"', page)
    assert len(handles) == 1, "the own one is ended by signing out"
    here.post("/console/devices/end", {"which": handles[0]})
    assert phone.client.get("/console/").status_code == 303
    here.get("/console/")


def test_ending_all_ends_this_one_too(office: Office) -> None:
    here, there = _enter(office, "editor"), _enter(office, "editor")
    here.get("/console/devices")
    assert here.post("/console/devices/end", {"which": "all"}).location == "/console/login"
    for desk in (here, there):
        assert desk.client.get("/console/").status_code == 303
    told = there.get("/console/login")
    assert "您的登录已被结束，可能是您本人或管理员操作" in told
    assert "已过期" not in told
    assert "为您保留" not in told, "nothing was typed"


def test_nobody_ends_the_session_of_somebody_else(office: Office) -> None:
    other, desk = _enter(office, "second"), _enter(office, "editor")
    with office.parts.db.read_scope() as session:
        second = users.by_name(session, "second").id
    handle = office.read(sa.select(LoginSession.token_hash).where(LoginSession.user_id == second))[:16]
    desk.get("/console/devices")
    for which in (handle, "%" * 16, "0" * 16, ""):
        desk.post("/console/devices/end", {"which": which}, 404)
    other.get("/console/")


def test_an_administrator_ends_the_sessions_of_another(office: Office) -> None:
    desk, admin = _enter(office, "editor"), office.desk("admin")
    with office.parts.db.read_scope() as session:
        editor = users.by_name(session, "editor").id
    assert "Firefox，Windows" in admin.get(f"/console/users/{editor}")
    admin.post(f"/console/users/{editor}/sessions", {"which": "all"})
    assert desk.client.get("/console/").status_code == 303


@pytest.mark.parametrize(
    ("base_url", "name", "secure"),
    [("https://x.cn", "__Host-pioneer", True), ("http://x.cn", "pioneer", False)],
)
def test_cookies_are_bound_to_the_host_and_to_https_where_there_is_https(
    office: Office, base_url: str, name: str, secure: bool
) -> None:
    settings = make_settings(
        database={"url": f"sqlite:///{office.parts.db.url.database}"},
        server={"data_dir": office.parts.settings.server.data_dir, "base_url": base_url},
    )
    app: Flask = create_app(settings)
    client = app.test_client()
    page = client.get("/console/login", base_url=base_url).text
    found = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert found
    answer = client.post(
        "/console/login", base_url=base_url, headers={"Referer": f"{base_url}/console/login"},
        data={"csrf_token": found[1], "username": "editor", "password": PASSWORD},
    )  # fmt: skip
    cookies = answer.headers.getlist("Set-Cookie")
    assert {cookie.partition("=")[0] for cookie in cookies} == {name, f"{name}-known"}
    for cookie in cookies:
        parts = {part.strip() for part in cookie.split(";")[1:]}
        assert {"HttpOnly", "Path=/", "SameSite=Lax"} <= parts
        assert ("Secure" in parts) is secure
        assert not any(part.startswith("Domain") for part in parts)
    app.extensions["pioneer"].close()
