"""Documents that a test can hold against the code cannot lie for long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module

import click
import pytest

from cli import COMMANDS
from tests.tooling.test_layout import PACKAGES, ROOT, tracked

DOCUMENTS = [
    "README.md",
    "CONTRIBUTING.md",
    "docs/commands.md",
    "docs/privacy.md",
    "docs/security.md",
    "SECURITY.md",
    "deploy/README.md",
    "docs/architecture.md",
    "docs/glossary.md",
]
DECISIONS = ROOT / "docs" / "decisions"


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*DOCUMENTS, "CHANGELOG.md", "docs/decisions/README.md"])
def test_every_link_of_a_document_leads_somewhere(name: str) -> None:
    here = (ROOT / name).parent
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(name))
    missing = [target for target in targets if "://" not in target and not (here / target).exists()]
    assert missing == []


def test_every_decision_is_in_the_table_and_has_the_four_parts() -> None:
    table = read("docs/decisions/README.md")
    for page in sorted(DECISIONS.glob("[0-9]*.md")):
        assert f"({page.name})" in table, page.name
        text = page.read_text(encoding="utf-8")
        for part in ("**Context.**", "**Choice.**", "**Consequences", "**What would change our mind.**"):
            assert part in text, (page.name, part)


@pytest.mark.parametrize(
    "name", [*DOCUMENTS, *sorted(f"docs/decisions/{page.name}" for page in DECISIONS.glob("0*.md"))]
)
def test_every_file_that_a_document_names_exists(name: str) -> None:
    tops = "|".join((*PACKAGES, "app", "bench", "deploy", "docs", "runtime", "scripts", "settings", "tests"))
    named = re.findall(rf"`((?:{tops})(?:\.py|/[\w./-]*))`", read(name))
    missing = [path for path in named if not (ROOT / path).exists() and not (ROOT / f"{path}.py").exists()]
    assert missing == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_that_a_document_names_exists(name: str) -> None:
    named = set(re.findall(r"(?:`|/|pioneer |run --rm web )flask ([a-z]+)", read(name)))
    assert named <= set(COMMANDS), named - set(COMMANDS)
    verbs = set(re.findall(r"\./pioneer ([a-z]+)", read(name)))
    assert verbs <= {"setup", "run", "test", "check", "bench", "audit", "flask"}, verbs


def leaves(command: click.Command, path: str) -> Iterator[str]:
    if isinstance(command, click.Group):
        for name, inner in command.commands.items():
            yield from leaves(inner, f"{path} {name}")
    else:
        yield path


def test_the_list_of_commands_is_complete_and_names_no_other() -> None:
    real = {
        leaf
        for name, (module, attribute, _) in COMMANDS.items()
        for leaf in leaves(getattr(import_module(module), attribute), f"flask {name}")
    }
    rows = re.findall(r"^\| `(flask [a-z -]+)`", read("docs/commands.md"), flags=re.MULTILINE)
    assert sorted(rows) == sorted(real)


def test_every_option_that_the_list_of_commands_names_exists() -> None:
    options = {
        option
        for module, attribute, _ in COMMANDS.values()
        for command in commands_of(getattr(import_module(module), attribute))
        for parameter in command.params
        for option in parameter.opts
    }
    named = set(re.findall(r"--[a-z][a-z0-9-]+", read("docs/commands.md"))) - {"--help"}
    assert named <= options, named - options


def commands_of(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for inner in command.commands.values():
            yield from commands_of(inner)


def test_no_file_names_a_machine_or_a_registry() -> None:
    registries = ["pypi" + ".org", "python" + "hosted", "registry.npm" + "js", "deb.debian" + ".org"]
    places = ["/root" + "/", "/work" + "/", "/home/[a-z]"]
    pattern = re.compile("|".join([*map(re.escape, registries), *places]))
    text_like = {
        ".py",
        ".md",
        ".toml",
        ".yaml",
        ".yml",
        ".lock",
        ".in",
        ".sh",
        ".cfg",
        ".conf",
        ".service",
        ".json",
        ".html",
        ".js",
    }
    found = []
    for path in tracked():
        own = path.suffix in text_like or path.name in ("pioneer", "run", "Dockerfile")
        if own and "vendor" not in path.parts and "data" not in path.parts:
            for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
                if pattern.search(line):
                    found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}")
    assert found == []


def test_there_is_a_picture_for_each_face_that_the_readme_shows() -> None:
    pictures = re.findall(r'<img src="([^"]+)"', read("README.md"))
    assert len(pictures) == 3
    for picture in pictures:
        assert (ROOT / picture).stat().st_size > 10_000, picture
