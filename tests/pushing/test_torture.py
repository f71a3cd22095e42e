"""A short form of ``./pioneer torture`` (docs/reliability.md): fifty kills, and plans of two months."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.fixtures.processes import ROOT
from tests.torture import ledger
from tests.torture.plans import run_piece

pytestmark = [pytest.mark.torture, pytest.mark.slow]


def test_each_message_comes_once_or_is_called_unknown_whoever_is_killed(tmp_path: Path) -> None:
    """Embedded and scaled, forks and whole commands; lost, late, doubled and refused answers; two workers, two schedulers."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.torture", "--kills", "50", "--at-once", "2", "--folder", tmp_path],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    pieces = ledger.read(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert {(piece["mode"], piece["whole"]) for piece in pieces} == {
        ("embedded", False),
        ("scaled", False),
        ("embedded", True),
    }
    assert sum(sum(piece["kills"].values()) for piece in pieces) >= 50
    for piece in pieces:
        assert sum(road["received"] for road in piece["roads"].values()), piece["name"]


@pytest.mark.parametrize(("account", "seed"), [("service", 1), ("subscription", 2), ("service", 3)])
def test_for_every_follower_what_the_plan_says_is_what_comes(account: str, seed: int, tmp_path: Path) -> None:
    found = run_piece(account, 2, seed, tmp_path / "office")
    assert found["breaks"] == []
    assert found["pushes"] > 20
    assert found["people"] == found["pushes"] * 400
