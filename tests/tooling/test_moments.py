"""One act has one moment: who opens the transaction reads the clock, and hands it to the services below."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.tooling.test_layout import ROOT

_ROOMS = ("community", "accounts", "content", "scheduler", "operations", "wechat")


def read_the_clock(source: str) -> list[str]:
    """Functions of a module that take a session and read the clock themselves."""
    return [
        function.name
        for function in ast.parse(source).body
        if isinstance(function, ast.FunctionDef)
        and any(
            of.annotation is not None and ast.unparse(of.annotation) == "Session" for of in function.args.args
        )
        and any(
            isinstance(call, ast.Call) and ast.unparse(call.func) == "clock.now"
            for call in ast.walk(function)
        )
    ]


@pytest.mark.parametrize("room", _ROOMS)
def test_no_service_that_takes_a_session_reads_the_clock(room: str) -> None:
    modules = [path for path in Path(ROOT, room).rglob("*.py") if "tests" not in path.parts]
    assert modules
    found = {
        str(path.relative_to(ROOT)): read_the_clock(path.read_text(encoding="utf-8")) for path in modules
    }
    assert {path: names for path, names in found.items() if names} == {}


def test_one_that_does_would_be_found() -> None:
    assert read_the_clock("def save(session: Session) -> None:\n    row.at = clock.now()\n") == ["save"]
    assert read_the_clock("def save(session: Session, *, at: datetime) -> None:\n    row.at = at\n") == []
