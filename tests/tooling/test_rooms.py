"""The house keeps its own measures: rooms, arrows, lengths, and the picture of all that."""

from __future__ import annotations

import importlib.util
from types import ModuleType

import pytest

from tests.tooling.test_layout import ROOT

NOT_YET = ("tests/",)
"""A story that is told in one test may be long."""


@pytest.fixture(scope="module")
def rooms() -> ModuleType:
    spec = importlib.util.spec_from_file_location("rooms", ROOT / "scripts" / "rooms.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_room_is_too_large_nothing_runs_in_a_circle_and_nothing_is_too_long(rooms: ModuleType) -> None:
    assert [fault for fault in rooms.faults() if not fault.startswith(NOT_YET)] == []


def test_the_picture_of_the_rooms_is_the_code(rooms: ModuleType) -> None:
    assert rooms.drawn() == rooms.picture(), "run .venv/bin/python scripts/rooms.py --write"


def test_a_circle_and_a_long_function_would_be_found(rooms: ModuleType) -> None:
    assert rooms.circles({"a": ["b"], "b": ["c"], "c": ["a"], "d": ["a"]}) == [["a", "b", "c"]]
    assert rooms.circles({"a": ["b"], "b": ["c"], "c": []}) == []
    assert len(rooms.files()) > 300


def test_every_room_stands_under_the_contracts(rooms: ModuleType) -> None:
    inside = {room.partition(".")[0] for room in rooms.ROOMS}
    import tomllib

    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"]
    assert inside == set(contracts["root_packages"])
