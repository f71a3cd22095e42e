"""A restore may be killed at any moment: the former data are in use, or the restored ones, and either is found and said."""

from __future__ import annotations

import ctypes
import os
import random
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import pytest
import sqlalchemy as sa

import runtime as parts
from accounts import audit
from app import create_app
from ground import clock
from ground.errors import Conflict, Unavailable
from models import AuditEntry, Branch, Follower, InstanceLease, Setting, User
from operations import backup, heads, restore, unfinished
from scheduler import instance
from settings import load_settings
from tests.fixtures.commands import run_flask
from tests.fixtures.configuration import write_config
from tests.fixtures.live import Live
from tests.fixtures.processes import ROOT
from tests.world import accounts, places

POINTS = [
    "restore.begun",
    "restore.unpacked",
    "restore.loading",
    "restore.loading:20",
    "restore.loaded",
    "restore.verified",
    "restore.pictures:2",
    "restore.ready",
    "restore.kept",
    "restore.switched",
    "restore.noted",
    "restore.cleaned",
]
KILLS = 20
NEW, OLD = "备份里的党支部", "现有的党支部"
PICTURES = 6


class Office:
    """A database with a backup of another state of it, and a process that restores it when told to."""

    def __init__(self, url: str, folder: Path) -> None:
        self.folder = folder / "var"
        self.config = write_config(
            folder / "config.toml", database={"url": url}, server={"data_dir": str(self.folder)}
        )
        self.runtime = parts.build(load_settings(self.config, env={}))
        self.file = folder / "backup.age"
        self._fill(NEW, 4000)
        for number in range(PICTURES):
            picture = self.folder / "assets" / f"{number:02}" / (f"{number:02}" * 32)
            picture.parent.mkdir(parents=True)
            picture.write_bytes(os.urandom(50_000))
        backup.write(self.runtime, str(self.file))
        self.make_old()
        self.runtime.close()
        self._process = subprocess.Popen(
            [sys.executable, "-m", "tests.house.restoring", str(self.config), str(self.file)],
            cwd=ROOT,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def _fill(self, branch: str, followers: int) -> None:
        now = clock.now()
        with self.runtime.db.session_scope() as session:
            accounts.account(session, "wang")
            places.branch(session, branch)
            session.add(InstanceLease(id=1, fingerprint="x", confirmed_at=now))
            rows = [{"openid": f"o{number}", "subscribed_at": now} for number in range(followers)]
            session.execute(sa.insert(Follower), rows)

    def make_old(self) -> None:
        """Another state: one branch of another name, no follower, no picture, and a registered sender."""
        with self.runtime.db.session_scope() as session:
            session.execute(sa.delete(Follower))
            session.execute(sa.update(Branch).values(name=OLD))
            session.execute(sa.delete(Setting).where(Setting.name == unfinished.RESTORE_ID))
            session.execute(sa.delete(InstanceLease))
            own = instance.fingerprint(self.runtime.settings)
            session.add(InstanceLease(id=1, fingerprint=own.place, confirmed_at=clock.now()))
        for picture in (self.folder / "assets").rglob("*"):
            if picture.is_file():
                picture.unlink()

    def attempt(self, point: str = "", after_s: float | None = None) -> int:
        """One restore, killed at a fault point, after so many seconds, or not at all; its exit status."""
        stdin, stdout = self._process.stdin, self._process.stdout
        assert stdin is not None
        assert stdout is not None
        print(point, file=stdin, flush=True)
        pid = int(_said(stdout, "started"))
        if after_s is not None:
            timer = threading.Timer(after_s, _kill, (pid,))
            timer.start()
            status = int(_said(stdout, "ended"))
            timer.cancel()
            return status
        return int(_said(stdout, "ended"))

    def check(self) -> str:
        """What is in use ("old" or "new"), with all that must hold then; settled and clean afterwards."""
        half = unfinished.path(self.folder).exists()
        before = self.which()
        app = create_app(runtime=self.runtime)
        assert (app.test_client().get("/readyz").status_code == 503) is half
        if half:
            text = unfinished.warning(self.folder, self.runtime.db)
            assert ("原有数据没有改动" in text) is (before == "old")
            with pytest.raises(Conflict, match="--settle"):
                unfinished.need_none(self.folder, self.runtime.db)
            said = restore.settle(self.runtime)
            assert ("继续使用原有数据" in said) is (before == "old")
        assert self.which() == before
        self._check_leftovers(before)
        return before

    def which(self) -> str:
        """Which of the two states the database holds, whole."""
        with self.runtime.db.read_scope() as session:
            branch = session.scalars(sa.select(Branch.name)).one()
            followers = session.scalar(sa.select(sa.func.count()).select_from(Follower))
            sends = instance.may_send(session, self.runtime.settings)
            assert session.scalars(sa.select(User.username)).all() == ["wang"]
            assert audit.verify(session).intact
        assert (branch, followers, sends) in ((OLD, 0, True), (NEW, 4000, False))
        if branch == NEW:
            pictures = [path for path in (self.folder / "assets").rglob("*") if path.is_file()]
            assert sorted(path.stat().st_size for path in pictures) == [50_000] * PICTURES
        return "new" if branch == NEW else "old"

    def _check_leftovers(self, which: str) -> None:
        assert not unfinished.path(self.folder).exists()
        assert not (self.folder / "restore-incoming").exists()
        pictures = [path for path in (self.folder / "assets").rglob("*") if path.is_file()]
        assert len(pictures) == (PICTURES if which == "new" else 0)
        database = self.runtime.db
        if database.on_sqlite:
            file = Path(database.url.database or "")
            assert not list(file.parent.glob(f"{file.name}.incoming*"))
            kept = list(file.parent.glob(f"{file.name}.2*"))
        else:
            with database.engine.connect() as connection:
                schemas = sa.inspect(connection).get_schema_names()
            assert not [name for name in schemas if name.startswith("incoming")]
            kept = [Path(name) for name in schemas if name.startswith("before")]
        assert bool(kept) is (which == "new")

    def back_to_old(self) -> None:
        """The former state again, for the next attempt."""
        database = self.runtime.db
        if database.on_sqlite:
            file = Path(database.url.database or "")
            for kept in file.parent.glob(f"{file.name}.2*"):
                kept.unlink()
        else:
            with database.engine.connect() as connection:
                for name in sa.inspect(connection).get_schema_names():
                    if name.startswith("before"):
                        connection.exec_driver_sql(f'DROP SCHEMA "{name}" CASCADE')
                connection.commit()
        self.make_old()
        self.runtime.close()

    def close(self) -> None:
        self._process.kill()
        self._process.communicate()
        self.runtime.close()


def _said(stream: IO[str], word: str) -> str:
    line = stream.readline().split()
    assert line[:1] == [word], line
    return line[1]


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        pass


@pytest.fixture(scope="module")
def office(module_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    made = Office(module_database_url, tmp_path_factory.mktemp("office"))
    yield made
    made.close()


@pytest.mark.torture
@pytest.mark.parametrize("point", POINTS)
def test_killed_at_each_point_it_is_the_old_state_or_the_new_one(office: Office, point: str) -> None:
    assert office.attempt(point) == -signal.SIGKILL
    after_the_switch = point in ("restore.switched", "restore.noted", "restore.cleaned")
    if office.runtime.db.on_sqlite or point != "restore.kept":
        assert unfinished.path(office.folder).exists()
    assert office.check() == ("new" if after_the_switch else "old")
    office.back_to_old()


@pytest.mark.torture
def test_killed_at_random_moments_it_is_the_old_state_or_the_new_one(office: Office) -> None:
    rng = random.Random(20261128)
    begun = time.monotonic()
    assert office.attempt() == 0
    whole_s = time.monotonic() - begun
    assert office.check() == "new"
    office.back_to_old()
    states = []
    for number in range(KILLS):
        status = office.attempt(after_s=whole_s * (number + rng.random()) / KILLS)
        states.append(office.check())
        assert status == -signal.SIGKILL or (status == 0 and states[-1] == "new")
        office.back_to_old()
    assert states.count("old") >= KILLS // 4, states  # the kills really came while it was at work


@pytest.mark.slow
def test_after_a_killed_restore_no_command_goes_on_before_it_is_settled(live: Live, tmp_path: Path) -> None:
    live.user("wang", "admin")
    file = tmp_path / "backup.age"
    assert live.flask("backup", file).returncode == 0
    live.user("later", "editor")
    killed = run_flask("restore", file, "--yes", env={**live.env, "PIONEER_CRASH_AT": "restore.loading:9"})
    assert killed.returncode == -signal.SIGKILL
    for command in (
        ["serve", "--port", str(live.port)],
        ["user", "list"],
        ["db", "upgrade"],
        ["backup", "x.age"],
    ):
        done = live.flask(*command)
        assert done.returncode == 2, command
        assert "原有数据没有改动" in done.stderr
        assert "flask restore --settle" in done.stderr
    doctor = live.flask("doctor", "--offline")
    assert doctor.returncode == 1
    assert "［错误］恢复：上一次恢复" in doctor.stdout
    settled = live.flask("restore", "--settle")
    assert settled.returncode == 0
    assert "继续使用原有数据" in settled.stdout
    assert "later" in live.flask("user", "list").stdout
    killed = run_flask("restore", file, "--yes", env={**live.env, "PIONEER_CRASH_AT": "restore.switched"})
    assert killed.returncode == -signal.SIGKILL
    assert "已经换上" in live.flask("user", "list").stderr
    again = live.flask("restore", file, "--yes")  # whoever simply restores again gets there too
    assert again.returncode == 0, again.stderr
    assert "later" not in live.flask("user", "list").stdout
    verified = live.flask_json("audit", "verify")
    assert verified["intact"] is True
    assert live.flask_json("audit", "verify")["entries"] == verified["entries"]


# --- A disk that does not take it --------------------------------------------------------------------------


def _no_more_than(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def _without_root_s_privilege() -> None:
    """Also root then needs the permission that a folder's mode gives (CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH)."""
    libc = ctypes.CDLL(None)
    for capability in (1, 2):
        libc.prctl(24, capability, 0, 0, 0)


def _flask_under(
    office: Office, limit: Callable[[], None], *args: str | Path
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "flask", *map(str, args)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": "", "PIONEER_CONFIG": str(office.config), "FLASK_APP": "app"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        preexec_fn=limit,
    )


def one_line(text: str) -> str:
    (line,) = [line for line in text.splitlines() if line.strip()]
    return line


@pytest.mark.parametrize("size", [30_000, 200_000])
def test_a_full_disk_is_said_in_one_line_and_the_old_state_stays(office: Office, size: int) -> None:
    """The pictures do not fit, or the tables do not."""
    done = _flask_under(office, lambda: _no_more_than(size), "restore", office.file, "--yes")
    assert done.returncode == 1, done.stderr
    assert "现有数据没有改动" in one_line(done.stderr)
    assert "磁盘" in done.stderr
    assert office.check() == "old"
    file = office.file.with_name("another.age")
    done = _flask_under(office, lambda: _no_more_than(1000), "backup", file)
    assert done.returncode == 1, done.stderr
    assert "备份没有完成" in one_line(done.stderr)
    assert not list(file.parent.glob("another*"))
    office.runtime.close()


def test_a_folder_that_cannot_be_written_is_said_in_one_line_and_the_old_state_stays(office: Office) -> None:
    office.folder.chmod(0o500)
    try:
        done = _flask_under(office, _without_root_s_privilege, "restore", office.file, "--yes")
    finally:
        office.folder.chmod(0o700)
    assert done.returncode in (1, 2), done.stderr
    assert str(office.folder) in one_line(done.stderr)
    assert "权限" in done.stderr
    assert office.check() == "old"
    office.runtime.close()


def test_a_fault_after_the_switch_is_not_called_unchanged(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(5, "Input/output error", "disk")

    monkeypatch.setattr("operations.heads.note", fail)
    with pytest.raises(Unavailable, match="flask restore --settle") as told:
        restore.restore(office.runtime, office.file)
    assert "没有改动" not in told.value.message
    monkeypatch.undo()
    assert office.check() == "new"
    office.back_to_old()


def test_the_audit_chain_of_a_restored_office_goes_on(office: Office) -> None:
    assert office.attempt() == 0
    assert office.check() == "new"
    assert heads.verify(office.runtime).intact
    with office.runtime.db.session_scope() as session:
        audit.record(session, "member.change", at=clock.now())
    assert heads.verify(office.runtime).intact
    with office.runtime.db.read_scope() as session:
        assert "backup.restore" in session.scalars(sa.select(AuditEntry.action)).all()
    office.back_to_old()
