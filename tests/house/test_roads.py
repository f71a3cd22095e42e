"""A road is known in its own folder alone: everything else asks the registry."""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from scheduler.roads import ROADS, Road
from settings import ROOT

_FOLDER = ROOT / "scheduler/roads"
_ELSEWHERE = ("database", "ground", "localwechat", "models", "settings", "wechat/outbound", "wechat/wire")
"""Rooms that speak of WeChat's interfaces, of rows and of keys, and ask for no road."""

_HOMONYMS = {
    "content/allowed.py": {"template"},  # an element of HTML
    "content/pasting.py": {"template"},  # the same element
    "community/groups.py": {"robot"},  # a column: the address of a group's own
    "content/word/numerals.py": {"custom"},  # a format of numbers in Word
    "web/console/account.py": {"publish"},  # a button of the menu's form
    "web/templates/console/account/menu.html": {"publish"},
    # a field of a form: from which template an activity is made
    "web/announcing.py": {"template"},
    "web/templates/branch/activities/new.html": {"template"},
    "web/templates/console/activities/new.html": {"template"},
    "operations/impersonal.py": {"kit"},  # the table
    "scheduler/previewing.py": {"client.mass_preview_to_name"},  # a draft on a few phones, and no push
    # what an account may do, named as WeChat names its interfaces
    "operations/probe.py": {
        "mass", "template", "custom", "publish", "群发", "模板消息", "客服消息", "订阅通知",
    },
}  # fmt: skip
_LEDGERS = {"scheduler/quota.py"}  # the quota that roads cost has one ledger, with WeChat's numbers


def named(source: str, names: set[str], prefixes: set[str]) -> Iterator[tuple[int, str]]:
    """Lines of a module that know a road: its name or title as a text, its module, its limits and calls by their prefix."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)) if text in names:
                yield node.lineno, text
            case ast.ImportFrom(module="scheduler.roads", names=found):
                yield from ((node.lineno, one.name) for one in found if one.name in prefixes)
            case ast.ImportFrom(module=str(module)) | ast.alias(name=module) if (
                module.startswith("scheduler.roads.") and module.split(".")[2] in prefixes
            ):
                yield node.lineno, module
            case ast.Attribute(attr=attr, value=ast.Attribute(attr=owner) | ast.Name(id=owner)) if (
                owner in ("limits", "client") and attr.partition("_")[0] in prefixes
            ):
                yield node.lineno, f"{owner}.{attr}"
            case _:
                pass


def modules() -> Iterator[Path]:
    """The modules of all rooms that may want to know a road."""
    rooms = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
    yield from sorted(ROOT.glob("*.py"))
    for path in (path for room in sorted(rooms) for path in sorted((ROOT / room).rglob("*.py"))):
        if not path.relative_to(ROOT).as_posix().startswith(tuple(f"{room}/" for room in _ELSEWHERE)):
            yield path


def others(path: Path) -> tuple[set[str], set[str]]:
    """Names and titles, and names alone, of the roads in whose folder this file does not stand."""
    roads = [road for road in ROADS.values() if _FOLDER / road.name not in path.parents]
    names = {road.name for road in roads}
    return names | {road.title for road in roads}, names


def findings() -> Iterator[tuple[str, int, str]]:
    """File, line and word of everything that knows a road outside its folder."""
    for path in modules():
        where = path.relative_to(ROOT).as_posix()
        names, prefixes = others(path)
        sends = where.startswith("scheduler/") and where not in _LEDGERS and _FOLDER not in path.parents
        for line, word in named(path.read_text(), names, prefixes):
            if sends or "." not in word or word.startswith("scheduler."):
                yield where, line, word
    quoted = re.compile("|".join(f"(?<=[\"']){re.escape(name)}(?=[\"'])" for name in ROADS))
    for path in sorted((ROOT / "web/templates").rglob("*.html")):
        for line, text in enumerate(path.read_text().splitlines(), start=1):
            for found in quoted.findall(text):
                yield path.relative_to(ROOT).as_posix(), line, found


def test_no_road_is_known_outside_its_folder() -> None:
    found = [one for one in findings() if one[2] not in _HOMONYMS.get(one[0], set())]
    assert found == [], "ask scheduler.roads instead"


def test_the_words_that_only_sound_like_a_road_are_still_there() -> None:
    seen = {(where, word) for where, _, word in findings()}
    assert {(where, word) for where, words in _HOMONYMS.items() for word in words} == seen


@pytest.mark.parametrize(
    "source",
    [
        "delivery.road == 'mass'",
        "ROADS = {'template': 1}",
        "word = '客服消息'",
        "from scheduler.roads.mass import MassRoad",
        "from scheduler.roads import mass",
        "import scheduler.roads.template",
        "gap = settings.wechat.limits.mass_repeat_gap_s",
        "gap = limits.template_key_minutes",
        "self._runtime.client.mass_get(number)",
    ],
)
def test_what_knows_a_road_is_seen(source: str) -> None:
    names, prefixes = others(ROOT / "scheduler/tick.py")
    assert list(named(source, names, prefixes))


@pytest.mark.parametrize("road", ROADS.values(), ids=list(ROADS))
def test_a_road_says_what_its_pages_and_rows_need(road: Road) -> None:
    assert re.fullmatch("[a-z]{1,10}", road.name), "it stands in a column of ten characters"
    assert re.search("[\u4e00-\u9fff]", road.title)


def test_no_two_roads_take_the_same_event() -> None:
    taken = [road.takes for road in ROADS.values() if road.takes is not None]
    assert len(taken) == len(set(taken))


@pytest.mark.parametrize("name", [road.name for road in ROADS.values() if road.carries])
def test_what_a_road_guarantees_is_written_down(name: str) -> None:
    _, _, said = (ROOT / "docs/reliability.md").read_text().partition("### Guarantees by road")
    rows = [line for line in said.partition("\n## ")[0].splitlines() if line.startswith("|")]
    assert [row for row in rows if f"`{name}`" in row.split("|")[1]], f"{name} has no row there"


@pytest.mark.parametrize("name", list(ROADS))
def test_the_tests_of_a_road_stand_beside_it(name: str) -> None:
    assert list((_FOLDER / name / "tests").glob("test_*.py"))


def test_the_recipe_of_a_road_names_all_that_a_road_can_say() -> None:
    page = (ROOT / "docs/development/roads.md").read_text()
    named = set(re.findall(r"`([a-z_]+)`", page))
    facts = {name for name in vars(Road) if not name.startswith("_")}
    assert facts - named == set(), "nobody who follows the page would know of them"
    for file in re.findall(r"`((?:scheduler|tests|ground|wechat)/[\w/]+(?:\.py)?/?)`", page):
        assert (ROOT / file).exists() or "/tests/" in file, file
