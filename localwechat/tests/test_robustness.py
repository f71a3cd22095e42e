"""Nothing that a client sends makes the platform fall over: it refuses in its own words."""

from __future__ import annotations

import ast
import http.client
import importlib
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from localwechat.api import SUBJECTS, register
from localwechat.tests.world import World

VALUES: list[Any] = [
    None,
    True,
    0,
    -1,
    10**30,
    1.5,
    "",
    "x",
    "\u0000",
    [],
    ["x"],
    [None],
    [{}],
    {},
    {"x": 1},
    {"x": None},
]
SINGLE: list[Any] = [[], "x", 1, None, True]


def words(subject: str) -> list[str]:
    """Every string of a subject's source that may be a field's name."""
    module = importlib.import_module(f"localwechat.api.{subject}")
    tree = ast.parse(Path(str(module.__file__)).read_text())
    found = {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    return sorted(word for word in found if word.isidentifier() and len(word) < 30)


def paths(subject: str) -> list[str]:
    module = importlib.import_module(f"localwechat.api.{subject}")
    from localwechat.dispatch import ENDPOINTS

    return [e.path for e in ENDPOINTS.values() if e.view.__module__ == module.__name__ and e.method != "GET"]


@pytest.mark.parametrize("subject", SUBJECTS)
def test_odd_bodies_are_refused_or_taken_but_never_break_it(world: World, subject: str) -> None:
    register()
    world.sandbox.settings(limits=dict.fromkeys(paths(subject), 10**9), mass_calls_per_minute=10**9)
    token = world.sandbox.access_token()
    names = words(subject)
    bodies = [*SINGLE, *(dict.fromkeys(names, value) for value in VALUES)]
    bodies += [{name: value} for name in names for value in ("x", [None])]
    connection = http.client.HTTPConnection(urlsplit(world.sandbox.url).netloc)
    for path in paths(subject):
        for body in bodies:
            target = f"{path}?access_token={token}&key=11111111-2222-3333-4444-555555555555&type=image"
            connection.request("POST", target, json.dumps(body).encode())
            answer = connection.getresponse()
            assert isinstance(json.loads(answer.read()), dict), (path, body)
    connection.close()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("say", []),
        ("say", {"openid": "{openid}"}),
        ("act", {"openid": "{openid}", "do": "tap", "button": 1}),
        ("protection", {"msg_id": 10**30, "answer": "confirm"}),
        ("faults", [1]),
        ("clock", {"at": "2026-03-05T10:00:00"}),
    ],
)
def test_the_control_refuses_what_cannot_be(world: World, path: str, body: Any) -> None:
    text = json.dumps(body).replace("{openid}", world.sandbox.followers(1)[0])
    status, answer = world.sandbox.request("POST", f"/_sandbox/{path}", text.encode())
    assert status == 400
    assert json.loads(answer)["error"]
