"""A person who lives through everything that leaves traces, and eyes that look for them everywhere."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from ground import clock
from runtime import Runtime
from tests.inbound.conftest import Office, office, open_activity, phone, runtime
from tests.inbound.platform import Phone
from tests.world import answers, pushes

__all__ = ["live", "office", "phone", "runtime"]

NAME, NUMBER = "李红梅", "13800009012"
OPENID = "oPrivacy000000000000000007Q"
PEOPLE = [OPENID, "oPioneer0000000000000000002B"]


def live(runtime: Runtime, office: Office, phone: Phone) -> int:
    """Follow, bind, check in, write, be answered later and be pushed to; the id of the activity."""
    with runtime.db.session_scope() as session:
        activity = open_activity(session, office, "主题党日", branch=1)
    assert "欢迎" in phone.event(OPENID, "subscribe", f"qrscene_branch-{office.branches[1]}").text
    assert "同意" in phone.say(OPENID, f"绑定 {NAME} {NUMBER[-4:]}").text
    assert "绑定成功" in phone.say(OPENID, "同意").text
    assert "已签到" in phone.say(OPENID, "签到").text
    phone.say(OPENID, f"我是{NAME}，电话{NUMBER}，想问一下活动")
    with runtime.db.session_scope() as session:
        answers.given(session, OPENID, f"{NAME}您好")
    pushes.sent(runtime, PEOPLE)
    return activity


def leave(phone: Phone) -> None:
    """Unfollow; a little later than all before, as WeChat counts in seconds."""
    phone.event(OPENID, "unsubscribe", created=int(clock.timestamp()) + 3)


@pytest.fixture
def places_of(runtime: Runtime, capfd: pytest.CaptureFixture[str]) -> Callable[[str], set[str]]:
    """Where a text stands: columns of the database as they lie there, its file, files of the data folder, what was logged."""

    def look(needle: str) -> set[str]:
        found = set()
        plain = sa.MetaData()
        with runtime.db.engine.connect() as connection:
            plain.reflect(connection)
            for table in plain.tables.values():
                for row in connection.execute(sa.select(table)).mappings():
                    found |= {f"{table.name}.{name}" for name, value in row.items() if holds(value, needle)}
        runtime.db.empty_log()
        if runtime.db.on_sqlite:
            assert runtime.db.url.database is not None
            if needle.encode() in Path(runtime.db.url.database).read_bytes():
                found.add("the database file")
        folder = runtime.settings.data_dir
        for path in folder.rglob("*") if folder.exists() else ():
            if path.is_file() and needle.encode() in path.read_bytes():
                found.add(str(path.relative_to(folder)))
        written = capfd.readouterr()
        if needle in written.out + written.err:
            found.add("the log")
        return found

    return look


def holds(value: object, needle: str) -> bool:
    """Whether a raw value contains a text."""
    if isinstance(value, bytes | memoryview):
        return needle.encode() in bytes(value)
    return needle in str(value)
