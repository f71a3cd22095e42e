"""Faults of a file by their reason: what is wrong with two thousand rows in the same way is told once."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from community.roster_file import Fault

NAMED = 5
"""So many rows are named of each reason, the first ones."""


@dataclass(frozen=True)
class Group:
    """One reason with the rows (Excel's numbers, without 0 for the whole sheet) that share it, in the file's order."""

    column: str
    reason: str
    rows: tuple[int, ...]

    @property
    def named(self) -> str:
        """The rows in words: all of a few, else the first ones and how many there are."""
        if not self.rows:
            return "—"
        first = "、".join(map(str, self.rows[:NAMED]))
        if len(self.rows) <= NAMED:
            return f"第 {first} 行"
        return f"{len(self.rows):,} 行，第 {first} … 行"


def grouped(faults: Iterable[Fault]) -> list[Group]:
    """The groups, in the order in which their reasons come first."""
    rows: dict[tuple[str, str], dict[int, None]] = {}
    for fault in faults:
        found = rows.setdefault((fault.column, fault.reason), {})
        if fault.row:
            found[fault.row] = None
    return [Group(column, reason, tuple(found)) for (column, reason), found in rows.items()]
