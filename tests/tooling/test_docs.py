"""Documents that a test can hold against the code cannot lie for long."""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

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
    "docs/reliability.md",
    *sorted(str(page.relative_to(ROOT)) for page in (ROOT / "docs" / "development").glob("*.md")),
]
DECISIONS = ROOT / "docs" / "decisions"
NOT_OF_THE_CODE = {"PIONEER_", "PIONEER_SECTION__KEY", "vNUMBER", "bookworm", "trixie"}
"""Names in recipes that stand for others, and Debian's."""


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("name", [*DOCUMENTS, "CHANGELOG.md", "docs/decisions/README.md"])
def test_every_link_of_a_document_leads_somewhere(name: str) -> None:
    here = (ROOT / name).parent
    targets = re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", read(name))
    missing = [target for target in targets if "://" not in target and not (here / target).exists()]
    assert missing == []


def headings(name: str) -> set[str]:
    """The anchors that a page of GitHub gives to the headings of a document."""
    found = re.findall(r"^#+ (.+)$", read(name), flags=re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in found}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_place_inside_a_document_that_a_link_names_is_there(name: str) -> None:
    here = (ROOT / name).parent
    targets = re.findall(r"\]\(([^)#:\s]*\.md)?#([^)]+)\)", read(name))
    places = [
        ((here / page if page else ROOT / name).resolve().relative_to(ROOT), at) for page, at in targets
    ]
    assert [(str(page), at) for page, at in places if at not in headings(str(page))] == []


def test_every_recipe_is_in_the_table_of_recipes() -> None:
    table = read("docs/development/README.md")
    pages = [page.name for page in (ROOT / "docs" / "development").glob("*.md") if page.name != "README.md"]
    assert [name for name in pages if f"({name})" not in table] == []


def names_with_their_files(text: str) -> list[tuple[str, str]]:
    """(name, file) of what a document says to stand in a file: `name` of `file`, `name` in `file`, `name` (`file`)."""
    pattern = r"`@?([A-Za-z_]\w+)(?:\([^`]*\))?`(?: and `(\w+)`)?(?:,? (?:of|in) | \()`((?:[\w.]+/)+\w+\.py)`"
    found = re.findall(pattern, text)
    return [(name, file) for one, other, file in found for name in (one, other) if name]


def test_every_name_that_a_document_says_to_stand_in_a_file_stands_there() -> None:
    named = [pair for document in DOCUMENTS for pair in names_with_their_files(read(document))]
    assert len(named) > 15
    assert [(name, file) for name, file in named if not re.search(rf"\b{name}\b", read(file))] == []


@pytest.mark.parametrize(
    "page", sorted((ROOT / "docs" / "development").glob("*.md")), ids=lambda page: page.stem
)
def test_every_name_in_a_recipe_is_one_of_the_code(page: Path, words: frozenset[str]) -> None:
    named = re.findall(r"(?<!`)`@?([A-Za-z_][\w.]*)(?:\([^`]*\))?`", page.read_text(encoding="utf-8"))
    parts = {
        part for name in named if not name.endswith((".md", ".toml")) for part in name.split(".") if part
    }
    assert sorted(parts - words - NOT_OF_THE_CODE) == []


@pytest.fixture(scope="module")
def words() -> frozenset[str]:
    """Every word of the product's code, templates and configuration."""
    own = tracked("*.py", "*.html", "*.toml", "*.in", "*.lock")
    return frozenset(word for path in own for word in re.findall(r"\w+", path.read_text(encoding="utf-8")))


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
    assert verbs <= {"setup", "run", "test", "check", "bench", "torture", "audit", "flask"}, verbs


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
