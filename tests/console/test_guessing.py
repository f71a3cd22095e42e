"""Whoever guesses at the door: learns nothing, gets ever slower, and never keeps the owner out."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from werkzeug.test import TestResponse

from accounts import delays, passwords, users
from accounts.delays import Origin
from ground import clock, waiting
from ground.errors import TooMany
from models import AuditEntry, SignInDelay, User
from operations.housekeeping import clean
from settings import Limits
from tests.console.conftest import PASSWORD, Desk, Office, text_of

STRANGER, OWNER = "203.0.113.66", "198.51.100.7"
WRONG = "用户名或密码不正确，请核对后重试"


def _try(desk: Desk, username: str, password: str, address: str = STRANGER) -> TestResponse:
    desk.get("/console/login")
    form = {"csrf_token": desk.token, "username": username, "password": password}
    return desk.client.post("/console/login", data=form, environ_base={"REMOTE_ADDR": address})


def _message(answer: TestResponse) -> str:
    return text_of(answer).partition("用户名 密码")[0].partition("公众号管理后台")[2].strip()


def _disable(office: Office, name: str) -> None:
    with office.parts.db.session_scope() as session:
        users.set_active(session, users.by_name(session, name), False, at=clock.now())


@pytest.fixture(autouse=True)
def _time_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """However slow the machine, a delay is still on when the next try comes."""
    monkeypatch.setattr(clock, "timestamp", clock.now().timestamp)


def test_every_failure_gets_the_same_words_and_costs_one_password_hash(office: Office) -> None:
    _disable(office, "auditor")
    tries = {"unknown": "nobody", "wrong": "editor", "disabled": "auditor", "disabled, right": "auditor"}
    for number, (case, name) in enumerate(tries.items()):
        before = passwords.gate.let_in
        password = PASSWORD if "right" in case else "guess"
        answer = _try(office.stranger(), name, password, f"203.0.113.{number}")
        assert (answer.status_code, passwords.gate.let_in - before) == (401, 1), case
        assert WRONG in text_of(answer), case


def test_a_name_that_nobody_has_is_delayed_like_one_that_exists(office: Office) -> None:
    heard: dict[str, list[tuple[int, str, int]]] = {}
    for number, name in enumerate(("nobody", "editor")):
        heard[name] = []
        for _ in range(7):
            before = passwords.gate.let_in
            answer = _try(office.stranger(), name, "guess", f"203.0.113.{number}")
            shown = text_of(answer).replace(name, "").partition("用户名 密码")[0]
            heard[name].append((answer.status_code, shown, passwords.gate.let_in - before))
    assert [status for status, _, _ in heard["editor"]] == [401] * 5 + [429] * 2
    assert "请稍候 5 秒再试" in heard["editor"][4][1]
    assert [(status, work) for status, _, work in heard["editor"]] == [
        (status, work) for status, _, work in heard["nobody"]
    ]


def test_the_right_password_during_a_delay_sounds_like_a_wrong_one(office: Office) -> None:
    for _ in range(5):
        _try(office.stranger(), "editor", "guess")
    for password in ("guess", PASSWORD):
        before = passwords.gate.let_in
        answer = _try(office.stranger(), "editor", password)
        assert (answer.status_code, passwords.gate.let_in - before) == (429, 1)
        assert "请稍候" in text_of(answer)


def test_a_hundred_tries_of_a_stranger_do_not_keep_the_owner_out(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = office.desk("admin")
    known.post("/console/logout")
    begun = clock.now()
    for number in range(100):
        monkeypatch.setattr(clock, "timestamp", (begun + timedelta(minutes=number)).timestamp)
        monkeypatch.setattr("web.throttle.limiter.enabled", False)
        _try(office.stranger(), "admin", "guess")
    assert _try(office.stranger(), "admin", PASSWORD, OWNER).status_code == 303, "from another address"
    assert _try(known, "admin", PASSWORD, STRANGER).status_code == 303, (
        "in a known browser, even beside the stranger"
    )
    assert _try(office.stranger(), "admin", PASSWORD).status_code == 429, (
        "the stranger, who guessed it in the end"
    )


def test_an_owner_under_attack_from_many_addresses_waits_seconds_after_a_slip(office: Office) -> None:
    with office.parts.db.session_scope() as session:
        for number in range(300):
            held = delays.hold(session, "admin", Origin(f"203.0.{number}"), at=clock.now())
            delays.count(session, held, at=clock.now(), limits=Limits())
    slip = _try(office.stranger(), "admin", "a slip", OWNER)
    assert "请稍候 60 秒再试" in text_of(slip)


def test_no_number_of_addresses_gives_a_hundred_guesses_an_hour_at_one_name(office: Office) -> None:
    start, judged = clock.now(), 0
    with office.parts.db.session_scope() as session:
        for number in range(3600):
            at = start + timedelta(seconds=number)
            held = delays.hold(session, "admin", Origin(f"net-{number}"), at=at)
            if not held.wait_s(at, Limits()):
                delays.count(session, held, at=at, limits=Limits())
                judged += 1
        known = delays.hold(session, "admin", Origin(OWNER, device="known here"), at=at)
        assert known.wait_s(at, Limits()) == 0, "a known browser waits for no stranger"
    assert 30 < judged < 100


def test_a_known_browser_gets_in_while_thousands_of_addresses_guess(office: Office) -> None:
    desk = office.desk("admin")
    with office.parts.db.session_scope() as session:
        for number in range(50):
            held = delays.hold(session, "admin", Origin(f"net-{number}"), at=clock.now())
            delays.count(session, held, at=clock.now(), limits=Limits())
    assert _try(office.stranger(), "admin", PASSWORD, OWNER).status_code == 429
    desk.post("/console/logout")
    assert _try(desk, "admin", PASSWORD, OWNER).status_code == 303


def test_delays_double_and_never_pass_the_configured_length(office: Office) -> None:
    limits, at, waits = Limits(), clock.now(), []
    with office.parts.db.session_scope() as session:
        for _ in range(16):
            held = delays.hold(session, "admin", Origin(STRANGER), at=at)
            waits.append(delays.count(session, held, at=at, limits=limits))
    assert waits[:7] == [0, 0, 0, 0, 5, 10, 20]
    assert waits[-1] == limits.login_lock_minutes * 60


def test_going_through_many_names_from_one_address_is_delayed_too(office: Office) -> None:
    for number in range(20):
        _try(office.stranger(), f"name-{number}", "guess")
    assert _try(office.stranger(), "editor", PASSWORD).status_code == 429
    assert _try(office.stranger(), "editor", PASSWORD, OWNER).status_code == 303


def test_all_addresses_of_one_ipv6_network_are_one_visitor(office: Office) -> None:
    for number in range(5):
        _try(office.stranger(), "editor", "guess", f"2001:db8:1:2::{number + 1}")
    assert _try(office.stranger(), "editor", PASSWORD, "2001:db8:1:2:ffff::1").status_code == 429
    assert _try(office.stranger(), "editor", PASSWORD, "2001:db8:1:3::1").status_code == 303


def test_a_forged_header_makes_nobody_another_visitor(office: Office) -> None:
    desk = office.stranger()
    desk.get("/console/login")
    form = {"csrf_token": desk.token, "username": "editor", "password": "guess"}
    statuses = [
        desk.client.post(
            "/console/login", data=form, headers={"X-Forwarded-For": f"198.51.100.{number}"},
            environ_base={"REMOTE_ADDR": STRANGER},
        ).status_code
        for number in range(6)
    ]  # fmt: skip
    assert statuses == [401] * 5 + [429]


def test_a_browser_known_for_one_name_is_a_stranger_to_the_others(office: Office) -> None:
    insider = office.desk("second")
    insider.post("/console/logout")
    assert [_try(insider, "editor", "guess").status_code for _ in range(6)] == [401] * 5 + [429]
    cookie = insider.client.get_cookie("pioneer-known")
    assert cookie is not None
    forged = office.stranger()
    forged.client.set_cookie("pioneer-known", cookie.value[:-3] + "abc")
    assert _try(forged, "second", PASSWORD).status_code == 303, "a forged cookie is only ignored"


def test_a_delay_holds_over_a_restart(office: Office) -> None:
    for _ in range(5):
        _try(office.stranger(), "editor", "guess")
    again = Office(office.parts.settings)
    assert _try(again.stranger(), "editor", PASSWORD).status_code == 429
    again.close()


def test_a_delay_set_under_a_wrong_clock_ends_in_its_length(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    ahead = clock.now() + timedelta(minutes=1440)
    with office.parts.db.session_scope() as session:
        for _ in range(20):
            held = delays.hold(session, "editor", Origin(STRANGER), at=ahead)
            delays.count(session, held, at=ahead, limits=Limits())
    assert _try(office.stranger(), "editor", PASSWORD).status_code == 303


@pytest.mark.parametrize(
    ("since", "until", "left"),
    [
        (0, 30, 30),
        (-10, 20, 20),
        (-10, 1455, 20),
        (60, 90, 0),
        (-40, -10, 0),
        (None, 20, 20),
        (None, 1455, 0),
    ],
)
def test_no_wait_is_longer_than_its_configured_length(since: int | None, until: int, left: int) -> None:
    noon = datetime(2026, 11, 23, 4, tzinfo=UTC)
    begun = None if since is None else noon + timedelta(minutes=since)
    found = waiting.left(begun, noon + timedelta(minutes=until), noon, timedelta(minutes=30))
    assert found == timedelta(minutes=left)


def test_failures_are_in_the_audit_without_what_was_typed(office: Office) -> None:
    _try(office.stranger(), "editor", "secret-guess")
    _try(office.stranger(), "my-Password-typed-here", "x")
    with office.parts.db.read_scope() as session:
        entries = list(session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(2)))
        editor = users.by_name(session, "editor").id
        kept = list(session.scalars(sa.select(SignInDelay.key)))
    assert [(entry.action, entry.subject) for entry in entries] == [
        ("user.sign_in_failed", ""),
        ("user.sign_in_failed", f"user:{editor}"),
    ]
    assert entries[0].detail == {"network": "203.0.113.*"}
    written = str([(entry.actor, entry.subject, entry.detail) for entry in entries]) + str(kept)
    for secret in ("secret-guess", "assword-typed", STRANGER):
        assert secret not in written


def test_old_passwords_cannot_be_tried_on_the_form_that_changes_them(office: Office) -> None:
    desk = office.desk("editor")
    desk.get("/console/password")
    form = {"new": "new-lamp-post-2026", "again": "new-lamp-post-2026"}
    for number in range(40):
        said = desk.follow(desk.post("/console/password", {**form, "old": f"guess-{number}"}))
    assert "请稍候" in said
    assert "请稍候" in desk.follow(desk.post("/console/password", {**form, "old": PASSWORD}))
    logged = (
        sa.select(sa.func.count()).select_from(AuditEntry).where(AuditEntry.action == "user.password_failed")
    )
    assert office.read(logged) == 5, "those that were judged; the others were only told to wait"
    actors = sa.select(sa.func.min(AuditEntry.actor)).where(AuditEntry.action == "user.password_failed")
    assert "editor" in str(office.read(actors))


def test_the_table_of_delays_stays_small_and_forgets(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delays, "_MOST_ROWS", 60)
    at = clock.now()
    with office.parts.db.session_scope() as session:
        for number in range(100):
            held = delays.hold(session, f"name-{number}", Origin(f"203.0.113.{number}"), at=at)
            delays.count(session, held, at=at, limits=Limits())
        rows = sa.select(sa.func.count()).select_from(SignInDelay)
        assert (session.scalar(rows) or 0) <= 63
    clean(office.parts.db, office.parts.settings, at + timedelta(hours=25))
    assert office.read(rows) == 0


def test_guesses_at_the_same_moment_are_judged_one_after_the_other(office_anywhere: Office) -> None:
    office, limits = office_anywhere, Limits()

    def guess(_: int) -> bool:
        with office.parts.db.session_scope() as session:
            held = delays.hold(session, "admin", Origin(STRANGER), at=clock.now())
            if held.wait_s(clock.now(), limits):
                return False
            delays.count(session, held, at=clock.now(), limits=limits)
            return True

    with ThreadPoolExecutor(8) as crowd:
        judged = list(crowd.map(guess, range(16)))
    assert sum(judged) == limits.login_tries


def test_few_compute_hashes_few_wait_and_the_crowd_is_asked_to_come_again(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = passwords.Gate(at_once=1, waiting=0, patience_s=0.1)
    monkeypatch.setattr(passwords, "gate", gate)
    with gate.through():
        answer = _try(office.stranger(), "editor", PASSWORD)
    assert answer.status_code == 429
    assert "同时登录的人较多，请稍候几秒再试" in text_of(answer)
    assert gate.let_in == 1
    assert _try(office.stranger(), "editor", PASSWORD).status_code == 303


def test_twenty_at_once_never_compute_more_hashes_than_the_gate_lets_in() -> None:
    gate = passwords.Gate(at_once=2, waiting=4, patience_s=5.0)
    inside, most, refused = 0, 0, 0
    guard, begin = threading.Lock(), threading.Barrier(20)

    def sign_in() -> None:
        nonlocal inside, most, refused
        begin.wait()
        try:
            with gate.through():
                with guard:
                    inside += 1
                    most = max(most, inside)
                threading.Event().wait(0.05)
                with guard:
                    inside -= 1
        except TooMany:
            with guard:
                refused += 1

    crowd = [threading.Thread(target=sign_in) for _ in range(20)]
    for one in crowd:
        one.start()
    for one in crowd:
        one.join()
    assert most == 2
    assert gate.let_in + refused == 20
    assert refused >= 1


def test_a_hash_of_weaker_parameters_is_made_anew_at_the_next_sign_in(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(passwords, "_MEMORY_KIB", 20_480)
    query = sa.select(User.password_hash).where(User.username == "editor")
    before = office.read(query)
    assert _try(office.stranger(), "editor", PASSWORD).status_code == 303
    after: Any = office.read(query)
    assert ("m=19456" in before, "m=20480" in after) == (True, True)
    assert _try(office.stranger(), "editor", PASSWORD, OWNER).status_code == 303
