"""What the product keeps is read by nobody else on the machine, also where an earlier version left it open."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from operations import modes
from tests.fixtures.configuration import make_settings
from tests.fixtures.live import Live


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def everything(live: Live) -> list[Path]:
    database = Path(live.settings.database.url.removeprefix("sqlite:///"))
    beside = list(database.parent.glob(f"{database.name}*"))
    return [live.settings.data_dir, *live.settings.data_dir.rglob("*"), *beside]


def test_all_that_a_running_service_keeps_is_its_own(live: Live) -> None:
    before = os.umask(0o022)
    try:
        live.user("wang", "admin")
        live.start()
        live.control("followers", {"count": 1})
        found = {path.name: mode(path) for path in everything(live)}
    finally:
        os.umask(before)
    names = "、".join(found)
    assert ".db-wal" in names
    assert ".db-shm" in names
    assert {name: oct(bits) for name, bits in found.items() if bits & 0o077} == {}


def test_what_an_earlier_version_left_open_is_told_by_the_doctor_and_mended_at_the_start(live: Live) -> None:
    live.user("wang", "admin")
    spool = live.settings.data_dir / "spool"
    spool.mkdir(parents=True)
    waiting = spool / "inbound.spool"
    waiting.touch()
    database = Path(live.settings.database.url.removeprefix("sqlite:///"))
    opened = [live.settings.data_dir, spool, waiting, database]
    for path in opened:
        path.chmod(0o755 if path.is_dir() else 0o644)
    doctor = live.flask("doctor", "--offline").stdout
    assert "［注意］文件权限：本机其他用户可以读取" in doctor
    assert database.name in doctor
    assert [oct(mode(path)) for path in opened] == ["0o755", "0o755", "0o644", "0o644"]  # it only looks
    live.flask("user", "list")
    assert [oct(mode(path)) for path in opened] == ["0o700", "0o700", "0o600", "0o600"]
    assert "［正常］文件权限" in live.flask("doctor", "--offline").stdout


def test_a_folder_that_everybody_uses_is_never_closed(tmp_path: Path) -> None:
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o1777)
    database = tmp_path / "pioneer.db"
    database.touch()
    database.chmod(0o644)
    settings = make_settings(database={"url": f"sqlite:///{database}"}, server={"data_dir": str(shared)})
    assert modes.open_to_others(settings) == [database]


def test_the_commands_give_a_key_that_the_configuration_takes(live: Live) -> None:
    done = live.flask("keys")
    line = next(line for line in done.stdout.splitlines() if "AGE-SECRET-KEY" in line)
    key = line.partition('"')[2].rstrip('"')
    assert make_settings(backup={"key": key}).backup.key == key


def test_a_backup_is_written_for_us_alone(live: Live, tmp_path: Path) -> None:
    done = live.flask("backup", tmp_path / "backup.age")
    assert done.returncode == 0, done.stderr
    assert "已加密" in done.stdout
    assert mode(tmp_path / "backup.age") == 0o600
