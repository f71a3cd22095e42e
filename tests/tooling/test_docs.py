"""Documents that a test can hold against the code cannot lie for long."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cli import COMMANDS
from tests.tooling.test_layout import ROOT, tracked

DOCUMENTS = ["README.md", "CONTRIBUTING.md", "SECURITY.md", "deploy/README.md", "docs/architecture.md"]
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
    tops = "app|bench|cli|clock|community|content|deploy|docs|errors|models|runtime|scheduler|scripts|settings|tests|web|wechat"
    named = re.findall(rf"`((?:{tops})(?:\.py|/[\w./-]*))`", read(name))
    missing = [path for path in named if not (ROOT / path).exists() and not (ROOT / f"{path}.py").exists()]
    assert missing == []


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_command_that_a_document_names_exists(name: str) -> None:
    named = set(re.findall(r"(?:`|/|pioneer |run --rm web )flask ([a-z]+)", read(name)))
    assert named <= set(COMMANDS), named - set(COMMANDS)
    verbs = set(re.findall(r"\./pioneer ([a-z]+)", read(name)))
    assert verbs <= {"setup", "run", "test", "check", "bench", "flask"}, verbs


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
    for picture in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", read("README.md")):
        assert Path(ROOT / picture).stat().st_size > 10_000, picture
