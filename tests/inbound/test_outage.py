"""The database away, a handler failing: a polite reply at once, the message kept on disk, and done once later."""

from __future__ import annotations

import sqlite3
import time
from pathlib import Path

import pytest
import sqlalchemy as sa

import runtime as parts
from models import Delivery, InboundMessage, SpoolFailure
from runtime import Runtime
from settings import Settings
from tests.fixtures.configuration import make_settings
from tests.fixtures.processes import eventually
from tests.inbound.conftest import OPENID, STRANGER, Office, account_of, checkins, furnish, open_activity
from tests.inbound.platform import Phone, call, text_of
from wechat.inbound import router
from wechat.inbound.callback import make_callback, reception_of
from wechat.inbound.context import Context
from wechat.inbound.spool import Spool
from wechat.language.intents import Intent, Kind
from wechat.wire.replies import Reply


def outbox(runtime: Runtime) -> list[str]:
    with runtime.db.read_scope() as session:
        return [one.payload or "" for one in session.scalars(sa.select(Delivery))]


@pytest.fixture
def locked(sqlite_url: str, tmp_path: Path) -> Runtime:
    """A process whose database will be held by somebody else; it is patient for a moment only."""
    settings = make_settings(
        database={"url": sqlite_url},
        server={"data_dir": str(tmp_path / "var")},
        system={"handler_budget_s": 0.5},
    )
    built = parts.build(settings)
    with built.db.session_scope() as session:
        open_activity(session, furnish(session), "主题党日")
    return built


def test_with_the_database_away_the_follower_is_told_and_the_message_is_done_once_later(
    locked: Runtime,
) -> None:
    phone = Phone(make_callback(locked), account_of(locked.settings))
    assert "已绑定" in phone.say(OPENID, "绑定").text
    holder = sqlite3.connect(str(locked.db.url.database), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    began = time.monotonic()
    xml = phone.xml(text_of("签到"), OPENID, msg_id=11)
    query, body = phone.account.sealed(xml)
    answers = [phone.account.opened(*call(phone.app, "POST", query, body)) for _ in range(3)]
    assert {answer.text for answer in answers} == {
        "系统正在维护，您的消息已记下，恢复后会自动处理并把结果发给您，无需重复发送"
    }
    assert (time.monotonic() - began) / 3 < 3
    assert phone.event(OPENID, "VIEW", "https://example.org").body == b"success"
    spool = Spool(locked.settings.data_dir)
    text = b"".join(path.read_bytes() for path in spool.folder.glob("inbound.*"))
    assert text
    assert OPENID.encode() not in text, "what lies on the disk is encrypted"
    holder.execute("ROLLBACK")
    holder.close()
    eventually(spool.is_empty, message="the spool was not worked off")
    assert len(checkins(locked)) == 1
    assert len(outbox(locked)) == 1
    assert "已签到：主题党日" in outbox(locked)[0]
    assert "已签到" in phone.account.opened(*call(phone.app, "POST", *phone.account.sealed(xml))).text
    locked.close()


def test_what_was_spooled_before_a_restart_is_done_after_it(locked: Runtime) -> None:
    phone = Phone(make_callback(locked), account_of(locked.settings))
    spool = Spool(locked.settings.data_dir)
    holder = sqlite3.connect(str(locked.db.url.database), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    phone.say(OPENID, "签到")
    assert spool.replay(reception_of(locked)).waiting or not spool.is_empty()
    holder.execute("ROLLBACK")
    holder.close()
    make_callback(locked)
    eventually(spool.is_empty)
    assert len(checkins(locked)) == 1
    locked.close()


def failing(times: int) -> object:
    """A handler that fails so many times."""
    left = [times]

    def handler(desk: Context, intent: Intent) -> Reply:
        desk.session.add(SpoolFailure(key="effect", body="x", error="", attempts=0, at=desk.at))
        desk.session.flush()
        if left[0]:
            left[0] -= 1
            raise RuntimeError("broken handler")
        return router.COMMANDS[Kind.GREETING](desk, intent)

    return handler


def test_a_failing_handler_leaves_no_effect_a_polite_reply_and_is_tried_again(
    runtime: Runtime, office: Office, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(router.COMMANDS, Kind.HUMAN, failing(1))
    xml = phone.xml(text_of("人工"), STRANGER, msg_id=21)
    query, body = phone.account.sealed(xml)
    sorry = phone.account.opened(*call(phone.app, "POST", query, body)).text
    assert "没有处理成功" in sorry
    assert "没有处理成功" in phone.account.opened(*call(phone.app, "POST", query, body)).text or outbox(
        runtime
    )
    eventually(lambda: outbox(runtime), message="the second try sent nothing")
    assert "您好，您可以回复" in outbox(runtime)[0]
    with runtime.db.read_scope() as session:
        row = session.scalars(sa.select(InboundMessage)).one()
        assert row.outcome == "done"
        assert session.scalar(sa.select(sa.func.count()).select_from(SpoolFailure)) == 1, "one effect"


def test_what_fails_three_times_is_set_aside_and_shown(
    settings: Settings, runtime: Runtime, office: Office, phone: Phone, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(router.COMMANDS, Kind.HUMAN, failing(99))
    assert "没有处理成功" in phone.say(STRANGER, "人工").text
    eventually(Spool(settings.data_dir).is_empty, message="still trying")
    with runtime.db.read_scope() as session:
        failure = session.scalars(sa.select(SpoolFailure)).one()
        assert (failure.attempts, failure.error) == (3, "RuntimeError")
        assert "人工" in (failure.body or "")
        assert session.scalars(sa.select(InboundMessage.outcome)).all() == ["aside"]
    assert phone.say(STRANGER, "帮助").text


def test_postgresql_away_and_back(postgres_url: str, tmp_path: Path) -> None:
    settings = make_settings(database={"url": postgres_url}, server={"data_dir": str(tmp_path)})
    built = parts.build(settings)
    with built.db.session_scope() as session:
        open_activity(session, furnish(session), "主题党日")
    phone = Phone(make_callback(built), account_of(settings))
    assert "已绑定" in phone.say(OPENID, "绑定").text
    name = built.db.url.database
    admin = sa.create_engine(built.db.url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.execute(sa.text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS false'))
        connection.execute(
            sa.text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = :name"),
            {"name": name},
        )
    began = time.monotonic()
    assert "系统正在维护" in phone.say(OPENID, "签到").text
    assert time.monotonic() - began < 3
    with admin.connect() as connection:
        connection.execute(sa.text(f'ALTER DATABASE "{name}" WITH ALLOW_CONNECTIONS true'))
    eventually(Spool(settings.data_dir).is_empty)
    assert len(checkins(built)) == 1
    assert "已签到：主题党日" in outbox(built)[0]
    admin.dispose()
    built.close()


def test_with_neither_database_nor_disk_an_event_is_left_to_wechats_repeat(locked: Runtime) -> None:
    phone = Phone(make_callback(locked), account_of(locked.settings))
    phone.say(OPENID, "帮助")
    folder = Spool(locked.settings.data_dir).folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    if folder.exists():
        for path in folder.iterdir():
            path.unlink()
        folder.rmdir()
    folder.write_text("in the way")
    holder = sqlite3.connect(str(locked.db.url.database), isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert "没有收下" in phone.say(OPENID, "签到").text
    assert phone.event(OPENID, "VIEW", "https://example.org").status == 503
    holder.execute("ROLLBACK")
    holder.close()
    locked.close()
