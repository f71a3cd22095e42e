"""Shares in bands, and numbers that nobody can compute from the others."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from community.counting import BranchCount
from community.shares import FEW, LEAST, band, unsaid

_SIZES = st.lists(st.tuples(st.integers(0, 14), st.integers(0, 14)), min_size=1, max_size=5)


def _rows(numbers: list[tuple[int, int]]) -> list[BranchCount]:
    return [
        BranchCount(ident, "", "", expected, min(came, expected), 0)
        for ident, (expected, came) in enumerate(numbers, start=1)
    ]


@settings(derandomize=True, max_examples=300, deadline=None, database=None)
@given(_SIZES)
def test_no_number_that_is_left_out_follows_from_those_that_are_shown(numbers: list[tuple[int, int]]) -> None:
    rows = _rows(numbers)
    hidden = unsaid(rows)
    assert {one.branch_id for one in rows if 0 < one.expected < LEAST} <= hidden
    left_out = [one for one in rows if one.branch_id in hidden and one.expected]
    if not left_out or len(hidden) == len(rows):
        return  # nothing is left out; or everything is, and the total with it
    total = sum(one.checked_in for one in left_out)  # what shown rows and the total say of them together
    fits = [
        made
        for made in itertools.product(*(range(one.expected + 1) for one in left_out))
        if sum(made) == total
    ]
    for column in range(len(left_out)):
        assert len({made[column] for made in fits}) > 1
    assert sum(one.expected for one in left_out) >= LEAST


@settings(derandomize=True, deadline=None, database=None)
@given(st.integers(0, 300), st.integers(0, 300))
def test_a_share_is_a_band_and_never_of_fewer_than_ten(part: int, whole: int) -> None:
    said = band(min(part, whole), whole)
    assert (said == FEW) == (0 < whole < LEAST)
    assert not any(char.isdigit() for char in said)
