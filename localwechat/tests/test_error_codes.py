"""A contract for every error code that the platform can answer with."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

import pytest

import localwechat
from localwechat.tests.error_cases import (
    access,
    articles,
    fans,
    figures,
    menus,
    notices,
    robots,
    sends,
    signing,
)
from localwechat.tests.error_cases.register import CASES, Case
from localwechat.tests.world import World

SUBJECTS = (access, articles, fans, figures, menus, notices, robots, sends, signing)
"""Each registers its cases when it is imported."""


@pytest.mark.parametrize(
    ("code", "make"), [(c, m) for c, _, m in CASES], ids=[f"{c} {n}" for c, n, _ in CASES]
)
def test_the_platform_refuses_with_its_own_code(world: World, code: int, make: Case) -> None:
    answer = make(world)
    assert answer["errcode"] == code
    assert answer["errmsg"]


# Codes that need more than a test may take: a hundred thousand codes or files, a thousand menus
TOO_MANY = {45029, 45034, 65305}


def test_every_code_in_the_source_has_a_case() -> None:
    folder = Path(localwechat.__file__).parent
    raised: set[int] = set()
    for path in [*folder.glob("*.py"), *folder.glob("api/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            name = ""
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
            if name in ("refuse", "_refuse", "ApiError", "follower", "text", "integer", "whole"):
                assert isinstance(node, ast.Call)
                raised |= _codes(node)
    known = {code for code, _, _ in CASES}
    assert raised - known - TOO_MANY == set()


def _codes(call: ast.Call) -> set[int]:
    """The error codes among a call's own arguments (not inside the condition)."""
    found = set()
    for argument in [*call.args[1:], *call.args[:1]]:
        parts = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
        for part in parts:
            if isinstance(part, ast.Constant) and type(part.value) is int and part.value >= 40000:
                found.add(part.value)
    return found - {50_000}


def test_an_error_text_ends_with_a_rid_that_the_platform_explains(world: World) -> None:
    answer = world.api("/cgi-bin/tags/create", {"tag": {"name": ""}})
    text, rid = answer["errmsg"].rsplit(" rid: ", 1)
    assert text == "invalid tag name"
    told = world.api("/cgi-bin/openapi/rid/get", {"rid": rid})["request"]
    assert (
        hashlib.sha1(told["request_body"].encode()).digest()
        == hashlib.sha1(b'{"tag": {"name": ""}}').digest()
    )
