"""A backup brings everything back, also into the other database, and leaves the copy unable to send."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

import runtime as parts
from ground import clock
from ground.errors import Conflict, Refused
from models import Base, Branch, Follower, InstanceLease, Member, User
from operations import archive
from tests.fixtures.configuration import make_settings
from tests.fixtures.services import fresh_postgres, fresh_sqlite


def fill(runtime: parts.Runtime) -> None:
    now = clock.now()
    with runtime.db.session_scope() as session:
        branch = Branch(name="梧桐里社区党支部", short_name="梧桐里支部")
        session.add(branch)
        session.add(User(username="wang", password_hash="x", role="admin", created_at=now))
        session.add(InstanceLease(id=1, fingerprint="this-machine", confirmed_at=now))
        session.flush()
        member = Member(name="试", branch_id=branch.id, phone="19900010000", created_at=now, updated_at=now)
        session.add(member)
        session.flush()
        session.add(Follower(openid="oTest", member_id=member.id, subscribed_at=now, large_text=True))


def contents(runtime: parts.Runtime) -> dict[str, list[tuple[object, ...]]]:
    with runtime.db.read_scope() as session:
        return {
            table.name: [
                tuple(row) for row in session.execute(sa.select(table).order_by(*table.primary_key.columns))
            ]
            for table in Base.metadata.sorted_tables
            if table.name != "instance_lease"
        }


def test_a_backup_restores_into_either_database(
    database_url: str, sqlite_template: Path, postgres_server: str, postgres_template: str, tmp_path: Path
) -> None:
    source = parts.build(
        make_settings(database={"url": database_url}, server={"data_dir": str(tmp_path / "a")})
    )
    fill(source)
    picture = tmp_path / "a" / "assets" / "ab" / "abc"
    picture.parent.mkdir(parents=True)
    picture.write_bytes(b"picture")
    file = tmp_path / "backup.tar.gz"
    archive.write(source, str(file))
    (tmp_path / "other").mkdir()
    with fresh_sqlite(sqlite_template, tmp_path / "other") as url:
        check_restored(source, file, url, tmp_path / "b")
    with fresh_postgres(postgres_server, postgres_template) as url:
        check_restored(source, file, url, tmp_path / "c")
    source.close()


def check_restored(source: parts.Runtime, file: Path, url: str, folder: Path) -> None:
    target = parts.build(make_settings(database={"url": url}, server={"data_dir": str(folder)}))
    archive.read(target, file)
    assert contents(target) == contents(source)
    assert (folder / "assets" / "ab" / "abc").read_bytes() == b"picture"
    with target.db.session_scope() as session:
        lease = session.get(InstanceLease, 1)
        assert lease is not None
        assert (lease.fingerprint, lease.confirmed_at) == ("restored", None)
        session.add(Branch(name="再加一个党支部"))  # the sequences go on behind the restored rows
    target.close()


def test_a_damaged_or_foreign_file_is_refused_before_anything_is_touched(
    database_url: str, tmp_path: Path
) -> None:
    runtime = parts.build(
        make_settings(database={"url": database_url}, server={"data_dir": str(tmp_path / "a")})
    )
    fill(runtime)
    before = contents(runtime)
    foreign = tmp_path / "foreign.tar.gz"
    foreign.write_bytes(b"no archive at all")
    with pytest.raises(Refused, match="不是本系统的备份文件"):
        archive.read(runtime, foreign)
    whole = tmp_path / "whole.tar.gz"
    archive.write(runtime, str(whole))
    cut = tmp_path / "cut.tar.gz"
    cut.write_bytes(whole.read_bytes()[:-200])
    with pytest.raises(Refused):
        archive.read(runtime, cut)
    assert contents(runtime) == before
    runtime.close()


def test_nothing_is_restored_under_a_running_server(database_url: str, tmp_path: Path) -> None:
    from ground.process import only_server

    runtime = parts.build(
        make_settings(database={"url": database_url}, server={"data_dir": str(tmp_path / "a")})
    )
    file = tmp_path / "backup.tar.gz"
    archive.write(runtime, str(file))
    lock = only_server(runtime.settings.data_dir)
    with pytest.raises(Conflict, match="先停止服务"):
        archive.read(runtime, file)
    lock.release()
    runtime.close()
