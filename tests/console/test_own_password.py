"""The own password: judged while it is typed, changed where everybody knows it, and its owner hears what became of it."""

from __future__ import annotations

from io import BytesIO

import pytest
import sqlalchemy as sa

from accounts import users
from content import pictures
from ground import clock
from models import User
from tests.console.conftest import PASSWORD, Desk, Office, text_of
from web.throttle import count_uploads


def _set(office: Office, username: str, password: str) -> None:
    with office.parts.db.session_scope() as session:
        hashed = users.hash_password(password)
        users.set_password(session, users.by_name(session, username), hashed, at=clock.now())


def _enter(office: Office, username: str, password: str, desk: Desk | None = None) -> tuple[Desk, str]:
    """The browser, and what its first page says."""
    desk = desk or office.stranger()
    desk.get("/console/login")
    answer = desk.post("/console/login", {"username": username, "password": password})
    return desk, desk.follow(answer)


def test_who_has_a_password_that_everybody_tries_changes_it_before_anything_else(office: Office) -> None:
    _set(office, "editor", "woaini1314")  # from before such passwords were refused
    desk = office.stranger()
    desk.get("/console/login")
    desk.post("/console/login", {"username": "editor", "password": "woaini1314"})
    for path in ("/console/", "/console/articles", "/console/two-step", "/branch/"):
        assert desk.client.get(path).location == "/console/password", path
    assert "请先修改密码" in desk.get("/console/password")
    desk.post("/console/articles/new", {"title": "x"})
    assert desk.client.get("/console/articles").location == "/console/password"
    form = {"old": "woaini1314", "new": PASSWORD, "again": PASSWORD}
    desk.post("/console/password", form)
    desk.get("/console/articles")


def test_how_good_a_password_is_can_be_seen_while_it_is_typed(office: Office) -> None:
    desk = office.desk("editor")
    assert "password/strength" in desk.get("/console/password")
    weak = desk.post("/console/password/strength", {"new": "xianfeng2026"}, 200)
    assert 'value="2"' in weak.text or 'value="1"' in weak.text or 'value="0"' in weak.text
    assert "很多人在用" in text_of(weak)
    good = desk.post("/console/password/strength", {"new": "louti-deng-liang-le-77"}, 200)
    assert 'value="4"' in good.text
    assert "louti" not in good.text


def test_an_administrator_too_sees_how_good_the_password_is_that_is_given_to_somebody(office: Office) -> None:
    desk = office.desk("admin")
    editor = office.read(sa.select(User.id).where(User.username == "editor"))
    for page in ("/console/users/new", f"/console/users/{editor}"):
        assert "password/strength" in desk.get(page)
    given = {"password": "wangxiaoling2026", "username": "wangxiaoling", "display_name": "王小玲"}
    assert "用户名或姓名" in text_of(desk.post("/console/password/strength", given, 200))


def test_who_tries_what_is_not_theirs_leaves_a_line_in_the_log(
    office: Office, caplog: pytest.LogCaptureFixture
) -> None:
    desk = office.desk("secretary")
    assert desk.client.get("/console/users").status_code == 403
    (line,) = [record.getMessage() for record in caplog.records if "right refused" in record.getMessage()]
    assert line.endswith("console.accounts")


def test_the_owner_hears_at_the_next_sign_in_what_happened_to_the_account(office: Office) -> None:
    desk, page = _enter(office, "editor", PASSWORD)
    assert "上次登录以来" not in page
    user_id = office.read(sa.select(User.id).where(User.username == "editor"))
    admin = office.desk("admin")
    admin.get(f"/console/users/{user_id}")
    admin.post(f"/console/users/{user_id}/password", {"password": "another-lamp-2026-x"})
    desk.get("/console/login")
    desk.post("/console/login", {"username": "editor", "password": "guess"}, 401)
    _, page = _enter(office, "editor", "another-lamp-2026-x", desk)
    assert "密码被修改 1 次" in page
    assert "密码输错 1 次" in page
    desk.post("/console/logout")
    _, page = _enter(office, "editor", "another-lamp-2026-x", desk)
    assert "上次登录以来" not in page, "told once"


def test_a_sign_in_from_a_new_browser_is_told_to_the_owner(office: Office) -> None:
    mine, _ = _enter(office, "editor", PASSWORD)
    mine.post("/console/logout")
    _enter(office, "editor", PASSWORD)
    _, page = _enter(office, "editor", PASSWORD, mine)
    assert "从新的浏览器登录" in page


def test_one_person_cannot_fill_the_disk_with_pictures(office: Office) -> None:
    desk = office.desk("editor")
    user_id = office.read(sa.select(User.id).where(User.username == "editor"))
    with office.app.app_context():
        count_uploads("picture", user_id, 500)
    desk.get("/console/help")
    file = (BytesIO(pictures.card_cover("news").data), "x.png")
    refused = desk.post("/console/pictures", {"files[0]": file}, 429)
    assert "上传的文件太多" in refused.get_json()["message"]


def test_the_old_password_is_not_taken_as_the_new_one(office: Office) -> None:
    desk = office.desk("editor")
    form = {"old": PASSWORD, "new": PASSWORD, "again": PASSWORD}
    assert "新密码不能与原密码相同，请换一个" in desk.follow(desk.post("/console/password", form))
