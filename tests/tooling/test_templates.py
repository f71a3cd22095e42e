"""The templates: short lines, and what docs/ui.md says has one owner is written once."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.tooling.test_layout import ROOT

TEMPLATES = ROOT / "web" / "templates"
LONGEST = 160
OFFICE = sorted(path for face in ("console", "branch") for path in (TEMPLATES / face).rglob("*.html"))


OF_THEIR_OWN = {
    "console/bare.html": ['class="modal-content'],  # its texts come from the button that asks
    "console/articles/register.html": ["<table"],  # a form on paper, no list
}


def named(path: Path) -> str:
    return path.relative_to(TEMPLATES).as_posix()


@pytest.mark.parametrize("path", sorted(TEMPLATES.rglob("*.html")), ids=named)
def test_no_line_is_over_160_characters(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").splitlines()
    assert [at for at, line in enumerate(lines, 1) if len(line) > LONGEST] == []


@pytest.mark.parametrize("path", OFFICE, ids=named)
def test_tables_alerts_and_large_numbers_come_from_their_macros(path: Path) -> None:
    if path.name == "controls.html":
        return
    text = path.read_text(encoding="utf-8")
    written = re.findall(r'<table|class="figure-box|<div class="alert|data-label=|class="modal-content', text)
    assert written == OF_THEIR_OWN.get(named(path), [])


@pytest.mark.parametrize("path", OFFICE, ids=named)
def test_every_form_that_posts_brings_its_token(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for form in re.findall(r"<form(?=[^>]*(?:method=.post|hx-post)).*?</form>", text, re.DOTALL):
        assert re.search(r"\btoken\(\)", form), form[:120]
