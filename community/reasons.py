"""Faults of a file by their reason: what is wrong with two thousand rows in the same way is told once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from community.faults import Fault

NAMED = 5
"""So many rows are named of each reason, the first ones."""


@dataclass(frozen=True)
class Group:
    """One reason with the rows (Excel's numbers, without 0 for the whole sheet) that share it, in the file's order."""

    column: str
    reason: str
    rows: tuple[int, ...]
    about: str = ""

    @property
    def named(self) -> str:
        """The rows in words: all of a few, else the first ones and how many there are."""
        if not self.rows:
            return "全表"
        first = "、".join(map(str, self.rows[:NAMED]))
        if len(self.rows) <= NAMED:
            return f"第 {first} 行"
        return f"第 {first} 等 {len(self.rows):,} 行"


def grouped(faults: Iterable[Fault]) -> list[Group]:
    """The groups, in the order in which their reasons come first; what can be settled for all rows at once before the others."""
    rows: dict[tuple[str, str, str], dict[int, None]] = {}
    for fault in faults:
        found = rows.setdefault((fault.column, fault.reason, fault.about), {})
        if fault.row:
            found[fault.row] = None
    groups = [Group(column, reason, tuple(found), about) for (column, reason, about), found in rows.items()]
    return sorted(groups, key=lambda group: (not group.about, -len(group.rows) if group.about else 0))
