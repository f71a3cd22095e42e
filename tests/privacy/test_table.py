"""The table of what is kept stands for everything that is kept, and the office's document says the same."""

from __future__ import annotations

import re

from models import Base
from operations.impersonal import IMPERSONAL
from operations.retention import KINDS
from settings import ROOT
from tests.fixtures.configuration import make_settings

DOCUMENT = ROOT / "docs" / "privacy.md"


def columns() -> set[str]:
    return {
        f"{table.name}.{column.name}" for table in Base.metadata.tables.values() for column in table.columns
    }


def personal() -> set[str]:
    return {place for kind in KINDS for place in kind.where if not place.endswith("/")}


def impersonal() -> set[str]:
    return {f"{table}.{column}" for table, names in IMPERSONAL.items() for column in names.split()}


def test_every_column_is_classified() -> None:
    unknown = columns() - personal() - impersonal()
    assert unknown == set(), (
        "put them into operations/retention.py, or operations/impersonal.py if they hold nothing personal"
    )


def test_nothing_is_classified_twice_or_without_being_there() -> None:
    assert personal() & impersonal() == set()
    assert (personal() | impersonal()) - columns() == set()


def test_kinds_have_names_of_their_own_that_fit_into_the_record_of_runs() -> None:
    names = [kind.name for kind in KINDS]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 40


def test_what_is_kept_only_while_following_is_swept_by_the_job() -> None:
    without = {kind.name for kind in KINDS if kind.sweep is None}
    assert without == {
        "member",
        "move",
        "forwarder",
        "check_in",
        "expected",
        "make_up",
        "leave",
        "user",
        "second_factor",
        "audit",
        "content",
        "lexicon",
    }


def test_there_is_a_count_of_every_kind() -> None:
    assert {kind.name for kind in KINDS if (kind.sweep is None) == (kind.held is None)} == set()


def test_the_office_reads_the_same_table_in_the_document() -> None:
    rows = re.findall(r"^\| (.+) \|$", DOCUMENT.read_text(encoding="utf-8"), flags=re.MULTILINE)
    said = [tuple(cell.strip() for cell in row.split(" | ")) for row in rows]
    for kind in KINDS:
        line = (kind.what, kind.purpose, kind.basis, kind.time(make_settings()), kind.then)
        assert line in said, line
