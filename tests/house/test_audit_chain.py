"""The audit chain against somebody who may write into the database and knows how it is made, but not the key."""

from __future__ import annotations

import hashlib
import json
import stat
import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import runtime as parts
from accounts import audit
from ground import clock
from ground.errors import Conflict
from models import AuditEntry, Setting
from operations import heads
from tests.fixtures.configuration import make_settings
from tests.fixtures.live import Live
from tests.fixtures.processes import eventually

ENTRIES = 12


def write(runtime: parts.Runtime, count: int) -> None:
    for number in range(count):
        with runtime.db.session_scope() as session:
            audit.record(
                session, "member.change", subject=f"member:{number}", detail={"n": number}, at=clock.now()
            )


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[parts.Runtime]:
    runtime = parts.build(
        make_settings(database={"url": database_url}, server={"data_dir": str(tmp_path / "var")})
    )
    write(runtime, ENTRIES)
    yield runtime
    runtime.close()


def run(runtime: parts.Runtime, *statements: sa.Executable) -> None:
    with runtime.db.session_scope() as session:
        for statement in statements:
            session.execute(statement)


def known_algorithm(entry: AuditEntry) -> str:
    """The hash as the first version made it, which anybody can."""
    content = [
        entry.prev_hash,
        entry.at.isoformat(),
        entry.user_id,
        entry.actor,
        entry.action,
        entry.subject,
        entry.detail,
    ]
    text = json.dumps(content, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    return hashlib.sha256(text.encode()).hexdigest()


# --- The attacks -------------------------------------------------------------------------------------------


def cut_the_last(runtime: parts.Runtime) -> None:
    run(runtime, sa.delete(AuditEntry).where(AuditEntry.id > ENTRIES - 2))


def cut_all(runtime: parts.Runtime) -> None:
    run(runtime, sa.delete(AuditEntry))


def cut_the_last_and_the_head(runtime: parts.Runtime) -> None:
    cut_the_last(runtime)
    run(runtime, sa.delete(Setting).where(Setting.name == "audit.head"))


def cut_the_first(runtime: parts.Runtime) -> None:
    run(runtime, sa.delete(AuditEntry).where(AuditEntry.id == 1))


def cut_from_the_middle(runtime: parts.Runtime) -> None:
    run(runtime, sa.delete(AuditEntry).where(AuditEntry.id == 5))


def cut_from_the_middle_and_mend_the_link(runtime: parts.Runtime) -> None:
    with runtime.db.session_scope() as session:
        before = session.get_one(AuditEntry, 4).hash
        session.execute(sa.delete(AuditEntry).where(AuditEntry.id == 5))
        session.execute(sa.update(AuditEntry).where(AuditEntry.id == 6).values(prev_hash=before))


def change(runtime: parts.Runtime) -> None:
    run(runtime, sa.update(AuditEntry).where(AuditEntry.id == 5).values(actor="别人"))


def change_and_hash_anew(runtime: parts.Runtime) -> None:
    with runtime.db.session_scope() as session:
        entry = session.get_one(AuditEntry, 5)
        entry.actor = "别人"
        entry.hash = known_algorithm(entry)


def change_the_last_and_hash_anew(runtime: parts.Runtime) -> None:
    with runtime.db.session_scope() as session:
        entry = session.get_one(AuditEntry, ENTRIES)
        entry.actor = "别人"
        entry.hash = known_algorithm(entry)


def chain_anew_from_the_middle(runtime: parts.Runtime) -> None:
    with runtime.db.session_scope() as session:
        entries = list(
            session.scalars(sa.select(AuditEntry).where(AuditEntry.id >= 5).order_by(AuditEntry.id))
        )
        entries[0].detail = {"n": 99}
        prev = entries[0].prev_hash
        for entry in entries:
            entry.prev_hash = prev
            prev = entry.hash = known_algorithm(entry)


def pretend_the_first_version(runtime: parts.Runtime) -> None:
    chain_anew_from_the_middle(runtime)
    run(runtime, sa.update(AuditEntry).where(AuditEntry.id >= 5).values(keyed=False))


def exchange_two(runtime: parts.Runtime) -> None:
    move = sa.update(AuditEntry)
    run(
        runtime,
        move.where(AuditEntry.id == 5).values(id=1000),
        move.where(AuditEntry.id == 6).values(id=5),
        move.where(AuditEntry.id == 1000).values(id=6),
    )


def slip_one_in(runtime: parts.Runtime) -> None:
    with runtime.db.session_scope() as session:
        last = session.get_one(AuditEntry, ENTRIES)
        entry = AuditEntry(
            at=last.at,
            actor="别人",
            action="member.change",
            subject="",
            detail={},
            prev_hash=last.hash,
            hash="",
            keyed=True,
        )
        entry.hash = known_algorithm(entry)
        session.add(entry)


ATTACKS: list[tuple[Callable[[parts.Runtime], None], str]] = [
    (cut_the_last, f"第 {ENTRIES - 2} 条之后的记录被删除，应当一直到第 {ENTRIES} 条"),
    (cut_all, f"第 0 条之后的记录被删除，应当一直到第 {ENTRIES} 条"),
    (cut_the_last_and_the_head, "日志末尾的印记缺失"),
    (cut_the_first, "第 2 条记录与前一条对不上"),
    (cut_from_the_middle, "第 6 条记录与前一条对不上"),
    (cut_from_the_middle_and_mend_the_link, "第 6 条记录的内容或校验值被改动"),
    (change, "第 5 条记录的内容或校验值被改动"),
    (change_and_hash_anew, "第 5 条记录的内容或校验值被改动"),
    (change_the_last_and_hash_anew, f"第 {ENTRIES} 条记录的内容或校验值被改动"),
    (chain_anew_from_the_middle, "第 5 条记录的内容或校验值被改动"),
    (pretend_the_first_version, "第 5 条记录没有用密钥校验"),
    (exchange_two, "第 5 条记录与前一条对不上"),
    (slip_one_in, f"第 {ENTRIES + 1} 条记录的内容或校验值被改动"),
]


@pytest.mark.parametrize(("attack", "words"), ATTACKS, ids=[attack.__name__ for attack, _ in ATTACKS])
def test_whatever_is_done_to_the_entries_is_found_and_its_place_named(
    attack: Callable[[parts.Runtime], None], words: str, office: parts.Runtime
) -> None:
    assert heads.verify(office, noting=False).intact
    attack(office)
    verdict = heads.verify(office)
    assert not verdict.intact
    assert words in verdict.fault


def test_the_whole_put_back_to_an_earlier_state_is_found_by_the_heads_outside(office: parts.Runtime) -> None:
    with office.db.read_scope() as session:
        head = session.execute(sa.select(Setting.value).where(Setting.name == "audit.head")).scalar_one()
    write(office, 3)
    assert heads.verify(office).intact  # notes the head
    run(
        office,
        sa.delete(AuditEntry).where(AuditEntry.id > ENTRIES),
        sa.update(Setting).where(Setting.name == "audit.head").values(value=head),
    )
    verdict = heads.verify(office)
    assert f"第 {ENTRIES} 条之后的记录被删除，应当一直到第 {ENTRIES + 3} 条" in verdict.fault
    write(office, 4)  # what comes later does not hide it
    assert f"第 {ENTRIES + 3} 条记录与另外保存的记录不同" in heads.verify(office).fault


def test_a_line_of_the_outside_record_that_was_bent_is_found_and_a_torn_one_is_not(
    office: parts.Runtime,
) -> None:
    file = office.settings.data_dir / heads.FILE
    heads.verify(office)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    whole = file.read_bytes()
    file.write_bytes(whole[:-30])  # a power cut
    assert heads.verify(office).intact
    assert heads.verify(office).intact
    file.write_bytes(file.read_bytes() + whole.replace(b'"id":12', b'"id":11'))
    assert "被改动过" in heads.verify(office).fault


def test_without_an_outside_record_it_is_said(office: parts.Runtime) -> None:
    assert any("没有以前保存的末尾记录" in note for note in heads.verify(office).notes)
    assert heads.verify(office).notes == ()


def test_the_head_is_noted_at_the_start_and_once_a_day(
    office: parts.Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily, now = heads.Regular(office), clock.now()
    for _ in range(3):
        daily()
    monkeypatch.setattr(clock, "now", lambda: now + timedelta(days=1))
    for _ in range(3):
        daily()
    lines = (office.settings.data_dir / heads.FILE).read_text().splitlines()
    assert [json.loads(line)["why"] for line in lines] == ["start", "day"]


def test_new_entries_are_noted_within_minutes_so_that_going_back_within_the_day_shows(
    office: parts.Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    regular, real = heads.Regular(office), time.monotonic
    regular()
    with office.db.read_scope() as session:
        kept = session.get_one(Setting, "audit.head").value
        last = session.scalar(sa.select(sa.func.max(AuditEntry.id)))
    write(office, 3)
    for minutes in (11, 22, 33):
        monkeypatch.setattr(time, "monotonic", lambda ahead=minutes * 60: real() + ahead)
        regular()
    lines = (office.settings.data_dir / heads.FILE).read_text().splitlines()
    assert [json.loads(line)["why"] for line in lines] == ["start", "later"]
    with office.db.session_scope() as session:
        session.execute(sa.delete(AuditEntry).where(AuditEntry.id > last))
        session.get_one(Setting, "audit.head").value = kept
    assert heads.verify(office).fault


def test_the_chain_stays_whole_under_eight_writers(office: parts.Runtime) -> None:
    threads = [threading.Thread(target=write, args=(office, 10)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    verdict = heads.verify(office)
    assert (verdict.report.entries, verdict.fault) == (ENTRIES + 80, "")


# --- Chains of the first version ---------------------------------------------------------------------------


def make_first_version(runtime: parts.Runtime) -> None:
    """The entries as the first version wrote them: not keyed, no head."""
    with runtime.db.session_scope() as session:
        prev = audit.GENESIS
        for entry in list(session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id))):
            entry.keyed, entry.prev_hash = False, prev
            prev = entry.hash = known_algorithm(entry)
            session.flush()
        session.execute(sa.delete(Setting).where(Setting.name == "audit.head"))


def sealed(runtime: parts.Runtime) -> dict[str, Any]:
    with runtime.db.read_scope() as session:
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "audit.seal")).one()
        return entry.detail


def test_a_chain_of_the_first_version_is_sealed_once(office: parts.Runtime) -> None:
    make_first_version(office)
    assert "没有用密钥校验" in heads.verify(office).fault
    report = heads.seal(office)
    assert report == audit.ChainReport(ENTRIES, None)
    assert heads.verify(office).intact
    assert sealed(office) == {"entries": ENTRIES, "broken_at": 0}
    assert heads.seal(office) is None


def test_what_the_old_chain_was_worth_becomes_an_entry(office: parts.Runtime) -> None:
    make_first_version(office)
    run(office, sa.update(AuditEntry).where(AuditEntry.id == 5).values(actor="别人"))
    report = heads.seal(office)
    assert report is not None
    assert report.broken_at == 5
    assert sealed(office) == {"entries": ENTRIES, "broken_at": 5}
    assert heads.verify(office).intact


def test_what_was_written_between_the_migration_and_the_sealing_is_sealed_too(office: parts.Runtime) -> None:
    make_first_version(office)
    write(office, 2)
    assert heads.seal(office) == audit.ChainReport(ENTRIES + 2, None)
    assert heads.verify(office).intact


def test_nobody_gets_a_forged_chain_sealed(office: parts.Runtime) -> None:
    heads.verify(office)
    pretend_the_first_version(office)
    with pytest.raises(Conflict, match="绕过系统写入"):
        heads.seal(office)
    assert not heads.verify(office).intact


# --- The commands ------------------------------------------------------------------------------------------


def test_the_command_and_the_doctor_find_what_was_cut(live: Live) -> None:
    live.user("wang", "admin")
    live.user("li", "editor")
    done = live.flask("audit", "verify")
    assert done.returncode == 0
    assert "校验通过：共 2 条记录" in done.stdout
    runtime = parts.build(live.settings)
    run(runtime, sa.delete(AuditEntry).where(AuditEntry.id == 2))
    runtime.close()
    done = live.flask("audit", "verify", "--json")
    assert done.returncode == 1
    assert "第 1 条之后的记录被删除，应当一直到第 2 条" in done.stderr
    found = json.loads(done.stdout)
    assert (found["intact"], found["broken_at"], found["entries"]) == (False, 2, 1)
    doctor = live.flask("doctor", "--offline")
    assert doctor.returncode == 1
    assert "［错误］操作日志：第 1 条之后的记录被删除" in doctor.stdout


def test_the_server_notes_the_head_when_it_starts(live: Live) -> None:
    live.user("wang", "admin")
    live.start()
    file = live.settings.data_dir / heads.FILE
    eventually(lambda: file.exists() and '"why":"start"' in file.read_text())
