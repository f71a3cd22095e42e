"""A command that was typed wrongly says so in one Chinese line."""

from __future__ import annotations

import click
import pytest
from click.testing import CliRunner

import cli


class Face:
    """As much of an application as ``cli.register`` needs."""

    def __init__(self) -> None:
        self.cli = click.Group("flask")


@pytest.fixture(scope="module")
def commands() -> click.Group:
    face = Face()
    cli.register(face)  # type: ignore[arg-type]
    return face.cli


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["push", "show", "abc"], "PUSH_ID 的值不对：应为整数"),
        (["push", "create"], "缺少 --as"),
        (["push", "nosuch"], "没有这个子命令"),
        (["serve", "--prot", "8000"], "没有选项 --prot"),
        (["serve", "--port", "eight"], "--port 的值不对：应为整数"),
        (["article", "list", "--limit", "0"], "应为 1 到 1000 的整数"),
    ],
)
def test_a_mistyped_command_gets_one_chinese_line_and_exit_code_2(
    commands: click.Group, arguments: list[str], said: str
) -> None:
    done = CliRunner().invoke(commands, arguments)
    assert done.exit_code == 2
    assert done.stdout == ""
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_bare_noun_shows_its_verbs(commands: click.Group) -> None:
    assert "新建推送" in CliRunner().invoke(commands, ["push"]).output
