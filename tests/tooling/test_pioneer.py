"""The script that sets everything up: run on copies whose locks are empty, so that nothing is fetched."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.processes import Spawn, eventually
from tests.tooling.test_layout import ROOT

pytestmark = pytest.mark.slow

NEEDED = ("sh", "dirname", "id", "sha256sum", "cut", "cat", "grep", "mkdir", "rm", "mv", "ls", "cp")
NO_ENSUREPIP = """#!/bin/sh
case "$*" in *"import ensurepip"*) exit 1 ;; esac
exec "{python}" "$@"
"""
BARE = """#!/bin/sh
case "$*" in *"import ensurepip"* | *"import pip"*) exit 1 ;; esac
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


def put(machine: Path, name: str, body: str) -> None:
    """A program of that name, in place of what was there."""
    (machine / name).unlink(missing_ok=True)
    (machine / name).write_text(f"#!/bin/sh\n{body}\n")
    (machine / name).chmod(0o755)


def bare_python(machine: Path) -> str:
    """As a minimal Debian has it: neither pip nor ensurepip; its version, like 3.11."""
    (machine / "python3.11").unlink()
    (machine / "python3.11").write_text(BARE.format(python=getattr(sys, "_base_executable", sys.executable)))
    (machine / "python3.11").chmod(0o755)
    return "{}.{}".format(*sys.version_info)


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
    put(machine, "apt-get", "exit 100")
    put(machine, "sudo", "exit 1")
    put(machine, "id", "echo 1000")
    answer = pioneer(clone, "run")
    assert answer.returncode == 1
    assert answer.stderr == (
        "没有找到 Python 3.11 或更新的版本（Debian 12、Ubuntu 24.04 及以后的系统自带）。"
        "请运行：sudo apt-get install -y python3 python3-venv\n"
    )


@pytest.mark.parametrize(
    ("programs", "how"),
    [
        (("apt-get", "sudo"), "请运行：sudo apt-get install -y"),
        (("apt-get",), "请让管理员（root）运行：apt-get install -y"),
        ((), "请用系统的软件包管理器安装（以下是 Debian 的包名）："),
    ],
)
def test_who_may_not_install_is_told_everything_in_one_line(
    clone: Path, machine: Path, programs: tuple[str, ...], how: str
) -> None:
    version = bare_python(machine)
    put(machine, "id", "echo 1000")
    for name in programs:
        put(machine, name, "echo was called >&2; exit 1")
    answer = pioneer(clone, "test")
    assert answer.returncode == 1
    told, _, packages = answer.stderr.strip().rpartition("：" if how.endswith("：") else "-y ")
    assert answer.stderr.count("\n") == 1
    assert f"{told}{'：' if how.endswith('：') else '-y'}" == f"这台机器的 Python 缺少 venv 组件。{how}"
    assert packages.split() == [
        f"python{version}-venv", "nodejs", "npm", "chromium", "fontconfig", "fonts-noto-cjk",
    ]  # fmt: skip


