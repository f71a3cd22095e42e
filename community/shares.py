"""比例: how large a part of a branch took part, in bands and never of fewer than ten people; and which numbers stay unsaid.

Where people take part as they like (study, volunteering), who may not know names may not learn them from numbers either: the
numbers of a branch of fewer than ten are not shown to others, and so many more are left out with it that none of them follows
from the total.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

LEAST = 10
_BANDS = (
    (0.0, "没有"),
    (0.3, "不到三成"),
    (0.5, "三成到五成"),
    (0.7, "五成到七成"),
    (0.9, "七成到九成"),
    (1.0, "九成以上"),
)
FEW = "人数较少"
BANDS = tuple(word for _, word in _BANDS)
"""All bands, from nobody to nearly all."""


class Counted(Protocol):
    """A branch's numbers."""

    @property
    def branch_id(self) -> int: ...

    @property
    def expected(self) -> int: ...

    @property
    def checked_in(self) -> int: ...


def band(part: int, whole: int) -> str:
    """In which band a share lies; of fewer than :data:`LEAST` people that they are few."""
    if whole < LEAST:
        return FEW if whole else ""
    if not part:
        return _BANDS[0][1]
    return next((word for limit, word in _BANDS[1:-1] if part < limit * whole), _BANDS[-1][1])


def unsaid(rows: Sequence[Counted]) -> frozenset[int]:
    """The branches whose numbers are not shown beside an exact total, so that none of them can be computed.

    Those of fewer than :data:`LEAST` people, and, the smallest first, as many more as it takes. All of them where that does not
    help: then the total is not shown either.
    """
    small = [one for one in rows if 0 < one.expected < LEAST]
    others = sorted((one for one in rows if one.expected >= LEAST), key=lambda one: one.expected)
    hidden = list(small)
    while hidden and not _is_open(hidden):
        if not others:
            return frozenset(one.branch_id for one in rows)
        hidden.append(others.pop(0))
    return frozenset(one.branch_id for one in hidden)


def _is_open(hidden: Sequence[Counted]) -> bool:
    """Whether each number may be another, as far as somebody can know who knows how many these branches are together."""
    size, came = sum(one.expected for one in hidden), sum(one.checked_in for one in hidden)
    if size < LEAST:
        return False
    return all(max(0, came - (size - one.expected)) < min(one.expected, came) for one in hidden)


__all__ = ["BANDS", "FEW", "LEAST", "band", "unsaid"]
