"""The script that sets everything up: run on copies whose locks are empty, so that nothing is fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.fixtures.processes import Spawn, eventually
from tests.tooling.test_layout import ROOT

NEEDED = ("sh", "dirname", "id", "sha256sum", "cut", "cat", "grep", "mkdir", "rm", "mv")


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the script and empty locks."""
    folder = tmp_path / "克隆 one"
    folder.mkdir()
    shutil.copy(ROOT / "pioneer", folder)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (folder / lock).write_text("")
    return folder


def pioneer(
    folder: Path, *args: str, path: str | None = None, cwd: Path | None = None
) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "PATH": path if path is not None else os.environ["PATH"]}
    return subprocess.run(
        [folder / "pioneer", *args], cwd=cwd or folder, env=env, capture_output=True, text=True, timeout=120
    )


def test_a_second_set_up_makes_nothing_anew(clone: Path) -> None:
    first = pioneer(clone, "setup", cwd=Path("/"))
    assert first.returncode == 0, first.stderr
    assert "正在建立" in first.stderr
    made = (clone / ".venv" / "pioneer-stamp").stat().st_mtime_ns
    second = pioneer(clone, "setup")
    assert second.returncode == 0
    assert "正在" not in second.stderr
    assert (clone / ".venv" / "pioneer-stamp").stat().st_mtime_ns == made


def test_a_changed_lock_is_installed_into_the_same_environment(clone: Path) -> None:
    pioneer(clone, "setup", "runtime")
    python = (clone / ".venv" / "pyvenv.cfg").stat().st_mtime_ns
    (clone / "requirements.lock").write_text("# changed\n")
    again = pioneer(clone, "setup", "runtime")
    assert again.returncode == 0, again.stderr
    assert "正在安装" in again.stderr
    assert (clone / ".venv" / "pyvenv.cfg").stat().st_mtime_ns == python


def test_an_installation_that_was_cut_short_is_begun_anew(clone: Path) -> None:
    pioneer(clone, "setup", "runtime")
    (clone / ".venv" / "pioneer-stamp").unlink()
    (clone / ".venv" / "pioneer-unfinished").touch()
    (clone / ".venv" / "half-a-package").touch()
    again = pioneer(clone, "setup", "runtime")
    assert again.returncode == 0, again.stderr
    assert not (clone / ".venv" / "half-a-package").exists()
    assert not (clone / ".venv" / "pioneer-unfinished").exists()


def test_a_folder_that_was_moved_is_set_up_again(clone: Path) -> None:
    pioneer(clone, "setup", "runtime")
    moved = clone.with_name("moved")
    clone.rename(moved)
    assert "正在建立" in pioneer(moved, "setup", "runtime").stderr
    assert str(moved) in (moved / ".venv" / "bin" / "activate").read_text()


def test_two_set_ups_at_once_wait_for_each_other(clone: Path, spawn: Spawn) -> None:
    both = [spawn(clone / "pioneer", "setup", "runtime", cwd=clone) for _ in range(2)]
    assert [process.wait(60) for process in both] == [0, 0]
    assert "".join(process.output() for process in both).count("正在建立") == 1


def test_a_killed_set_up_leaves_no_lock_behind(clone: Path, spawn: Spawn) -> None:
    process = spawn(clone / "pioneer", "setup", "runtime", cwd=clone)
    eventually((clone / "var" / "setup.lock").exists)
    process.kill_all()
    process.wait()
    again = pioneer(clone, "setup", "runtime")
    assert again.returncode == 0, again.stderr


def test_without_python_one_line_says_what_to_type(clone: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bin"
    bare.mkdir()
    for name in NEEDED:
        program = shutil.which(name)
        assert program, name
        (bare / name).symlink_to(program)
    answer = pioneer(clone, "run", path=str(bare))
    assert answer.returncode == 1
    assert answer.stderr.splitlines() == [
        "没有找到 Python 3.11 或更新的版本，请先安装，例如：sudo apt-get install python3.11 python3.11-venv"
    ]


def test_an_unknown_command_is_refused_with_the_list_of_commands(clone: Path) -> None:
    answer = pioneer(clone, "frobnicate")
    assert answer.returncode == 2
    assert answer.stderr.startswith("没有这个命令：frobnicate\n用法")
    assert not (clone / ".venv").exists()
