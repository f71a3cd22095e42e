"""Whatever tells a user to run a command names it as the README does: ``./pioneer flask …``."""

from __future__ import annotations

import re

from cli import COMMANDS
from settings import ROOT

ROOMS = (
    "accounts",
    "cli",
    "community",
    "content",
    "database",
    "ground",
    "operations",
    "scheduler",
    "web",
    "wechat",
)
CHINESE = re.compile("[\u4e00-\u9fff]")


def _bare() -> re.Pattern[str]:
    return re.compile(rf"(?<!\./pioneer )\bflask (?:{'|'.join(COMMANDS)})\b")


def test_every_command_in_a_text_for_users_is_one_that_can_be_typed() -> None:
    files = [
        path for room in ROOMS for kind in ("*.py", "*.html") for path in sorted((ROOT / room).rglob(kind))
    ]
    lines = [
        (f"{path.relative_to(ROOT)}:{number}", line)
        for path in [*files, *sorted((ROOT / "settings").glob("*.py")), ROOT / "config.example.toml"]
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if CHINESE.search(line)
    ]
    assert sum("./pioneer flask " in line for _, line in lines) > 20
    assert [place for place, line in lines if _bare().search(line)] == []
