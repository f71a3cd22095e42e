"""A key of the configuration that nothing reads is a promise that nobody keeps."""

from __future__ import annotations

import ast
from collections.abc import Iterator

import msgspec
import pytest

from settings import FORMER, ROOT, SECTIONS, parse_settings
from tests.fixtures.configuration import raw_settings
from tests.tooling.test_layout import tracked

_NOT_THE_PRODUCT = {"tests", "localwechat", "bench", "scripts"}


def _reads() -> Iterator[tuple[str, str]]:
    """(owner, name) of every ``owner.name`` and ``owner.get("name")``; an alias (``mini = settings.mini_program``) counts."""
    aliases: dict[str, set[str]] = {}
    found: set[tuple[str, str]] = set()
    for path in tracked():
        if path.suffix != ".py" or path.relative_to(ROOT).parts[0] in _NOT_THE_PRODUCT:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute):
                found.add((_name(node.value), node.attr))
            elif (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr == "get"
            ):
                if node.args and isinstance(node.args[0], ast.Constant):
                    found.add((_name(node.func.value), str(node.args[0].value)))
            elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute):
                for target in node.targets:
                    aliases.setdefault(_name(target), set()).add(node.value.attr)
    for owner, name in found:
        yield owner, name
        for real in aliases.get(owner, ()):
            yield real, name


def _name(node: ast.expr) -> str:
    text = node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""
    return text.lstrip("_")


def test_every_key_of_the_configuration_is_read_somewhere() -> None:
    read = set(_reads())
    unread = [
        f"{section}.{field.name}"
        for section, kind in SECTIONS.items()
        for field in msgspec.structs.fields(kind)
        if (section.rpartition(".")[2], field.name) not in read
    ]
    assert unread == []


@pytest.mark.parametrize("name", sorted(FORMER))
def test_a_former_key_is_accepted_with_one_line_that_says_so(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    section, _, key = name.partition(".")
    parse_settings(raw_settings(**{section: {key: 7}}))
    told = capsys.readouterr().err.splitlines()
    assert len(told) == 1
    assert told[0].startswith(f"{name}：")
