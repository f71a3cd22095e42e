"""The glossary says the words that the product says: all states, roles, groups of rights and roads, and no others."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterator
from enum import StrEnum
from types import ModuleType
from typing import Any

import models
from accounts.rights import RIGHTS
from ground.life import Life
from models import ROLE_NAMES, Base
from scheduler.roads import ROADS
from tests.tooling.test_layout import ROOT

PAGE = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
ROOMS = ("models", "accounts", "community", "content", "scheduler", "operations", "workdays")


def rows(section: str) -> list[tuple[str, str, str]]:
    """Chinese word, English word and code of each row of a section."""
    found = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", PAGE, flags=re.MULTILINE | re.DOTALL)
    assert found, section
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in found[1].splitlines()
        if line[:1] == "|"
    ]
    return [(one, two, code.strip("`")) for one, two, code in cells if one != "中文" and set(one) != {"-"}]


def modules() -> Iterator[ModuleType]:
    """Every module of the rooms that hold rules and tables."""
    for room in ROOMS:
        package = importlib.import_module(room)
        yield package
        for module in pkgutil.walk_packages(package.__path__, f"{room}."):
            if not {"migrations", "tests"} & set(module.name.split(".")):
                yield importlib.import_module(module.name)


def words_in(value: Any) -> dict[Any, str]:
    """State → Chinese word, where this is a life or a table of such words."""
    if isinstance(value, Life):
        return dict(value.labels)
    if isinstance(value, dict) and value and all(isinstance(key, StrEnum) for key in value):
        return {key: word for key, word in value.items() if isinstance(word, str)}
    return {}


def words_of_states() -> dict[str, str]:
    """``Enum.MEMBER`` → the word that pages show, of every state that has one."""
    found: dict[str, str] = {}
    for module in modules():
        for value in vars(module).values():
            for state, word in words_in(value).items():
                assert found.setdefault(f"{type(state).__name__}.{state.name}", word) == word, state
    return found


def test_every_state_is_in_the_glossary_by_exactly_its_word() -> None:
    assert {code: word for word, _, code in rows("States")} == words_of_states()


def test_every_state_of_a_table_has_a_word() -> None:
    known = words_of_states()
    states = [
        f"{value.__name__}.{member.name}"
        for module in modules()
        if module.__name__.startswith("models.")
        for value in vars(module).values()
        if isinstance(value, type) and issubclass(value, StrEnum)
        for member in value
    ]
    assert len(states) > 30
    assert [state for state in states if state not in known] == []


def test_every_role_group_of_rights_and_road_is_in_the_glossary() -> None:
    assert {code: word for word, _, code in rows("Roles")} == ROLE_NAMES
    assert {code for _, _, code in rows("Rights")} == {f"{right.partition('.')[0]}.*" for right in RIGHTS}
    assert {code: word for word, _, code in rows("Roads")} == {
        road.name: road.title for road in ROADS.values()
    }


def test_every_thing_that_the_glossary_names_is_in_the_code() -> None:
    for word, _, code in rows("Things"):
        if not code:
            continue
        if code[0].isupper():
            name, _, attribute = code.partition(".")
            table = getattr(models, name)
            assert issubclass(table, Base), word
            assert not attribute or attribute in table.__table__.columns, word
        else:
            importlib.import_module(code)


def test_no_word_and_no_name_stands_for_two_things() -> None:
    for section in ("Things", "Roles", "Rights", "Roads"):
        for position in (0, 2):
            column = [row[position] for row in rows(section) if row[position]]
            assert len(column) == len(set(column)), section


def test_every_life_is_of_a_thing_of_the_glossary() -> None:
    nouns = {value.noun for module in modules() for value in vars(module).values() if isinstance(value, Life)}
    assert nouns
    assert nouns <= {word for word, _, _ in rows("Things")}
