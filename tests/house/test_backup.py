"""A backup brings everything back, also into the other database, and is opened, or changed unseen, by nobody without the key."""

from __future__ import annotations

import gzip
import io
import json
import random
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import runtime as parts
from accounts import audit
from database.session import Database
from ground import clock
from ground.errors import Conflict, Refused, Unavailable
from models import (
    AuditEntry,
    Base,
    Branch,
    Follower,
    InstanceLease,
    LoginSession,
    Member,
    Setting,
    User,
)
from operations import backup, heads, restore, sealing, unfinished
from tests.fixtures.configuration import make_settings
from tests.fixtures.services import fresh_postgres, fresh_sqlite

FIRST = Path(__file__).parents[1] / "data" / "backup-format-1.tar.gz"
CHANGED_ON_PURPOSE = ("instance_lease", "login_session", "setting", "audit_entry")
PICTURE = "assets/ab/" + "ab" * 32


def office(url: str, folder: Path, **sections: Any) -> parts.Runtime:
    return parts.build(make_settings(database={"url": url}, server={"data_dir": str(folder)}, **sections))


def fill(runtime: parts.Runtime) -> None:
    now = clock.now()
    with runtime.db.session_scope() as session:
        branch = Branch(name="梧桐里社区党支部", short_name="梧桐里支部")
        session.add(branch)
        user = User(username="wang", password_hash="x", role="admin", created_at=now)
        session.add(user)
        session.add(InstanceLease(id=1, fingerprint="this-machine", confirmed_at=now))
        session.flush()
        later = now + timedelta(hours=8)
        session.add(LoginSession(token_hash="1" * 64, user_id=user.id, created_at=now, expires_at=later))
        member = Member(name="试", branch_id=branch.id, phone="19900010000", created_at=now, updated_at=now)
        session.add(member)
        session.flush()
        session.add(Follower(openid="oTest", member_id=member.id, subscribed_at=now, large_text=True))
        for number in range(3):
            detail = {"rows": number, "share": 1.0, "names": ["乙", "甲"]}
            audit.record(session, "member.change", user=user, detail=detail, at=now)
    picture = runtime.settings.data_dir / PICTURE
    picture.parent.mkdir(parents=True, exist_ok=True)
    picture.write_bytes(b"picture")


def contents(runtime: parts.Runtime) -> dict[str, list[tuple[object, ...]]]:
    """All rows, without those that a restore changes on purpose."""
    with runtime.db.read_scope() as session:
        return {
            table.name: [
                tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in Base.metadata.sorted_tables
            if table.name not in CHANGED_ON_PURPOSE
        }


def state(runtime: parts.Runtime) -> dict[str, Any]:
    """All rows and all files, to see that nothing whatever was changed."""
    with runtime.db.read_scope() as session:
        rows = {
            table.name: sorted(map(repr, session.execute(sa.select(table))))
            for table in Base.metadata.sorted_tables
        }
    folder = runtime.settings.data_dir
    files = {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and path.name != "restore.lock"
    }
    return {**rows, **files}


@pytest.fixture
def source(database_url: str, tmp_path: Path) -> Iterator[parts.Runtime]:
    runtime = office(database_url, tmp_path / "a")
    fill(runtime)
    yield runtime
    runtime.close()


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
        assert audit.verify(session) == audit.ChainReport(4, None)  # the restore is an entry of its own
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


# --- The key -----------------------------------------------------------------------------------------------


def test_without_a_key_no_backup_is_made_and_the_sentence_says_how_to_get_one(
    database_url: str, tmp_path: Path
) -> None:
    runtime = office(database_url, tmp_path / "a", backup={"key": ""})
    with pytest.raises(Refused, match="flask keys"):
        backup.write(runtime, str(tmp_path / "backup.age"))
    assert not (tmp_path / "backup.age").exists()
    runtime.close()


def test_a_backup_shows_nothing_and_opens_with_its_own_key_only(
    source: parts.Runtime, tmp_path: Path
) -> None:
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    body = file.read_bytes()
    for clear in (b"wang", "梧桐里".encode(), b"member", b"picture", b"ustar"):
        assert clear not in body
    before = state(source)
    url = source.settings.database.url
    other = office(url, tmp_path / "a", backup={"key": sealing.fresh_key()})
    keyless = office(url, tmp_path / "a", backup={"key": ""})
    for runtime, words in ((other, "不是备份时的那一把"), (keyless, "打不开备份")):
        with pytest.raises(Refused, match=words):
            restore.restore(runtime, file)
        runtime.close()
    assert state(source) == before


def flipped(body: bytes, place: int, bit: int) -> bytes:
    return body[:place] + bytes([body[place] ^ 1 << bit]) + body[place + 1 :]


def test_a_bit_flipped_anywhere_is_refused_before_anything_changes(
    source: parts.Runtime, tmp_path: Path
) -> None:
    rng = random.Random(20261128)
    (source.settings.data_dir / PICTURE).write_bytes(rng.randbytes(200_000))  # several pieces of 64 KiB
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    whole = file.read_bytes()
    before = state(source)
    header = whole.index(b"\n---") + 60
    places = {*range(0, header, 9), *(len(whole) - n for n in range(1, 40, 3))}
    places |= {rng.randrange(len(whole)) for _ in range(40)}
    bent = [flipped(whole, place, rng.randrange(8)) for place in sorted(places)]
    bent += [whole[:cut] for cut in (0, 1, 30, header, 65_536 + header, len(whole) - 1, len(whole) - 17)]
    bent += [whole + b"\0", whole + b"more", whole + whole, whole[header:]]
    for number, body in enumerate(bent):
        file.write_bytes(body)
        with pytest.raises(Refused):
            restore.restore(source, file)
        assert not unfinished.path(source.settings.data_dir).exists(), number
    assert state(source) == before
    file.write_bytes(whole)
    restore.restore(source, file)


def sealed_anew(
    source: parts.Runtime, file: Path, change: Callable[[dict[str, bytes]], None], *, key: str = ""
) -> None:
    """Open a backup with the key, change its files, and seal it again for the same recipient."""
    own = source.settings.backup.key
    with file.open("rb") as sealed, sealing.opening(own, sealed) as plain:
        body = gzip.decompress(plain.read())
    with tarfile.open(fileobj=io.BytesIO(body)) as archive:
        files = {info.name: archive.extractfile(info).read() for info in archive}  # type: ignore[union-attr]
    change(files)
    if key:
        files["manifest.mac"] = sealing.mac(key, files["manifest.json"]).encode()
    with (
        file.open("wb") as out,
        sealing.sealing(own, out) as plain,
        gzip.GzipFile(fileobj=plain, mode="wb") as packed,
        tarfile.open(fileobj=packed, mode="w|", format=tarfile.USTAR_FORMAT) as archive,
    ):
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))


