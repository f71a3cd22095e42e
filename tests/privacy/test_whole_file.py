"""A person's whole file holds everything that is kept of them, and nothing once they were erased."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest
import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from community import erasing, own_requests, whole_file
from community.traces import TRACES, Erased, rows_of
from ground import clock
from ground.errors import Forbidden, Refused
from models import AuditEntry, Base, Follower, RequestKind, User
from runtime import Runtime
from tests.fixtures.commands import run_flask
from tests.fixtures.configuration import write_config
from tests.inbound.conftest import Office
from tests.inbound.platform import Phone
from tests.privacy.conftest import NAME, NUMBER, OPENID, live
from tests.world import accounts


def _points_to_a_person() -> set[str]:
    """Tables that point to a member or a follower, or hold an openid."""
    found = set()
    for table in Base.metadata.tables.values():
        for column in table.columns:
            targets = {key.column.table.name for key in column.foreign_keys}
            if targets & {"member", "follower"} or column.name in ("openid", "openids", "subject"):
                found.add(table.name)
    return found - {"audit_entry"}  # it has a sheet of its own, by the subject's number


def test_no_table_that_knows_a_person_is_missing_in_the_list() -> None:
    missing = _points_to_a_person() - {trace.name for trace in TRACES}
    assert missing == set(), "name it in community/traces.py: the export and the erasure go by that list"


def test_every_column_that_is_shown_has_a_heading_of_its_own() -> None:
    titles = [trace.title for trace in TRACES]
    assert len(set(titles)) == len(titles)
    for trace in TRACES:
        assert len(set(trace.columns.values())) == len(trace.columns), trace.title
        assert len(trace.title) <= 31, "Excel's limit"


def _asks(runtime: Runtime) -> None:
    with runtime.db.session_scope() as session:
        text = f"手机换成 {NUMBER}"
        own_requests.ask_of(session, OPENID, RequestKind.CORRECTION, text, at=clock.now())


def test_the_file_tells_everything_in_words_and_is_recorded(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    live(runtime, office, phone)
    _asks(runtime)
    with runtime.db.session_scope() as session:
        mine = session.scalars(sa.select(Follower.id).where(Follower.openid == OPENID)).one()
        found = whole_file.of_oneself(session, mine, at=clock.now())
    data = json.loads(found.as_json())["data"]
    assert data["党员名册"][0] | {"姓名": NAME, "手机号码": NUMBER} == data["党员名册"][0]
    assert data["签到"][0]["活动"] == "主题党日"
    assert data["签到"][0]["签到方式"] == "微信回复"
    assert any(NUMBER in row["消息"] for row in data["消息"]), "what they wrote, opened"
    assert f"我是{NAME}，电话{NUMBER}，想问一下活动" in [row["消息"] for row in data["消息"]]
    assert not any("<xml>" in text for row in data["消息"] for text in row.values())
    assert data["客服消息和通知"][0]["内容"] == f"{NAME}您好"
    assert data["微信"][0]["最近互动"] == max(row["收到时间"] for row in data["消息"])
    assert data["信息申请"][0]["状态"] == "待办理"
    assert any(row["操作"] == "绑定党员" for row in data["操作记录"])
    book = CalamineWorkbook.from_filelike(io.BytesIO(found.as_workbook()))
    assert book.sheet_names[0] == "说明"
    assert book.get_sheet_by_name("党员名册").to_python()[1][0] == NAME
    with runtime.db.read_scope() as session:
        last = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert (last.action, last.actor) == ("member.export", "本人")


def test_an_administrator_exports_with_a_reason_and_nobody_else_does(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    live(runtime, office, phone)
    member = office.members[NAME]
    with runtime.db.session_scope() as session:
        admin = session.get_one(User, office.user)
        with pytest.raises(Refused, match="事由"):
            whole_file.of_member(session, admin, member, "", at=clock.now())
        with pytest.raises(Refused, match="不要写党员的姓名"):
            whole_file.of_member(session, admin, member, f"{NAME}本人申请", at=clock.now())
        assert whole_file.of_member(session, admin, member, "本人书面申请", at=clock.now()).rows > 5
        auditor = accounts.account(session, "shenji", "auditor")
        with pytest.raises(Forbidden):
            whole_file.of_member(session, auditor, member, "本人书面申请", at=clock.now())


def test_an_erasure_leaves_what_the_list_says_and_no_more(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    live(runtime, office, phone)
    _asks(runtime)
    member = office.members[NAME]
    with runtime.db.session_scope() as session:
        follower = session.scalars(sa.select(Follower).where(Follower.openid == OPENID)).one()
        follower_id = follower.id
        admin = session.get_one(User, office.user)
        erasing.erase(session, admin, member_id=member, reason="本人书面申请", at=clock.now())
    with runtime.db.read_scope() as session:
        for trace in TRACES:
            rows = session.execute(
                rows_of(trace, member_id=member, follower_id=follower_id, openid=OPENID)
            ).all()
            text = repr([tuple(row) for row in rows])
            assert NAME not in text, trace.title
            assert NUMBER not in text, trace.title
            assert OPENID not in text, trace.title
            if trace.erased is Erased.GONE and trace.name != "follower":
                # The tags that WeChat itself must lose are told to it once more, then forgotten.
                assert rows == [] or trace.name == "tag_change", trace.title


def test_the_command_writes_the_file_for_its_owner_alone(
    runtime: Runtime, office: Office, phone: Phone, tmp_path: Path
) -> None:
    live(runtime, office, phone)
    config = write_config(
        tmp_path / "config.toml",
        database={"url": runtime.settings.database.url},
        server={"data_dir": str(runtime.settings.data_dir)},
    )
    with runtime.db.read_scope() as session:
        admin = session.get_one(User, office.user).username
    out = tmp_path / "all.json"
    command = ["privacy", "export", str(office.members[NAME]), "--as", admin, "--out", str(out)]
    env = {"PIONEER_CONFIG": str(config)}
    assert run_flask(*command, env=env).returncode == 2
    assert not out.exists(), "no reason, no file"
    assert run_flask(*command, "--reason", "本人书面申请", env=env).returncode == 0
    assert json.loads(out.read_text(encoding="utf-8"))["data"]["党员名册"][0]["姓名"] == NAME
    assert out.stat().st_mode & 0o077 == 0
    assert "已存在" in run_flask(*command, "--reason", "本人书面申请", env=env).stderr
