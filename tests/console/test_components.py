"""The page that shows the face's components: whole, in the demo alone, and the same as docs/ui.md says."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.console.conftest import Office, text_of
from tests.fixtures.configuration import make_settings
from tests.tooling.test_layout import ROOT
from web import wording

TEMPLATES = ROOT / "web" / "templates" / "console"
# Parts of those that are shown, or made for one place and to be seen there.
ELSEWHERE = {
    *("mark", "token", "once_field", "asks", "form", "action", "problem", "flashes", "crumbs", "live"),
    *("typed", "strength"),
}


def macros(file: str) -> set[str]:
    text = (TEMPLATES / file).read_text(encoding="utf-8")
    return set(re.findall(r"\{% macro ([a-z]\w*)\(", text))


@pytest.fixture
def demo(furnished: Path, tmp_path: Path) -> Iterator[Office]:
    """An office whose WeChat is a local one."""
    path = tmp_path / "demo.db"
    shutil.copyfile(furnished, path)
    made = Office(
        make_settings(
            database={"url": f"sqlite:///{path}"},
            server={"data_dir": str(tmp_path / "demo")},
            wechat={"api_base_url": "http://127.0.0.1:9"},
        )
    )
    yield made
    made.close()


def test_every_state_and_every_component_is_shown_in_the_demo(demo: Office) -> None:
    page = demo.desk("auditor").client.get("/console/components")
    assert page.status_code == 200
    for states in wording.every_state().values():
        assert all(state.text in text_of(page) for state in states)
    source = (TEMPLATES / "components.html").read_text(encoding="utf-8")
    for name, file in (("ui", "controls.html"), ("field", "fields.html"), ("lists", "lists.html")):
        shown = set(re.findall(rf"\b{name}\.(\w+)\(", source))
        assert macros(file) - shown - ELSEWHERE == set(), file
    assert "部件一览" in demo.desk("auditor").get("/console/help")


def test_a_real_office_has_no_such_page(office: Office) -> None:
    desk = office.desk("admin")
    assert "不存在或已移走" in desk.get("/console/components", 404)
    assert "部件一览" not in desk.get("/console/help")


@pytest.mark.parametrize("file", ["controls.html", "fields.html", "lists.html"])
def test_the_vocabulary_names_every_component(file: str) -> None:
    text = (ROOT / "docs" / "ui.md").read_text(encoding="utf-8")
    name = {"controls.html": "ui", "fields.html": "field", "lists.html": "lists"}[file]
    assert {macro for macro in macros(file) if f"`{name}.{macro}`" not in text} == set()
