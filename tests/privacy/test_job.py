"""The retention job: everything goes in its time, whatever happens, and the report proves it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa

from database.spoolfile import Line, SpoolFile
from ground import clock
from models import (
    AuditEntry,
    CheckIn,
    Conversation,
    Follower,
    InboundMessage,
    Member,
    RetentionRun,
    SpoolFailure,
)
from operations import housekeeping, retention_report, uploads
from operations.retention import KINDS
from runtime import Runtime
from settings import ROOT
from tests.fixtures.commands import run_flask
from tests.fixtures.configuration import write_config
from tests.inbound.conftest import Office
from tests.inbound.platform import Phone
from tests.privacy.conftest import OPENID, PEOPLE, live
from tests.world import many, pushes

MONTH = timedelta(days=31)


def overdue(runtime: Runtime, later: timedelta) -> dict[str, int]:
    found = retention_report.report(runtime.db, runtime.settings, clock.now() + later)
    return {line.kind.name: line.overdue for line in found.lines if line.overdue}


def test_after_a_month_one_run_leaves_nothing_overdue(runtime: Runtime, office: Office, phone: Phone) -> None:
    activity = live(runtime, office, phone)
    with runtime.db.session_scope() as session:
        session.add(SpoolFailure(key="k", body="<xml/>", error="E", attempts=3, at=clock.now()))
    spool = SpoolFile(runtime.settings.data_dir)
    spool.append(Line("<xml/>", clock.timestamp()))
    spool.file.write_bytes(spool.file.read_bytes() + b"not a line\n")
    owed = overdue(runtime, MONTH)
    assert {"inbound.body", "outbox", "aside.body", "spool", "check_in.message", "conversation"} <= set(owed)
    housekeeping.clean(runtime.db, runtime.settings, clock.now() + MONTH)
    assert spool.waiting() == 0
    assert overdue(runtime, MONTH) == {}
    with runtime.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count(InboundMessage.id))) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Conversation)) == 0
        assert session.scalars(sa.select(SpoolFailure.body)).all() == [None]
        assert session.scalar(sa.select(sa.func.count()).where(CheckIn.activity_id == activity)) == 1
        total = session.scalar(sa.select(RetentionRun.total).where(RetentionRun.kind == "inbound.body"))
        assert total == owed["inbound.body"]


def test_a_claim_never_leaves_before_a_repeat_can_come(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    import msgspec

    at = int(clock.timestamp())
    first = phone.event(OPENID, "unsubscribe", created=at)
    system = msgspec.structs.replace(runtime.settings.system, dedupe_keep_hours=0)
    settings = msgspec.structs.replace(runtime.settings, system=system)
    with runtime.db.session_scope() as session:
        session.execute(sa.update(InboundMessage).values(body=None))
    housekeeping.clean(runtime.db, settings, clock.now() + timedelta(minutes=30))
    again = phone.event(OPENID, "unsubscribe", created=at)
    assert again.status == first.status == 200
    with runtime.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count(InboundMessage.id))) == 1
    housekeeping.clean(runtime.db, settings, clock.now() + timedelta(hours=2))
    with runtime.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count(InboundMessage.id))) == 0


def test_an_uploaded_roster_is_sealed_private_and_gone_after_an_hour(runtime: Runtime) -> None:
    folder = runtime.settings.data_dir
    key = uploads.keep(folder, 1, "名册.xlsx", "李红梅".encode())
    path = folder / "uploads" / key
    assert path.stat().st_mode & 0o077 == 0
    assert (folder / "uploads").stat().st_mode & 0o077 == 0
    assert "李红梅".encode() not in path.read_bytes()
    assert uploads.take(folder, 1, key)[1].decode() == "李红梅"
    os.utime(path, (time.time() - 4000, time.time() - 4000))
    with pytest.raises(Exception, match="已过期"):
        uploads.take(folder, 1, key)
    assert overdue(runtime, timedelta(0)) == {"upload": 1}
    housekeeping.clean(runtime.db, runtime.settings, clock.now())
    assert not path.exists()


def test_the_report_of_the_command_line_fails_while_something_is_overdue(
    runtime: Runtime, office: Office, phone: Phone, tmp_path: Path
) -> None:
    phone.say(OPENID, "帮助")
    with runtime.db.session_scope() as session:
        session.execute(sa.update(InboundMessage).values(received_at=clock.now() - MONTH))
    env = {"PIONEER_CONFIG": str(config_of(runtime, tmp_path))}
    done = run_flask("privacy", "report", "--json", env=env)
    told = json.loads(done.stdout)
    assert done.returncode == 1
    assert told["overdue"] == 1
    assert [one["overdue"] for one in told["kinds"] if one["kind"] == "inbound.body"] == [1]
    assert "个人信息保存期限" in run_flask("doctor", "--offline", env=env).stdout
    housekeeping.clean(runtime.db, runtime.settings, clock.now())
    done = run_flask("privacy", "report", env=env)
    assert done.returncode == 0, done.stderr
    assert OPENID not in done.stdout


def test_a_run_that_is_killed_in_the_middle_is_finished_by_the_next(
    runtime: Runtime, office: Office, tmp_path: Path
) -> None:
    old = clock.now() - MONTH
    with runtime.db.session_scope() as session:
        many.messages(session, OPENID, 1100, at=old)
    program = (
        "import runtime\nfrom ground import clock\nfrom operations import housekeeping\n"
        "from settings import load_settings\nparts = runtime.build(load_settings())\n"
        "housekeeping.clean(parts.db, parts.settings, clock.now())\n"
    )
    env = {
        **os.environ,
        "PIONEER_CONFIG": str(config_of(runtime, tmp_path)),
        "PIONEER_CRASH_AT": "retention.batch:2",
    }
    killed = subprocess.run([sys.executable, "-c", program], env=env, cwd=ROOT, capture_output=True)
    assert killed.returncode == -signal.SIGKILL
    found = retention_report.report(runtime.db, runtime.settings, clock.now())
    line = next(one for one in found.lines if one.kind.name == "inbound.body")
    assert line.was_cut_off
    assert line.overdue == 100
    assert line.run is not None
    assert line.run.removed == 1000
    housekeeping.clean(runtime.db, runtime.settings, clock.now())
    found = retention_report.report(runtime.db, runtime.settings, clock.now())
    line = next(one for one in found.lines if one.kind.name == "inbound.body")
    assert (found.overdue, line.was_cut_off) == (0, False)
    assert line.run is not None
    assert line.run.total == 1100


def test_a_long_run_goes_on_over_several_calls_of_the_chore(
    runtime: Runtime, office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "_SHARE_S", 0.0)
    old = clock.now() - MONTH
    with runtime.db.session_scope() as session:
        many.messages(session, OPENID, 600, at=old)
    chore = housekeeping.Housekeeping(runtime.db, runtime.settings)
    chore()
    assert overdue(runtime, timedelta(0))["inbound.body"] == 600
    for _ in range(100):
        chore()
    assert overdue(runtime, timedelta(0)) == {}


def test_what_the_report_says_names_nobody(runtime: Runtime, office: Office, phone: Phone) -> None:
    live(runtime, office, phone)
    housekeeping.clean(runtime.db, runtime.settings, clock.now() + MONTH)
    found = retention_report.report(runtime.db, runtime.settings, clock.now())
    text = json.dumps(retention_report.as_dict(found, runtime.settings), default=str, ensure_ascii=False)
    assert OPENID not in text
    assert len(found.lines) == len(KINDS)


def standing(runtime: Runtime) -> dict[str, tuple[int, int]]:
    found = retention_report.report(runtime.db, runtime.settings, clock.now())
    return {line.kind.name: (line.standing.rows, line.standing.due) for line in found.lines}


def test_what_should_be_gone_of_leavers_counts_leavers_alone(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    phone.event(PEOPLE[1], "subscribe")
    live(runtime, office, phone)
    pushes.sending(runtime, PEOPLE)
    there = standing(runtime)
    assert there["quota"][0] >= 2
    assert there["outbox"][0] == 1
    assert there["delivery"][0] == 1
    assert [there[kind] for kind in ("quota.left", "outbox.left", "delivery.left")] == [(0, 0)] * 3
    with runtime.db.session_scope() as session:  # by hand: an unfollow would have forgotten at once
        session.execute(
            sa.update(Follower).where(Follower.openid == PEOPLE[1]).values(gone=True, member_id=None)
        )
    there = standing(runtime)
    assert there["quota.left"] == (2, 2)
    assert there["outbox.left"] == (0, 0)
    assert there["delivery.left"] == (1, 1)


def test_the_report_counts_what_stays_for_good(runtime: Runtime, office: Office, phone: Phone) -> None:
    live(runtime, office, phone)
    there = standing(runtime)
    with runtime.db.read_scope() as session:
        members = session.scalar(sa.select(sa.func.count()).where(Member.erased_at.is_(None)))
        entries = session.scalar(sa.select(sa.func.count(AuditEntry.id)))
    assert there["member"] == (members, 0)
    assert there["audit"] == (entries, 0)
    assert there["check_in"] == (1, 0)
    assert there["user"][0] >= 1


def test_the_report_in_words_fits_a_terminal_and_leaves_out_what_is_empty(
    runtime: Runtime, office: Office, phone: Phone, tmp_path: Path
) -> None:
    live(runtime, office, phone)
    housekeeping.clean(runtime.db, runtime.settings, clock.now())
    empty = sum(rows == 0 for rows, _ in standing(runtime).values())
    done = run_flask("privacy", "report", env={"PIONEER_CONFIG": str(config_of(runtime, tmp_path))})
    lines = done.stdout.splitlines()
    assert max(sum(2 if ord(char) >= 0x2E80 else 1 for char in line) for line in lines) <= 120
    assert lines[-1] == f"另有 {empty} 类目前没有内容"
    assert sum(not line.startswith(" ") for line in lines) == len(KINDS) - empty + 1
    assert "  现有 0" not in done.stdout


def config_of(runtime: Runtime, folder: Path) -> Path:
    """A configuration file for a process beside this one."""
    return write_config(
        folder / "beside.toml",
        database={"url": runtime.settings.database.url},
        server={"data_dir": str(runtime.settings.data_dir)},
    )
