"""``kill -9`` between any two steps, then WeChat's retry: one effect and the right reply."""

from __future__ import annotations

import time
from functools import partial

import sqlalchemy as sa

import runtime as parts
from database.session import Database
from database.spoolfile import Line
from ground import faultpoints
from models import InboundMessage
from runtime import Runtime
from settings import Settings
from tests.inbound.children import Child
from tests.inbound.conftest import OPENID, account_of, checkins, furnish, open_activity
from tests.inbound.platform import Phone, call, text_of
from wechat.inbound.callback import make_callback, reception_of
from wechat.inbound.spool import Spool

POINTS = ("claimed", "handled", "replied", "committed")


def deliver(settings: Settings, query: str, body: bytes, crash_at: str = "") -> tuple[int, bytes]:
    """One delivery to a fresh process."""
    faultpoints._left = {crash_at: 1} if crash_at else {}
    return call(make_callback(parts.build(settings)), "POST", query, body)


def prepare(settings: Settings) -> None:
    built = parts.build(settings)
    with built.db.session_scope() as session:
        open_activity(session, furnish(session), "主题党日")
    built.close()


def message(settings: Settings, text: str = "签到") -> tuple[str, bytes]:
    account = account_of(settings)
    return account.sealed(Phone(lambda *_: [], account).xml(text_of(text), OPENID, msg_id=1))


def after(settings: Settings) -> Runtime:
    built = parts.build(settings)
    assert len(checkins(built)) == 1
    with built.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(InboundMessage)) == 1
    return built


def test_a_kill_at_each_step_leaves_all_or_nothing(settings: Settings) -> None:
    prepare(settings)
    for point in POINTS:
        database = Database(settings.database.url)
        with database.session_scope() as session:
            session.execute(sa.text("DELETE FROM check_in"))
            session.execute(sa.text("DELETE FROM inbound_message"))
        database.close()
        query, body = message(settings)
        killed = Child(partial(deliver, settings, query, body, f"callback.{point}"))
        assert killed.result() is None, f"not killed at {point}"
        answers = [Child(partial(deliver, settings, query, body)).result() for _ in range(2)]
        texts = {account_of(settings).opened(*answer).text for answer in answers}
        assert len(texts) == 1
        assert "已签到：主题党日" in texts.pop()
        after(settings).close()


def test_a_kill_while_the_spool_is_worked_off_does_nothing_twice(settings: Settings) -> None:
    prepare(settings)
    built = parts.build(settings)
    account = account_of(settings)
    xml = Phone(lambda *_: [], account).xml(text_of("签到"), OPENID, msg_id=1)
    spool = Spool(settings.data_dir)
    spool.append(Line(xml, time.time()))
    built.close()

    def work(crash_at: str) -> int:
        faultpoints._left = {crash_at: 1} if crash_at else {}
        return Spool(settings.data_dir).replay(reception_of(parts.build(settings))).done

    assert Child(lambda: work("spool.committed")).result() is None
    assert not spool.is_empty(), "the line is still there"
    assert Child(lambda: work("")).result() == 0, "it was done before the kill"
    assert spool.is_empty()
    after(settings).close()
