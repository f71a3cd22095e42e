"""A person's erasure: nothing leads to them any more, the ledger counts on, and nobody does it by mistake."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from python_calamine import CalamineWorkbook

from community import ledger
from community.privacy import mask_name
from ground import clock
from models import AuditEntry, CheckIn, Member
from runtime import Runtime
from tests.fixtures.commands import run_flask
from tests.inbound.conftest import Office
from tests.inbound.platform import Phone
from tests.privacy.conftest import NAME, NUMBER, OPENID, live
from tests.privacy.test_job import config_of

Places = Callable[[str], set[str]]


def test_after_an_erasure_neither_name_nor_phone_nor_openid_stands_anywhere(
    runtime: Runtime, office: Office, phone: Phone, places_of: Places, tmp_path: Path
) -> None:
    activity = live(runtime, office, phone)
    member = str(office.members[NAME])
    env = {"PIONEER_CONFIG": str(config_of(runtime, tmp_path))}
    command = ("privacy", "erase", member, "--as", "admin", "--json")

    tried = run_flask(*command, "--dry-run", env=env)
    assert tried.returncode == 0, tried.stderr
    would = json.loads(tried.stdout)
    assert (would["erased"], would["check_ins"]) == (False, 1)
    with runtime.db.read_scope() as session:
        branch = session.get_one(Member, int(member)).branch.label
    assert (would["name"], would["branch"]) == (mask_name(NAME), branch)
    for told in (mask_name(NAME), branch, NUMBER[-4:]):
        assert told in tried.stderr, "whom it would be"
    assert would["messages"] > 3
    kept = run_flask(*command, "--reason", "本人书面申请", env=env, text="n\n")
    assert kept.returncode == 1
    assert "确定清除吗" in kept.stderr
    assert "已取消，没有任何改动" in kept.stderr
    assert "member.name" in places_of(NAME)

    done = run_flask(*command, "--reason", "本人书面申请", env=env, text="y\n")
    assert done.returncode == 0, done.stderr
    for needle in (NAME, NUMBER, OPENID):
        assert places_of(needle) == set()
    with runtime.db.session_scope() as session:
        loaded = ledger.load(session, activity, at=clock.now())
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "member.erase")).one()
        assert (entry.subject, entry.detail["reason"]) == (f"member:{member}", "本人书面申请")
        assert session.get_one(Member, int(member)).erased_at is not None
        assert session.scalar(sa.select(sa.func.count(CheckIn.id))) == 1
    assert ledger.carry_out(runtime.db, loaded, tmp_path / "ledger.xlsx") == 1
    with CalamineWorkbook.from_path(tmp_path / "ledger.xlsx") as book:
        cells = [
            str(cell)
            for name in book.sheet_names
            for row in book.get_sheet_by_name(name).to_python()
            for cell in row
        ]
    assert "已清除" in cells
    assert not any(NAME[0] + "*" in cell for cell in cells)
    assert "未在党员名册中查到" in phone.say(OPENID, f"绑定 {NAME} {NUMBER[-4:]}").text


def test_a_follower_is_erased_by_openid_too(
    runtime: Runtime, office: Office, phone: Phone, places_of: Places, tmp_path: Path
) -> None:
    live(runtime, office, phone)
    env = {"PIONEER_CONFIG": str(config_of(runtime, tmp_path))}
    command = ("privacy", "erase", "--openid", OPENID, "--reason", "本人申请", "--as", "admin", "--yes")
    done = run_flask(*command, env=env)
    assert done.returncode == 0, done.stderr
    assert places_of(OPENID) | places_of(NAME) == set()


def test_an_erasure_needs_a_reason_without_the_name_and_happens_once(
    runtime: Runtime, office: Office, phone: Phone, tmp_path: Path
) -> None:
    live(runtime, office, phone)
    env = {"PIONEER_CONFIG": str(config_of(runtime, tmp_path))}
    member = str(office.members[NAME])
    for reason, told in (("", "事由"), (f"{NAME}本人申请", "不要写党员的姓名")):
        done = run_flask("privacy", "erase", member, "--as", "admin", "--reason", reason, env=env)
        assert done.returncode == 2
        assert told in done.stderr
    done = run_flask("privacy", "erase", "999", "--as", "admin", "--reason", "本人申请", env=env)
    assert done.returncode == 2
    with runtime.db.read_scope() as session:
        assert session.get_one(Member, int(member)).name == NAME
    command = ("privacy", "erase", member, "--as", "admin", "--reason", "本人申请", "--yes")
    assert run_flask(*command, env=env).returncode == 0
    again = run_flask(*command, env=env)
    assert again.returncode != 0
    assert "已经清除过" in again.stderr
