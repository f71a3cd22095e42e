"""What looks through the leavings of a run for phone numbers of the roster finds them wherever they lie, and fails the run."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import sys
import zipfile
from pathlib import Path

from tests.fixtures.processes import ROOT
from tests.fixtures.traces import Phones, Search

ROSTER = sorted(Phones.of_the_roster().numbers)
ONE = ROSTER[0].decode()
STRANGER = "19899998888"


def search(folder: Path, number: str) -> list[str]:
    """What is found of one number alone: it is none of the roster, or this test would fail the run."""
    looked = Search(Phones.of([number]))
    looked.folder(folder)
    return sorted(looked.found)


def test_a_number_is_found_in_files_databases_their_logs_and_archives(tmp_path: Path) -> None:
    (tmp_path / "server.log").write_text(f"... sent to {STRANGER} ...")
    (tmp_path / "other.log").write_text("19899998887 198 9999 8888")
    with zipfile.ZipFile(tmp_path / "export.xlsx", "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("xl/worksheets/sheet1.xml", f"<v>{STRANGER}</v>" * 50)
    (tmp_path / "roster.xlsx").write_text(STRANGER)
    open_still = sqlite3.connect(tmp_path / "office.db")
    open_still.execute("PRAGMA journal_mode=wal")
    open_still.execute("CREATE TABLE member (phone TEXT)")
    open_still.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    open_still.execute("INSERT INTO member VALUES (?)", (STRANGER,))
    open_still.commit()
    found = search(tmp_path, STRANGER)
    open_still.close()
    folder = tmp_path.name
    assert found == [
        f"{folder}/export.xlsx: xl/worksheets/sheet1.xml: 1 numbers",
        f"{folder}/office.db-wal: 1 numbers",
        f"{folder}/server.log: 1 numbers",
    ]


def test_the_whole_roster_is_looked_for() -> None:
    phones = Phones.of_the_roster()
    assert len(phones.numbers) > 1900
    assert phones.count(b" ".join(ROSTER)) == len(phones.numbers)
    assert phones.count(b"199000" + b"9" * 5) == 0


def test_a_run_whose_tests_leave_a_number_fails_without_saying_which(tmp_path: Path) -> None:
    number = "".join(f"chr({ord(digit)})+" for digit in ONE).rstrip("+")
    left = tmp_path / "test_left.py"
    left.write_text(
        f"import logging\nNUMBER = {number}\n"
        "def test_kept(tmp_path): (tmp_path / 'left.txt').write_text(NUMBER)\n"
        "def test_printed(): print(NUMBER)\n"
        "def test_logged(): logging.getLogger('x').warning(NUMBER)\n"
        "def test_clean(): print('nothing')\n"
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "tests.fixtures.traces", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "-c", "/dev/null", "--rootdir", tmp_path, "--basetemp", tmp_path / "run", left],
        cwd=ROOT, env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"},
        capture_output=True, text=True, encoding="utf-8",
    )  # fmt: skip
    shutil.rmtree(tmp_path / "run")
    assert "4 passed" in done.stdout
    assert done.returncode == 1, done.stdout
    told = done.stdout.partition("phone numbers of the roster in clear")[2]
    for where in ("left.txt: 1 numbers", "test_printed: Captured stdout", "test_logged: Captured log"):
        assert where in told
    assert "test_clean" not in told
    assert ONE not in done.stdout
