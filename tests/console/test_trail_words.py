"""操作日志 speaks Chinese: whatever the product records about an action has a word."""

from __future__ import annotations

import ast
import dataclasses
from collections.abc import Iterator

import pytest

from community.follower_sync import SyncReport
from settings import ROOT
from web.console.system import DETAILS, detail

ROOMS = ("accounts", "cli", "community", "content", "operations", "scheduler", "web", "wechat")


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _literal(node: ast.expr) -> Iterator[str]:
    """The keys of a dictionary as it is written, with those of the dictionaries that are spread into it."""
    for one in ast.walk(node):
        if isinstance(one, ast.Dict):
            yield from (key.value for key in one.keys if isinstance(key, ast.Constant))  # type: ignore[misc]


def _assigned(function: ast.AST, name: str) -> Iterator[str]:
    for one in ast.walk(function):
        if isinstance(one, ast.Assign | ast.AnnAssign) and one.value is not None:
            for target in one.targets if isinstance(one, ast.Assign) else [one.target]:
                if name in {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}:
                    yield from _literal(one.value)
                if isinstance(target, ast.Subscript) and isinstance(target.slice, ast.Constant):
                    yield str(target.slice.value)


def _recorded() -> tuple[dict[str, str], list[str]]:
    """Every detail's key with where it is recorded, and the places that this reading does not understand."""
    keys: dict[str, str] = {}
    dark: list[str] = []
    for path in sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = [one for one in ast.walk(tree) if isinstance(one, ast.FunctionDef)]
        for function, call in ((one, call) for one in functions for call in ast.walk(one)):
            if not isinstance(call, ast.Call):
                continue
            place = f"{path.relative_to(ROOT)}:{call.lineno}"
            if _name(call) == "note" and path.parts[-2] == "console":
                keys.update({word.arg: place for word in call.keywords if word.arg})
            if _name(call) == "record":
                found = [word.value for word in call.keywords if word.arg == "detail"]
                named = set(_keys(function, found[0])) if found else {""}
                keys.update(dict.fromkeys(named - {""}, place))
                dark += [] if named else [place]
    return keys, dark


def _keys(function: ast.FunctionDef, value: ast.expr) -> Iterator[str]:
    if isinstance(value, ast.Name):
        if function.args.kwarg is not None and function.args.kwarg.arg == value.id:
            yield ""  # its callers name them
        yield from _assigned(function, value.id)
    elif isinstance(value, ast.Call) and _name(value) == "as_dict":
        yield from (field.name for field in dataclasses.fields(SyncReport))
    else:
        yield from _literal(value)


def test_every_detail_that_the_product_records_has_a_word() -> None:
    keys, dark = _recorded()
    assert dark == []
    assert {"new_browser", "made_at", "sessions", "network", "wait_s", "hash", "consent", "masked"} <= set(
        keys
    )
    assert {key: place for key, place in keys.items() if key not in DETAILS} == {}


@pytest.mark.parametrize(
    ("action", "values", "shown"),
    [
        ("user.login", {"new_browser": True}, "新的浏览器：是"),
        ("backup.restore", {"made_at": "2026-11-28T20:30:21.781223+00:00"}, "备份时间：2026-11-29 04:30"),
        ("backup.restore", {"made_at": ""}, "备份时间："),
    ],
)
def test_a_detail_is_told_in_words_and_local_time(action: str, values: dict[str, object], shown: str) -> None:
    assert detail(action, values) == shown
