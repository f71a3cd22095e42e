"""The table of security requirements: complete, and every proof that it names is there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from typing import NamedTuple

from tests.tooling.test_layout import ROOT

# OWASP ASVS 4.0.3: section → numbers that apply at level 1 or 2, without those that were deleted.
NUMBERS = {
    "1.1": "1-7",
    "1.2": "1-4",
    "1.4": "1 4-5",
    "1.5": "1-4",
    "1.6": "1-4",
    "1.7": "1-2",
    "1.8": "1-2",
    "1.9": "1-2",
    "1.10": "1",
    "1.11": "1-2",
    "1.12": "2",
    "1.14": "1-6",
    "2.1": "1-12",
    "2.2": "1-3",
    "2.3": "1-3",
    "2.4": "1-6",
    "2.5": "1-7",
    "2.6": "1-3",
    "2.7": "1-6",
    "2.8": "1-7",
    "2.9": "1-3",
    "2.10": "1-4",
    "3.1": "1",
    "3.2": "1-4",
    "3.3": "1-4",
    "3.4": "1-5",
    "3.5": "1-3",
    "3.7": "1",
    "4.1": "1-3 5",
    "4.2": "1-2",
    "4.3": "1-3",
    "5.1": "1-5",
    "5.2": "1-8",
    "5.3": "1-10",
    "5.4": "1-3",
    "5.5": "1-4",
    "6.1": "1-3",
    "6.2": "1-6",
    "6.3": "1-2",
    "6.4": "1-2",
    "7.1": "1-4",
    "7.2": "1-2",
    "7.3": "1 3-4",
    "7.4": "1-3",
    "8.1": "1-4",
    "8.2": "1-3",
    "8.3": "1-8",
    "9.1": "1-3",
    "9.2": "1-4",
    "10.2": "1-2",
    "10.3": "1-3",
    "11.1": "1-8",
    "12.1": "1-3",
    "12.2": "1",
    "12.3": "1-6",
    "12.4": "1-2",
    "12.5": "1-2",
    "12.6": "1",
    "13.1": "1 3-5",
    "13.2": "1-3 5-6",
    "13.3": "1-2",
    "13.4": "1-2",
    "14.1": "1-4",
    "14.2": "1-6",
    "14.3": "2-3",
    "14.4": "1-7",
    "14.5": "1-4",
}
STATES = {"met", "not applicable", "gap"}
CLOSED = ("2.", "5.", "12.")  # chapters without a gap
_PROOF = re.compile(r"`([\w./-]+/[\w./-]+|[\w-]+\.[a-z]+)(?:::(test_\w+))?`")


class Row(NamedTuple):
    """A line of the table."""

    number: str
    state: str
    proof: str


@cache
def rows() -> list[Row]:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if re.match(r"\| \d", line)]
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    assert all(len(one) == 4 for one in cells), "a line has four cells"
    return [Row(number, state, proof) for number, _, state, proof in cells]


def required() -> Iterator[str]:
    for section, spans in NUMBERS.items():
        for span in spans.split():
            first, _, last = span.partition("-")
            yield from (f"{section}.{number}" for number in range(int(first), int(last or first) + 1))


@cache
def functions_of(path: str) -> set[str]:
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}


def test_each_number_of_level_two_stands_there_once_and_in_order() -> None:
    assert [row.number for row in rows()] == list(required())


def test_each_state_is_one_of_three_and_the_sums_are_those_that_are_told() -> None:
    assert {row.state for row in rows()} == STATES
    states = [row.state for row in rows()]
    told = re.search(
        r"(\d+) are met, (\d+) not applicable, (\d+) are gaps", (ROOT / "docs/security.md").read_text("utf-8")
    )
    assert told
    assert [int(one) for one in told.groups()] == [
        states.count(one) for one in ("met", "not applicable", "gap")
    ]


def test_authentication_validation_and_files_have_no_gap() -> None:
    assert [row.number for row in rows() if row.state == "gap" and row.number.startswith(CLOSED)] == []


def test_what_is_met_names_its_proof_and_what_is_not_says_why() -> None:
    bare = [
        row.number
        for row in rows()
        if (not _PROOF.search(row.proof) if row.state == "met" else len(row.proof) < 8)
    ]
    assert bare == []


def test_every_file_and_every_test_that_is_named_exists() -> None:
    missing = []
    for row in rows():
        for path, function in _PROOF.findall(row.proof):
            there = (ROOT / path).exists()
            if not there or (function and function not in functions_of(path)):
                missing.append((row.number, path, function))
    assert missing == []
