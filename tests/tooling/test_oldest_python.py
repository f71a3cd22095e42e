"""What came with a later 3.11.x than the first is found before a Debian 12 finds it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.tooling.test_layout import ROOT

PROGRAM = ROOT / "scripts" / "oldest_python.py"


def look(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, PROGRAM, folder], capture_output=True, text=True)


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ('archive.extractall(folder, filter="data")', "extractall(filter=) came with Python 3.11.4"),
        ("x = tarfile.data_filter", "data_filter came with Python 3.11.4"),
        ("from tarfile import FilterError", "FilterError came with Python 3.11.4"),
        ("email.utils.getaddresses([], strict=True)", "getaddresses(strict=) came with Python 3.11.10"),
    ],
)
def test_a_younger_part_of_the_library_is_named_with_file_and_line(
    tmp_path: Path, line: str, told: str
) -> None:
    (tmp_path / "unpack.py").write_text(f"import tarfile\n{line}\n")
    answer = look(tmp_path)
    assert answer.returncode == 1
    assert answer.stdout.startswith(f"unpack.py:2: {told}")


def test_what_was_always_there_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "pack.py").write_text('archive.add("x", filter=drop)\narchive.extractall("x")\n')
    answer = look(tmp_path)
    assert (answer.returncode, answer.stdout) == (0, "")


def test_the_sources_keep_to_the_oldest_python() -> None:
    answer = look(ROOT)
    assert answer.returncode == 0, answer.stdout