def test_whoever_knows_the_public_half_alone_cannot_make_a_backup(
    source: parts.Runtime, tmp_path: Path
) -> None:
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    before = state(source)

    def promote(files: dict[str, bytes]) -> None:
        files["tables/user/000001.jsonl"] = files["tables/user/000001.jsonl"].replace(b"wang", b"evil")

    sealed_anew(source, file, promote)
    with pytest.raises(Refused, match="清单不符"):
        restore.restore(source, file)

    def forget_the_user(files: dict[str, bytes]) -> None:
        manifest = json.loads(files["manifest.json"])
        manifest["tables"]["user"] = {"rows": 0, "sum": "0" * 64}
        del files["tables/user/000001.jsonl"]
        files["manifest.json"] = json.dumps(manifest).encode()

    sealed_anew(source, file, forget_the_user, key=sealing.fresh_key())
    with pytest.raises(Refused, match="不是用这把密钥生成的"):
        restore.restore(source, file)
    assert state(source) == before


@pytest.mark.parametrize(
    "name",
    ["../outside", "/etc/outside", "assets/../../outside", "assets/a b", "tables/User.jsonl", "assets"],
)
def test_a_name_that_leads_elsewhere_is_never_written(
    name: str, source: parts.Runtime, tmp_path: Path
) -> None:
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    before = state(source)
    sealed_anew(source, file, lambda files: files.update({name: b"x"}))
    with pytest.raises(Refused):
        restore.restore(source, file)
    assert not (tmp_path / "outside").exists()
    assert state(source) == before


def test_rows_that_point_nowhere_are_refused(source: parts.Runtime, tmp_path: Path) -> None:
    """A backup that is sealed and signed, but whose rows do not belong together."""
    file = tmp_path / "backup.age"
    backup.write(source, str(file))
    before = state(source)

    def lose_the_branch(files: dict[str, bytes]) -> None:
        manifest = json.loads(files["manifest.json"])
        manifest["tables"]["branch"] = {"rows": 0, "sum": "0" * 64}
        del files["tables/branch/000001.jsonl"]
        files["manifest.json"] = json.dumps(manifest).encode()

    sealed_anew(source, file, lose_the_branch, key=source.settings.backup.key)
    with pytest.raises(Refused, match="现有数据没有改动"):
        restore.restore(source, file)
    assert state(source) == before


def test_a_file_that_is_no_backup_is_refused(source: parts.Runtime, tmp_path: Path) -> None:
    foreign = tmp_path / "foreign"
    before = state(source)
    for body in (b"", b"no archive at all", gzip.compress(b"x" * 2000)):
        foreign.write_bytes(body)
        with pytest.raises(Refused, match="不是本系统"):
            restore.restore(source, foreign)
        with pytest.raises(Refused, match="不是本系统"):
            restore.restore(source, foreign, first_format=True, account="wang")
    assert state(source) == before


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