def test_apt_is_asked_once_for_each_thing_that_is_missing(clone: Path, machine: Path, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    bare_python(machine)
    put(machine, "id", "echo 0")
    put(machine, "apt-get", f'echo "$@" >> "{asked}"; exit 100')
    answer = pioneer(clone, "test")
    assert answer.returncode == 1
    assert answer.stderr.splitlines()[-1].startswith("这台机器的 Python 缺少 venv 组件。请检查网络后运行：")
    for line in asked.read_text().splitlines():
        words = line.split()
        assert len(words) == len(set(words)), line
    assert "chromium" in asked.read_text()


def test_what_the_wheels_are_linked_against_is_named_until_it_is_there(clone: Path, machine: Path) -> None:
    put(machine, "id", "echo 1000")
    put(machine, "apt-get", "exit 1")
    first = pioneer(clone, "setup")
    assert first.returncode == 0, first.stderr
    shutil.copytree(ROOT / "scripts", clone / "scripts")
    driver = clone / ".venv" / "driver"
    driver.write_bytes(b"\x7fELF")
    (clone / ".venv" / "libown.so.1").write_bytes(b"\x7fELF")
    lines = "".join(f"\tlib{name} => not found\n" for name in ("atomic.so.1", "own.so.1", "odd.so.7"))
    put(machine, "ldd", f"case $1 in */driver) printf '{lines}' ;; esac")
    for _ in range(2):  # the second start looks only at what lacked something
        lacking = pioneer(clone, "setup")
        assert lacking.returncode == 0, lacking.stderr
        assert "请让管理员（root）运行：apt-get install -y libatomic1 " in lacking.stderr
        assert "libodd.so.7" in lacking.stderr
        assert "libown" not in lacking.stderr
    put(machine, "ldd", "exit 0")
    assert "libatomic1" not in pioneer(clone, "setup").stderr
    put(machine, "ldd", "echo asked again >&2; exit 1")
    assert "asked again" not in pioneer(clone, "setup").stderr


def test_the_npm_packages_of_a_test_are_fetched_once(clone: Path, machine: Path, tmp_path: Path) -> None:
    calls = tmp_path / "calls"
    shutil.copytree(ROOT / "localwechat" / "tests" / "npm", clone / "localwechat" / "tests" / "npm")
    put(machine, "id", "echo 1000")
    put(machine, "node", "exit 0")
    put(machine, "npm", "exit 1")
    failed = pioneer(clone, "setup")
    assert failed.returncode == 0, failed.stderr
    assert "npm 软件包没有装上，相关的测试会被跳过" in failed.stderr
    put(machine, "npm", f'echo "$1" >> "{calls}"; mkdir node_modules')
    for _ in range(2):
        done = pioneer(clone, "setup")
        assert done.returncode == 0, done.stderr
        assert "没有装上" not in done.stderr
    assert calls.read_text() == "ci\n"
    assert (clone / ".venv" / "npm" / "node_modules").is_dir()


@pytest.mark.parametrize("node", [True, False], ids=["with Node.js", "without"])
def test_page_scripts_are_checked_where_there_is_a_node_and_under_ci_always(
    clone: Path, machine: Path, monkeypatch: pytest.MonkeyPatch, node: bool
) -> None:
    monkeypatch.delenv("CI", raising=False)
    put(machine, "id", "echo 1000")
    assert pioneer(clone, "setup").returncode == 0
    shutil.copytree(ROOT / "scripts" / "npm", clone / "scripts" / "npm")
    for tool in ("ruff", "mypy", "lint-imports", "python", "vermin", "shellcheck", "djlint"):
        real = clone / ".venv" / "bin" / tool
        if tool != "python":
            put(real.parent, tool, "exit 0")
    (clone / "scripts" / "patterns.py").touch()
    (clone / "scripts" / "oldest_python.py").touch()
    if node:
        put(machine, "node", "exit 0")
        oxlint = "node_modules/.bin/oxlint"
        put(
            machine,
            "npm",
            f"mkdir -p node_modules/.bin; echo 'echo \"looked at $*\"; exit 3' > {oxlint}; /bin/chmod +x {oxlint}",
        )
        (clone / ".venv" / "oxlint").mkdir()
    answer = pioneer(clone, "check")
    monkeypatch.setenv("CI", "true")
    strictly = pioneer(clone, "check")
    if node:
        assert "web/static localwechat/static" in answer.stdout
        assert (answer.returncode, strictly.returncode) == (1, 1)
    else:
        assert answer.stderr.startswith("没有 Node.js 和 npm，页面脚本没有检查。")
        assert answer.stderr.count("\n") == 1
        assert (answer.returncode, strictly.returncode) == (0, 1)


def test_an_unknown_command_is_refused_with_the_list_of_commands(clone: Path) -> None:
    answer = pioneer(clone, "frobnicate")
    assert answer.returncode == 2
    assert answer.stderr.startswith("没有这个命令：frobnicate\n用法")
    assert not (clone / ".venv").exists()
