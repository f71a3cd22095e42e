"""The house's own rules about its files, where no other tool looks."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = tuple(
    tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "root_packages"
    ]
)


def tracked(*patterns: str) -> list[Path]:
    """The files of the repository, as git lists them (with what is new and not ignored)."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if listed.returncode:
        pytest.skip("not a git work tree")
    return [ROOT / name for name in listed.stdout.splitlines() if (ROOT / name).is_file()]


def test_each_folder_of_modules_is_a_package_that_the_import_contracts_see() -> None:
    folders = {path.parent for path in tracked(*(f"{name}/*.py" for name in PACKAGES))}
    bare = [
        str(folder.relative_to(ROOT))
        for folder in sorted(folders)
        if "migrations" not in folder.parts and not (folder / "__init__.py").exists()
    ]
    assert bare == []


def test_no_module_is_so_long_that_it_must_hold_two_subjects() -> None:
    limit = 500
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked(*(f"{name}/*.py" for name in PACKAGES), ":(glob)*.py")
        if not {"migrations", "tests"} & set(path.parts)
        and (lines := path.read_text(encoding="utf-8").count("\n")) > limit
    }
    assert long == {}


def test_the_locks_name_every_direct_requirement_with_hashes_and_no_address() -> None:
    for kind in ("requirements", "requirements-dev"):
        lock = (ROOT / f"{kind}.lock").read_text(encoding="utf-8")
        assert "://" not in lock
        assert "--find-links" not in lock
        assert "index-url" not in lock
        locked = {line.partition("==")[0].lower() for line in lock.splitlines() if "==" in line}
        for line in (ROOT / f"{kind}.in").read_text(encoding="utf-8").splitlines():
            if line and line[0].isalpha():
                name = line.split(";")[0].strip()
                bare = min((name.split(mark)[0] for mark in ("[", "~", ">", "<", "=", " ")), key=len)
                assert bare.lower() in locked, bare
        for block in lock.replace("\\\n", " ").splitlines():
            assert not block.strip() or "--hash=sha256:" in block, block
