"""The second factor: set up from a page, asked for at the door, each code once, and a way back when the phone is lost."""

from __future__ import annotations

import re
import time
from datetime import timedelta
from html import unescape

import pyotp
import pytest
import sqlalchemy as sa

from accounts import factor, users
from ground import clock
from models import AuditEntry, RecoveryCode, SecondFactor
from tests.console.conftest import PASSWORD, Desk, Office, field, text_of
from tests.fixtures.configuration import make_settings

STEP = 30


def _enter(office: Office, username: str, desk: Desk | None = None) -> Desk:
    desk = desk or office.stranger()
    desk.get("/console/login")
    desk.post("/console/login", {"username": username, "password": PASSWORD})
    return desk


def _secret(page: str) -> str:
    found = re.search(r'class="secret">([A-Z2-7 ]+)<', page)
    assert found
    return found[1].replace(" ", "")


class Phone:
    """An authenticator app that never waits: each code it shows is of a later half minute, as far as one may go."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, secret: str) -> None:
        self._at = time.time()
        self._patch = monkeypatch
        self._totp = pyotp.TOTP(secret)

    def code(self) -> str:
        self._at += STEP
        self._patch.setattr(time, "time", lambda: self._at)
        return self._totp.at(int(self._at))

    def same_code(self) -> str:
        return self._totp.at(int(self._at))


def _set_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> tuple[Phone, list[str]]:
    """Go through the pages; the phone and the recovery codes."""
    page = desk.follow(desk.post("/console/two-step/start"))
    phone = Phone(monkeypatch, _secret(page))
    shown = desk.post("/console/two-step/confirm", {"code": phone.code()}, 200)
    codes = re.findall(r"<li><code>([a-z0-9-]{14})</code>", unescape(shown.text))
    assert len(set(codes)) == 10
    return phone, codes


def test_after_the_set_up_the_password_alone_opens_nothing(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, _ = _set_up(office.desk("editor"), monkeypatch)
    desk = _enter(office, "editor")
    for path in ("/console/", "/console/articles", "/console/two-step", "/branch/"):
        assert desk.client.get(path).location == "/console/login/code", path
    desk.get("/console/login/code")
    refused = desk.post("/console/articles/new", {"title": "x"})
    assert refused.location == "/console/login/code"
    assert "动态码不正确" in text_of(desk.post("/console/login/code", {"code": "000000"}, 401))
    assert desk.post("/console/login/code", {"code": phone.code()}).location == "/console/"
    desk.get("/console/")


def test_a_code_is_taken_once(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    phone, _ = _set_up(office.desk("editor"), monkeypatch)
    first, second = _enter(office, "editor"), _enter(office, "editor")
    for desk in (first, second):
        desk.get("/console/login/code")
    code = phone.code()
    first.post("/console/login/code", {"code": code})
    second.post("/console/login/code", {"code": code}, 401)
    assert second.client.get("/console/").status_code == 303


def test_a_code_that_was_used_again_is_written_down_and_told_to_its_holder(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, _ = _set_up(office.desk("editor"), monkeypatch)
    code = phone.code()
    for desk, status in ((_enter(office, "editor"), 303), (_enter(office, "editor"), 401)):
        desk.get("/console/login/code")
        desk.post("/console/login/code", {"code": code}, status)
    assert office.read(sa.select(AuditEntry.action).order_by(AuditEntry.id.desc())) == "user.code_failed"
    desk = _enter(office, "editor")
    desk.get("/console/login/code")
    page = desk.follow(desk.post("/console/login/code", {"code": phone.code()}))
    assert "动态码输错或重复使用 1 次" in page


def test_a_code_counts_a_half_minute_before_and_after_and_never_twice(office: Office) -> None:
    now = 1_790_000_000
    with office.parts.db.session_scope() as session:
        user = users.by_name(session, "editor")
        totp = pyotp.TOTP(factor.begin(session, user, at=clock.now()).secret)

        def take(at: int) -> bool:
            return factor.take_code(session, user.id, totp.at(at), now_s=now)

        assert not take(now - 2 * STEP)
        assert not take(now + 2 * STEP)
        assert take(now - STEP)
        assert not take(now - STEP)
        assert take(now + STEP)
        assert not take(now), "older than one that was taken"
        assert not factor.take_code(session, user.id, "１２３", now_s=now)


def test_a_code_taken_under_a_clock_that_ran_ahead_keeps_nobody_out(office: Office) -> None:
    now, ahead = 1_790_000_000, 1_790_000_000 + 86_400
    with office.parts.db.session_scope() as session:
        user = users.by_name(session, "editor")
        totp = pyotp.TOTP(factor.begin(session, user, at=clock.now()).secret)
        assert factor.take_code(session, user.id, totp.at(ahead), now_s=ahead)
        assert factor.take_code(session, user.id, totp.at(now), now_s=now)
        assert not factor.take_code(session, user.id, totp.at(now), now_s=now)


def test_a_recovery_code_opens_once_and_is_in_the_audit(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, codes = _set_up(office.desk("editor"), monkeypatch)
    for typed, status in ((codes[0].upper(), 303), (codes[0], 401), (codes[1].replace("-", " "), 303)):
        desk = _enter(office, "editor")
        desk.get("/console/login/code")
        answer = desk.post("/console/login/code", {"code": typed}, status)
        if status == 401:
            assert "恢复码不正确或已用过，请换一条" in text_of(answer)
    used = sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "user.recovery")
    assert office.read(used) == 2


def test_neither_secret_nor_recovery_codes_stand_in_the_database(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = office.desk("editor").follow(office.desk("editor").post("/console/two-step/start"))
    secret = _secret(page)
    with office.parts.db.engine.connect() as connection:
        kept = connection.execute(sa.text("SELECT secret FROM second_factor")).scalar_one()
        assert secret.encode() not in bytes(kept)
    _, codes = _set_up(office.desk("editor"), monkeypatch)
    with office.parts.db.read_scope() as session:
        hashes = list(session.scalars(sa.select(RecoveryCode.code_hash)))
    assert not any(code in one or code.replace("-", "") in one for code in codes for one in hashes)
    assert len({one[:8] for one in hashes}) == len(codes), "each has a salt of its own"


def test_codes_cannot_be_tried_without_end_whatever_the_address(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone, _ = _set_up(office.desk("editor"), monkeypatch)
    monkeypatch.setattr(clock, "timestamp", clock.now().timestamp)  # a delay lasts however slow the machine
    desk = _enter(office, "editor")
    desk.get("/console/login/code")
    for number in range(5):
        desk.post(
            "/console/login/code",
            {"code": f"00000{number}"},
            401,
            environ_base={"REMOTE_ADDR": f"203.0.{number}.1"},
        )
    fresh = _enter(office, "editor")  # the password again, in another browser
    fresh.get("/console/login/code")
    told = fresh.post(
        "/console/login/code", {"code": phone.code()}, 429, environ_base={"REMOTE_ADDR": "198.51.100.1"}
    )
    assert "请稍候" in text_of(told)


def _strict(office: Office) -> Office:
    """The same office, whose configuration asks administrators for a second factor."""
    url, folder = str(office.parts.db.url.database), office.parts.settings.server.data_dir
    return Office(
        make_settings(
            database={"url": f"sqlite:///{url}"}, server={"data_dir": folder, "require_totp_for": ["admin"]}
        )
    )


def test_who_must_have_a_second_factor_sets_it_up_before_anything_else(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    strict = _strict(office)
    desk = _enter(strict, "admin")
    for path in ("/console/", "/console/users", "/console/devices", "/branch/"):
        assert desk.client.get(path).location == "/console/two-step", path
    page = desk.get("/console/two-step")
    assert "请先设置动态码" in page
    assert "用户管理" not in page
    done = desk.post(
        "/console/users/new", {"username": "evil", "role": "admin", "password": "Lamp-is-mended-7"}
    )
    assert done.location == "/console/two-step"
    _set_up(desk, monkeypatch)
    desk.get("/console/users")
    assert _enter(strict, "editor").get("/console/"), "a role that need not"
    strict.close()


def test_who_must_have_it_cannot_stop_it(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    strict = _strict(office)
    desk = _enter(strict, "admin")
    desk.get("/console/two-step")
    _set_up(desk, monkeypatch)
    assert "不能停用" in text_of(desk.post("/console/two-step/stop", {"password": PASSWORD}, 422))
    assert "flask user reset-totp admin --reason" in desk.get("/console/two-step"), (
        "the only one is not stuck"
    )
    strict.close()


def test_stopping_takes_the_password(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = office.desk("editor")
    _set_up(desk, monkeypatch)
    assert "密码不正确" in text_of(desk.post("/console/two-step/stop", {"password": "guess"}, 422))
    desk.post("/console/two-step/stop", {"password": PASSWORD})
    assert office.read(sa.select(sa.func.count()).select_from(SecondFactor)) == 0


def test_a_browser_left_alone_cannot_be_used_to_set_it_up(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.desk("editor")
    desk.get("/console/two-step")
    moment = clock.now() + timedelta(minutes=20)
    monkeypatch.setattr(clock, "timestamp", moment.timestamp)
    assert "密码不正确" in text_of(desk.post("/console/two-step/start", {"password": ""}, 422))
    desk.post("/console/two-step/start", {"password": PASSWORD})


def test_an_administrator_resets_it_with_a_reason_and_all_sessions_end(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner, admin = office.desk("editor"), office.desk("admin")
    _set_up(owner, monkeypatch)
    user_id = office.read(sa.select(SecondFactor.user_id))
    admin.get(f"/console/users/{user_id}")
    assert "请填写重置动态码的原因" in text_of(
        admin.post(f"/console/users/{user_id}/two-step", {"reason": " "}, 422)
    )
    admin.post(f"/console/users/{user_id}/two-step", {"reason": "手机遗失，已核对本人"})
    assert owner.client.get("/console/").status_code == 303
    entry = office.read(sa.select(AuditEntry).where(AuditEntry.action == "user.totp_off"))
    assert entry.detail == {"reason": "手机遗失，已核对本人"}
    _enter(office, "editor").get("/console/")


def test_an_administrator_does_not_reset_the_own_one(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    admin = office.desk("admin")
    _set_up(admin, monkeypatch)
    user_id = office.read(sa.select(SecondFactor.user_id))
    admin.get(f"/console/users/{user_id}")
    refused = admin.post(f"/console/users/{user_id}/two-step", {"reason": "试试"}, 422)
    assert "不能重置自己的动态码" in text_of(refused)


def test_the_last_administrator_is_helped_from_the_command_line(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    _set_up(office.desk("admin"), monkeypatch)
    done = office.app.test_cli_runner().invoke(
        args=["user", "reset-totp", "admin", "--reason", "手机遗失，已核对本人"]
    )
    assert done.exit_code == 0, done.output
    _enter(office, "admin").get("/console/")


def test_new_recovery_codes_end_the_old_ones(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = office.desk("editor")
    _, old = _set_up(desk, monkeypatch)
    shown = desk.post("/console/two-step/codes", {"password": PASSWORD}, 200)
    assert old[0] not in shown.text
    other = _enter(office, "editor")
    other.get("/console/login/code")
    other.post("/console/login/code", {"code": old[0]}, 401)


def test_a_reload_makes_no_further_recovery_codes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    desk = office.desk("editor")
    _set_up(desk, monkeypatch)
    form = {"password": PASSWORD, "once": field(desk.get("/console/two-step"), "once")}
    desk.post("/console/two-step/codes", {**form, "password": "guess"}, 422)  # a mistake uses nothing up
    desk.post("/console/two-step/codes", form, 200)
    kept = _hashes(office)
    assert "恢复码只显示一次，没有保存的请重新生成" in desk.follow(desk.post("/console/two-step/codes", form))
    assert _hashes(office) == kept
    desk.post("/console/two-step/stop", {"password": "guess"}, 422)  # the page of another form's refusal
    again = {"password": PASSWORD, "once": field(desk.get("/console/two-step"), "once")}
    desk.post("/console/two-step/codes", again, 200)
    assert _hashes(office).isdisjoint(kept)


def test_a_reload_after_the_set_up_says_that_it_is_done(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk = office.desk("editor")
    outdated = desk.follow(desk.post("/console/two-step/start"))
    before, phone = desk.token, Phone(monkeypatch, _secret(outdated))
    form = {"csrf_token": before, "code": phone.code()}
    desk.post("/console/two-step/confirm", form, 200)
    kept = _hashes(office)
    for sent in (form, {"code": form["code"]}):  # with the token of the session before, and with today's
        assert "动态码已设置；恢复码只显示一次" in desk.follow(desk.post("/console/two-step/confirm", sent))
    assert _hashes(office) == kept


def _hashes(office: Office) -> set[str]:
    with office.parts.db.read_scope() as session:
        return set(session.scalars(sa.select(RecoveryCode.code_hash)))
