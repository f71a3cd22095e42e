"""The script that sets everything up: run on copies whose locks are empty, so that nothing is fetched."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.processes import Spawn, eventually
from tests.tooling.test_layout import ROOT

NEEDED = ("sh", "dirname", "id", "sha256sum", "cut", "cat", "grep", "mkdir", "rm", "mv", "ls")
NO_ENSUREPIP = """#!/bin/sh
case "$*" in *"import ensurepip"*) exit 1 ;; esac
exec "{python}" "$@"
"""


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A folder with the script and empty locks."""
    folder = tmp_path / "克隆 one"
    folder.mkdir()
    shutil.copy(ROOT / "pioneer", folder)
    for lock in ("requirements.lock", "requirements-dev.lock"):
        (folder / lock).write_text("")
    return folder


@pytest.fixture(autouse=True)
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine with little more than Python: no uv, no apt-get, and (as on some Debians) no ensurepip; its ``bin``."""
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in NEEDED:
        found = shutil.which(name)
        assert found, name
        (programs / name).symlink_to(found)
    python = programs / "python3.11"
    base = getattr(sys, "_base_executable", sys.executable)
    if subprocess.run([base, "-c", "import pip"], capture_output=True).returncode == 0:
        python.write_text(NO_ENSUREPIP.format(python=base))
        python.chmod(0o755)
    else:
        python.symlink_to(base)
    monkeypatch.setenv("PATH", str(programs))
    return programs


def pioneer(folder: Path, *args: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [folder / "pioneer", *args], cwd=cwd or folder, capture_output=True, text=True, timeout=120
    )


def test_a_set_up_is_made_once_and_again_only_where_it_must(clone: Path) -> None:
    stamp, config = clone / ".venv" / "pioneer-stamp", clone / ".venv" / "pyvenv.cfg"

    first = pioneer(clone, "setup", "runtime", cwd=Path("/"))
    assert first.returncode == 0, first.stderr
    assert "正在建立" in first.stderr
    made = stamp.stat().st_mtime_ns

    second = pioneer(clone, "setup", "runtime")
    assert second.returncode == 0
    assert "正在" not in second.stderr
    assert stamp.stat().st_mtime_ns == made

    environment = config.stat().st_mtime_ns
    (clone / "requirements.lock").write_text("# changed\n")
    changed = pioneer(clone, "setup", "runtime")
    assert changed.returncode == 0, changed.stderr
    assert "正在安装" in changed.stderr
    assert config.stat().st_mtime_ns == environment

    stamp.unlink()
    (clone / ".venv" / "pioneer-unfinished").touch()
    (clone / ".venv" / "half-a-package").touch()
    cut_short = pioneer(clone, "setup", "runtime")
    assert cut_short.returncode == 0, cut_short.stderr
    assert not (clone / ".venv" / "half-a-package").exists()
    assert not (clone / ".venv" / "pioneer-unfinished").exists()

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


def test_without_python_one_line_says_what_to_type(clone: Path, machine: Path) -> None:
    (machine / "python3.11").unlink()
    answer = pioneer(clone, "run")
    assert answer.returncode == 1
    assert answer.stderr.splitlines() == [
        "没有找到 Python 3.11 或更新的版本，请先安装，例如：sudo apt-get install python3.11 python3.11-venv"
    ]


def test_an_unknown_command_is_refused_with_the_list_of_commands(clone: Path) -> None:
    answer = pioneer(clone, "frobnicate")
    assert answer.returncode == 2
    assert answer.stderr.startswith("没有这个命令：frobnicate\n用法")
    assert not (clone / ".venv").exists()
