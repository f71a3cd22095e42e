"""A backup brings everything back, also into the other database, and one of the first format when asked for."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import pytest
import sqlalchemy as sa

import runtime as parts
from accounts import audit
from database.session import Database
from ground import clock
from ground.errors import Conflict, Refused, Unavailable
from models import (
    AuditEntry,
    Branch,
    InstanceLease,
    LoginSession,
    Member,
    Setting,
    User,
)
from operations import backup, heads, places, restore, unfinished
from tests.fixtures.commands import run_flask
from tests.fixtures.configuration import write_config
from tests.fixtures.services import fresh_postgres, fresh_sqlite
from tests.house.backups import PICTURE, contents, fill, office

FIRST = Path(__file__).parents[1] / "data" / "backup-format-1.tar.gz"


def test_a_backup_restores_into_either_database(
    source: parts.Runtime, sqlite_template: Path, postgres_server: str, postgres_template: str, tmp_path: Path
) -> None:
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    (tmp_path / "other").mkdir()
    with fresh_sqlite(sqlite_template, tmp_path / "other") as url:
        check_restored(source, file, url, tmp_path / "b")
    with fresh_postgres(postgres_server, postgres_template) as url:
        check_restored(source, file, url, tmp_path / "c")


def check_restored(source: parts.Runtime, file: Path, url: str, folder: Path) -> None:
    with source.db.read_scope() as session:
        entries = audit.verify(session).entries
    target = office(url, folder)
    done = restore.restore(target, file)
    assert (done.sessions, done.disabled) == (1, 0)
    assert contents(target) == contents(source)
    assert (folder / PICTURE).read_bytes() == b"picture"
    with target.db.session_scope() as session:
        lease = session.get(InstanceLease, 1)
        assert lease is not None
        assert (lease.fingerprint, lease.confirmed_at) == ("restored", None)
        assert session.scalar(sa.select(LoginSession.revoked_at)) is not None
        assert audit.verify(session) == audit.ChainReport(entries + 1, None)  # the restore is one of its own
        session.add(Branch(name="再加一个党支部"))  # the sequences go on behind the restored rows
    assert not unfinished.path(folder).exists()
    assert not (folder / "restore-incoming").exists()
    target.close()


def test_the_former_database_is_kept_under_the_name_that_is_said(
    source: parts.Runtime, tmp_path: Path
) -> None:
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    with source.db.session_scope() as session:
        session.add(Branch(name="备份之后的党支部"))
    kept = restore.restore(source, file).kept
    assert kept
    assert places.kept(source.db) == [kept]
    with source.db.read_scope() as session:
        assert session.scalars(sa.select(Branch.name)).all() == ["梧桐里社区党支部"]
    if source.db.on_sqlite:
        former = Database(f"sqlite:///{kept}")
        table = sa.table("branch", sa.column("name"))
    else:
        former, table = source.db, sa.table("branch", sa.column("name"), schema=kept)
    with former.read_scope() as session:
        assert "备份之后的党支部" in session.scalars(sa.select(table.c.name)).all()
    former.close()


def test_a_database_that_was_never_started_may_not_send_after_a_restore(
    source: parts.Runtime, tmp_path: Path
) -> None:
    with source.db.session_scope() as session:
        session.execute(sa.delete(InstanceLease))
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    restore.restore(source, file)
    with source.db.read_scope() as session:
        assert session.scalar(sa.select(InstanceLease.fingerprint)) == "restored"


def test_a_new_machine_is_restored_before_it_ever_had_a_table(
    sqlite_url: str, empty_database_url: str, tmp_path: Path
) -> None:
    source = office(sqlite_url, tmp_path / "a")
    fill(source)
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    target = office(empty_database_url, tmp_path / "b")
    restore.restore(target, file)
    assert contents(target) == contents(source)
    target.close()
    source.close()


# --- The first format --------------------------------------------------------------------------------------


def test_a_backup_of_the_first_format_is_taken_only_when_asked_for_and_stops_all_accounts_but_one(
    database_url: str, tmp_path: Path
) -> None:
    runtime = office(database_url, tmp_path / "a")
    with pytest.raises(Refused, match="--format-1"):
        restore.restore(runtime, FIRST)
    with pytest.raises(Refused, match="--account"):
        restore.restore(runtime, FIRST, first_format=True)
    for nobody in ("nobody", "editor"):  # only an administrator can go on from there
        with pytest.raises(Refused, match="没有正在使用的管理员账号"):
            restore.restore(runtime, FIRST, first_format=True, account=nobody)
    with runtime.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 0
    done = restore.restore(runtime, FIRST, first_format=True, account="admin")
    assert (done.sessions, done.disabled) == (1, 3)
    with runtime.db.read_scope() as session:
        users = session.execute(sa.select(User.username, User.active).order_by(User.username)).all()
        assert [name for name, active in users if active] == ["admin"]
        assert len(users) == 4
        member = session.scalars(sa.select(Member)).one()
        assert (member.name, member.phone) == ("试", "19900010000")
        assert session.scalar(sa.select(LoginSession.revoked_at)) is not None
        actions = session.scalars(sa.select(AuditEntry.action).order_by(AuditEntry.id)).all()
        assert actions[5:] == ["audit.seal", *["user.change"] * 3, "backup.restore"]
        assert audit.verify(session) == audit.ChainReport(10, None)
    (picture,) = [path for path in (tmp_path / "a" / "assets").rglob("*") if path.is_file()]
    assert picture.read_bytes() == b"\x89PNG a picture of an old backup"
    runtime.close()


def test_a_link_in_a_backup_of_the_first_format_leads_nowhere(sqlite_url: str, tmp_path: Path) -> None:
    runtime = office(sqlite_url, tmp_path / "a")
    with tarfile.open(FIRST) as archive:
        files = {info.name: archive.extractfile(info).read() for info in archive}  # type: ignore[union-attr]
    for kind, name in (
        (tarfile.SYMTYPE, "assets/link"),
        (tarfile.LNKTYPE, "assets/hard"),
        (tarfile.DIRTYPE, "assets/d"),
    ):
        evil = tmp_path / "evil.tar.gz"
        with tarfile.open(evil, "w:gz") as archive:
            info = tarfile.TarInfo(name)
            info.type, info.linkname = kind, str(tmp_path / "outside")
            archive.addfile(info)
            for path, data in files.items():
                info = tarfile.TarInfo(path)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        with pytest.raises(Refused, match="不是本系统"):
            restore.restore(runtime, evil, first_format=True, account="admin")
    assert not (tmp_path / "a" / "assets").exists()
    runtime.close()


# --- Others at work, and later -----------------------------------------------------------------------------


def test_nothing_is_restored_while_others_use_the_database(source: parts.Runtime, tmp_path: Path) -> None:
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    other = Database(source.settings.database.url)
    with other.read_scope() as session:
        session.scalar(sa.select(User.id))
        with pytest.raises(Conflict, match="正被其他程序使用"):
            restore.restore(source, file)
        assert session.scalar(sa.select(sa.func.count()).select_from(User)) == 1
    other.close()
    restore.restore(source, file)


def test_the_chain_goes_on_and_an_older_state_is_said_and_not_called_an_attack(
    source: parts.Runtime, tmp_path: Path
) -> None:
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    with source.db.session_scope() as session:
        for _ in range(5):
            audit.record(session, "member.change", at=clock.now())
    assert heads.verify(source).intact
    restore.restore(source, file)
    verdict = heads.verify(source)
    assert verdict.intact
    assert any("恢复备份之前的数据" in note for note in verdict.notes)
    with source.db.session_scope() as session:
        audit.record(session, "member.change", at=clock.now())
    assert heads.verify(source).intact
    with source.db.session_scope() as session:  # and what is cut after a restore is found as ever
        last = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        session.execute(sa.delete(Setting).where(Setting.name == "audit.head"))
        session.delete(last)
    assert not heads.verify(source).intact


def test_a_damaged_database_file_is_replaced_and_kept(sqlite_url: str, tmp_path: Path) -> None:
    source = office(sqlite_url, tmp_path / "a")
    fill(source)
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    source.close()
    path = Path(source.db.url.database or "")
    path.write_bytes(b"what a bad disk leaves" * 1000)
    done = restore.restore(source, file)
    assert Path(done.kept).read_bytes().startswith(b"what a bad disk leaves")
    with source.db.read_scope() as session:
        assert session.scalar(sa.select(User.username)) == "wang"
    source.close()


def test_a_missing_folder_is_named(source: parts.Runtime, tmp_path: Path) -> None:
    with pytest.raises(Refused, match="不存在"):
        backup.write(source, str(tmp_path / "none" / "backup.age"))
    shutil.rmtree(tmp_path / "none", ignore_errors=True)
    (tmp_path / "backup.age.part").mkdir()
    with pytest.raises(Unavailable, match="备份没有完成"):
        backup.write(source, str(tmp_path / "backup.age"))


def test_a_backup_that_is_there_is_not_overwritten_unless_told_so(
    source: parts.Runtime, tmp_path: Path
) -> None:
    file = tmp_path / "backup.age"
    file.write_bytes(b"the backup of yesterday")
    config = write_config(
        tmp_path / "config.toml",
        database={"url": source.settings.database.url},
        server={"data_dir": str(source.settings.data_dir)},
    )
    env = {"PIONEER_CONFIG": str(config)}
    refused = run_flask("backup", str(file), env=env)
    assert refused.returncode == 2
    assert "已经存在" in refused.stderr
    assert file.read_bytes() == b"the backup of yesterday"
    done = run_flask("backup", str(file), "--force", env=env)
    assert done.returncode == 0, done.stderr
    assert file.read_bytes().startswith(b"age-encryption.org/")
