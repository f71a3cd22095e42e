"""Signing in, out, and what happens when a session ends."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from accounts import passwords
from ground import clock
from models import LoginSession
from tests.console.conftest import PASSWORD, Office, field, text_of
from tests.fixtures.configuration import make_settings
from tests.fixtures.processes import free_port


def test_a_stranger_is_led_to_the_login_and_then_to_the_page_asked_for(office: Office) -> None:
    desk = office.stranger()
    answer = desk.client.get("/console/pushes?status=sent")
    assert answer.status_code == 303
    desk.get(answer.location)
    entered = desk.post(
        "/console/login", {"username": "editor", "password": PASSWORD, "next": "/console/pushes?status=sent"}
    )
    assert entered.location == "/console/pushes?status=sent"


def test_the_login_never_leads_to_another_host(office: Office) -> None:
    for wanted in ("https://evil.example/console/", "//evil.example", "/console\\@evil.example", "/m/study"):
        desk = office.stranger()
        desk.get("/console/login")
        entered = desk.post("/console/login", {"username": "editor", "password": PASSWORD, "next": wanted})
        assert entered.location == "/console/", wanted


def test_a_session_that_is_over_says_so_and_leads_back(office: Office) -> None:
    desk = office.desk("editor")
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(LoginSession).values(expires_at=clock.now() - timedelta(minutes=1)))
    answer = desk.client.get("/console/articles/new")
    assert answer.status_code == 303
    assert "next=/console/articles/new" in answer.location.replace("%2F", "/")
    told = desk.get(answer.location)
    assert "登录已过期，请重新登录" in told
    assert "为您保留" not in told, "nothing was typed"


def test_a_form_that_is_sent_after_the_session_is_over_leads_back_to_its_page(office: Office) -> None:
    article = office.article()
    path = f"/console/articles/{article}/edit"
    for over in ("expired", "signed out elsewhere"):
        desk = office.stranger()
        desk.get("/console/login")
        desk.post("/console/login", {"username": "editor", "password": PASSWORD})
        desk.get(path)
        if over == "expired":
            with office.parts.db.session_scope() as session:
                session.execute(sa.update(LoginSession).values(expires_at=clock.now() - timedelta(minutes=1)))
        else:
            desk.client.delete_cookie("pioneer")
        answer = desk.post(path, {"title": "x"}, headers={"Referer": f"http://localhost{path}"})
        assert answer.location.replace("%2F", "/").endswith(f"next={path}"), over
        assert "登录已过期，请重新登录，未保存的内容已为您保留" in desk.get(answer.location)


def test_a_form_that_no_page_keeps_is_not_said_to_be_kept(office: Office) -> None:
    desk = office.stranger()
    desk.get("/console/login")
    desk.post("/console/login", {"username": "admin", "password": PASSWORD})
    desk.get("/console/users/new")
    with office.parts.db.session_scope() as session:
        session.execute(sa.update(LoginSession).values(revoked_at=clock.now()))
    path = "/console/users/new"
    answer = desk.post(path, {"username": "x"}, headers={"Referer": f"http://localhost{path}"})
    told = desk.get(answer.location)
    assert "您的登录已被结束" in told
    assert "为您保留" not in told


def test_a_fragment_of_a_page_whose_session_is_over_leads_the_whole_page_to_the_login(office: Office) -> None:
    desk = office.stranger()
    answer = desk.client.get(
        "/console/pushes/1/live",
        headers={"HX-Request": "true", "HX-Current-URL": "http://localhost/console/pushes/1"},
    )
    assert answer.status_code == 401
    assert "/console/login" in answer.headers["HX-Redirect"]


def test_a_form_without_its_token_changes_nothing(office: Office) -> None:
    desk = office.desk("admin")
    answer = desk.client.post("/console/columns/new", data={"key": "volunteer", "name": "志愿服务"})
    assert answer.status_code == 400
    assert "页面已过期" in text_of(answer)
    assert "志愿服务" not in desk.get("/console/columns")


def test_signing_out_ends_the_session_on_the_server_too(office: Office) -> None:
    desk = office.desk("editor")
    cookie = desk.client.get_cookie("pioneer")
    assert cookie is not None
    desk.post("/console/logout")
    desk.client.set_cookie("pioneer", cookie.value)
    assert desk.client.get("/console/").status_code == 303


def test_pages_of_the_office_are_not_kept_by_the_browser(office: Office) -> None:
    answer = office.desk("admin").client.get("/console/members")
    assert answer.headers["Cache-Control"] == "private, no-store"
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]


def test_changing_the_own_password_needs_the_old_one_and_ends_the_other_sessions(office: Office) -> None:
    desk, elsewhere = office.desk("editor"), office.stranger()
    elsewhere.get("/console/login")
    elsewhere.post("/console/login", {"username": "editor", "password": PASSWORD})
    desk.get("/console/password")
    before = desk.client.get_cookie("pioneer")
    form = {"old": "wrong-password", "new": "new-lamp-post-2026", "again": "new-lamp-post-2026"}
    assert "原密码不正确" in desk.follow(desk.post("/console/password", form))
    answer = desk.post("/console/password", {**form, "old": PASSWORD})
    assert "其他设备上的登录已全部结束" in desk.follow(answer)
    assert elsewhere.client.get("/console/").status_code == 303
    assert before is not None
    desk.client.set_cookie("pioneer", before.value)
    assert desk.client.get("/console/").status_code == 303, "the session of before the change is over too"


def test_a_database_that_is_away_is_told_in_words(office: Office) -> None:
    desk = office.desk("admin")
    office.app.testing = False
    with office.parts.db.engine.begin() as connection:
        connection.exec_driver_sql("ALTER TABLE login_session RENAME TO elsewhere")
    answer = desk.client.get("/console/")
    assert answer.status_code == 503
    assert "数据库暂时连接不上，请稍后再试" in text_of(answer)


def test_a_redis_that_is_away_stops_nobody_and_is_told(sqlite_url: str, tmp_path: Path) -> None:
    dead = f"redis://127.0.0.1:{free_port()}/0"
    settings = make_settings(
        database={"url": sqlite_url}, server={"data_dir": str(tmp_path / "var")}, redis={"url": dead}
    )
    office = Office(settings)
    desk = office.desk("admin")
    page = desk.get("/console/users/new")
    assert "Redis 没有应答，排队中的推送会延后" in page
    form = {"once": field(page, "once"), "username": "newcomer", "role": "editor", "password": PASSWORD}
    first, second = desk.post("/console/users/new", form), desk.post("/console/users/new", form)
    assert first.location == second.location
    office.close()


def test_a_flood_from_one_address_is_stopped_at_the_door_but_not_a_browser_that_is_known(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, stranger = office.desk("editor"), office.stranger()
    owner.post("/console/logout")
    stranger.get("/console/login")
    form = {"csrf_token": stranger.token, "username": "nobody", "password": "guess"}
    with monkeypatch.context() as shut:  # no hash is computed, so that the flood takes less than its minute
        shut.setattr(passwords, "gate", passwords.Gate(at_once=0, waiting=0, patience_s=0.0))
        # The minute by which the sixty are counted may turn over once meanwhile.
        answers = (text_of(stranger.client.post("/console/login", data=form)) for _ in range(121))
        assert any("短时间内尝试次数过多，请一分钟后再试" in answer for answer in answers)
    owner.get("/console/login")
    owner.post("/console/login", {"username": "editor", "password": PASSWORD})
