"""The locks of npm packages hold what was fetched and no address of where it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.tooling.test_layout import ROOT

LOCKS = [ROOT / "localwechat/tests/npm/package-lock.json", ROOT / "scripts/npm/oxlint/package-lock.json"]


def test_these_are_all_locks() -> None:
    kept = {"web", "localwechat", "scripts", "tests", "bench"}
    found = [
        path
        for top in kept
        for path in (ROOT / top).rglob("package-lock.json")
        if "node_modules" not in path.parts
    ]
    assert sorted(found) == sorted(LOCKS)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_a_lock_names_hashes_and_no_address(lock: Path) -> None:
    packages = json.loads(lock.read_text(encoding="utf-8"))["packages"]
    wanted = json.loads((lock.parent / "package.json").read_text(encoding="utf-8"))
    versions = {**wanted.get("dependencies", {}), **wanted.get("devDependencies", {})}
    assert versions
    for name, version in versions.items():
        assert packages[f"node_modules/{name}"]["version"] == version
    for name, package in packages.items():
        if name:
            assert package["integrity"].startswith("sha512-"), name
            assert "resolved" not in package, name
    assert ".tgz" not in lock.read_text(encoding="utf-8")


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.parent.name)
def test_a_lock_that_is_written_anew_gets_no_addresses(lock: Path) -> None:
    assert (lock.parent / ".npmrc").read_text() == "omit-lockfile-registry-resolved=true\n"
