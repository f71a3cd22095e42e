"""A message delivered three times, at once and to two processes: one effect, three equal replies."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

import runtime as parts
from models import Delivery
from runtime import Runtime
from settings import Settings
from tests.fixtures.configuration import make_settings
from tests.inbound.children import Child
from tests.inbound.conftest import OPENID, OTHER, Office, account_of, checkins, furnish, open_activity
from tests.inbound.platform import Answer, Phone, call, text_of
from wechat.inbound import router
from wechat.inbound.callback import make_callback
from wechat.inbound.context import Context
from wechat.language.intents import Intent, Kind
from wechat.wire.replies import Reply, TextReply

MESSAGES = 6


@pytest.fixture(params=["sqlite", "postgresql and redis"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Settings that two processes share."""
    server = {"data_dir": str(tmp_path / "var")}
    if request.param == "sqlite":
        return make_settings(database={"url": request.getfixturevalue("sqlite_url")}, server=server)
    return make_settings(
        database={"url": request.getfixturevalue("postgres_url")},
        redis={"url": request.getfixturevalue("redis_url")},
        server=server,
    )


def test_three_deliveries_to_two_processes_are_one_effect(shared: Settings) -> None:
    built = parts.build(shared)
    with built.db.session_scope() as session:
        office = furnish(session)
        activities = [open_activity(session, office, f"活动{n}", keyword=f"活动{n}") for n in range(MESSAGES)]
    account = account_of(shared)
    author = Phone(lambda *_: [], account)
    clear = [author.xml(text_of(f"签到 活动{n}"), OPENID, msg_id=100 + n) for n in range(MESSAGES)]
    begin = time.time() + 0.7

    def process(copies: int) -> list[list[tuple[int, bytes]]]:
        app = make_callback(parts.build(shared))
        # Retries may come with a query of their own: nonce and signatures new, the message the same.
        sent = [[account.sealed(xml) for _ in range(copies)] for xml in clear]
        time.sleep(max(0.0, begin - time.time()))
        with ThreadPoolExecutor(copies) as threads:
            return [list(threads.map(lambda one: call(app, "POST", *one), deliveries)) for deliveries in sent]

    children = [Child(lambda: process(2)), Child(lambda: process(1))]
    first, second = (child.result() for child in children)
    for number, answers in enumerate(zip(first, second, strict=True)):
        texts = {account.opened(*answer).text for part in answers for answer in part}
        assert len(texts) == 1, texts
        assert f"已签到：活动{number}" in texts.pop()
    assert sorted(checkins(built)) == [(activity, office.members["张三"]) for activity in activities]
    built.close()


def slowly(seconds: float) -> object:
    """A handler that takes its time."""

    def handler(desk: Context, intent: Intent) -> Reply:
        time.sleep(seconds)
        return TextReply("慢慢来")

    return handler


def test_a_repeat_waits_for_its_first(
    runtime: Runtime, office: Office, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(router.COMMANDS, Kind.HUMAN, slowly(0.4))
    xml = phone.xml(text_of("人工"), OPENID, msg_id=5)
    account = phone.account
    answers: list[Answer] = []

    def deliver() -> None:
        answers.append(account.opened(*call(phone.app, "POST", *account.sealed(xml))))

    threads = [threading.Thread(target=deliver) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [answer.text for answer in answers] == ["慢慢来"] * 3


def test_a_repeat_that_gave_up_is_answered_by_a_message_afterwards(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(router.COMMANDS, Kind.HUMAN, slowly(0.8))
    settings = make_settings(
        database={"url": database_url}, server={"data_dir": str(tmp_path)}, system={"repeat_wait_s": 0.2}
    )
    built = parts.build(settings)
    with built.db.session_scope() as session:
        furnish(session)
    phone = Phone(make_callback(built), account_of(settings))
    xml = phone.xml(text_of("人工"), OTHER, msg_id=6)
    query, body = phone.account.sealed(xml)
    first = threading.Thread(target=lambda: call(phone.app, "POST", query, body))
    first.start()
    time.sleep(0.3)
    assert call(phone.app, "POST", query, body) == (200, b"success")
    first.join()
    with built.db.read_scope() as session:
        message = session.scalars(sa.select(Delivery)).one()
        assert "慢慢来" in str(message.payload)
        assert message.openid == OTHER
    assert phone.account.opened(*call(phone.app, "POST", query, body)).text == "慢慢来", (
        "and the reply is kept"
    )
    with built.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 1
    built.close()


def test_a_repeat_that_gave_up_in_another_process_is_answered_too(
    postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(router.COMMANDS, Kind.HUMAN, slowly(1.5))
    settings = make_settings(
        database={"url": postgres_url}, server={"data_dir": str(tmp_path)}, system={"repeat_wait_s": 0.3}
    )
    built = parts.build(settings)
    with built.db.session_scope() as session:
        furnish(session)
    account = account_of(settings)
    query, body = account.sealed(Phone(lambda *_: [], account).xml(text_of("人工"), OTHER, msg_id=7))
    first = Child(lambda: call(make_callback(parts.build(settings)), "POST", query, body))
    time.sleep(0.7)
    app = make_callback(built)
    assert call(app, "POST", query, body) == (200, b"success")
    assert account.opened(*first.result()).text == "慢慢来"
    deadline = time.monotonic() + 10
    while True:
        with built.db.read_scope() as session:
            message = session.scalars(sa.select(Delivery)).one()
            if message.status == "planned":
                break
        assert time.monotonic() < deadline, message.status
        time.sleep(0.1)
    assert "慢慢来" in str(message.payload)
    built.close()
