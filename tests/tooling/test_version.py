"""One version, wherever it is said."""

from __future__ import annotations

import re
from datetime import date

from ground.version import VERSION
from settings import Settings
from tests.console.conftest import Office
from tests.tooling.test_layout import ROOT

SECTIONS = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), flags=re.MULTILINE)


def released() -> list[tuple[tuple[int, ...], date]]:
    """Number and date of every released section, in the document's order."""
    found = [re.fullmatch(r"(\d+)\.(\d+)\.(\d+)（(\d{4}-\d{2}-\d{2})）", title) for title in SECTIONS[1:]]
    assert all(found), SECTIONS
    return [(tuple(map(int, one.groups()[:3])), date.fromisoformat(one[4])) for one in found if one]


def test_the_changelog_says_what_the_code_says() -> None:
    assert SECTIONS[0] == "未发布"
    assert ".".join(map(str, released()[0][0])) == VERSION


def test_the_newest_version_stands_first() -> None:
    assert released() == sorted(released(), reverse=True)


def test_a_running_server_says_its_version(settings: Settings) -> None:
    office = Office(settings)
    shown = office.stranger().get("/metrics")
    assert f'pioneer_info{{version="{VERSION}"}} 1.0' in shown
    assert f"时代先锋云 {VERSION}<" in office.desk("auditor").get("/console/help")
    office.parts.close()
