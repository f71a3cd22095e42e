"""Whatever people do in whatever order, nothing goes out that was not signed for as it is: a short form of the long walk.

``./pioneer torture --articles`` walks on (docs/development/torture.md).
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from content import drafting, lifecycle, review, reviewers, stages
from tests.torture.articles import ALL, walk

STEPS = 2000


def test_nothing_goes_out_that_was_not_signed_for_as_it_is(sqlite_url: str, tmp_path: Path) -> None:
    """Two thousand steps, the same in each run; whatever can be done was done at least once."""
    made = walk(sqlite_url, tmp_path, seed=1, steps=STEPS)
    assert made.books.breaks == []
    assert made.steps >= STEPS
    assert [name for name in ALL if not made.done[name]] == []
    assert made.forms > 100


def test_nor_where_postgresql_keeps_the_tables(postgres_url: str, tmp_path: Path) -> None:
    made = walk(postgres_url, tmp_path, seed=2, steps=150)
    assert made.books.breaks == []


def _nothing(*_given: Any, **_named: Any) -> None:
    """Instead of what should have happened."""


@pytest.mark.parametrize(
    ("where", "what", "instead"),
    [
        (drafting, "void_reviews", _nothing),
        (reviewers.Bench, "barred", lambda *_: ""),
        (reviewers.Bench, "_had_a_turn", lambda *_: ""),
        (stages, "demanded", lambda *_, **__: 1),
        (lifecycle, "void_release", _nothing),
        (review, "note", _nothing),
    ],
)
def test_the_books_see_an_error_that_was_put_in_on_purpose(
    where: object,
    what: str,
    instead: Callable[..., object],
    sqlite_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(where, what, instead)
    assert walk(sqlite_url, tmp_path, seed=3, steps=500).books.breaks
