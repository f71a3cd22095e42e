"""The list that comes with the product: ``shipped.txt``, a start that offices make their own."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from content.proofing.entries import Entry, EntryKind
from content.proofing.findings import Severity

FILE = Path(__file__).with_name("shipped.txt")


@cache
def entries() -> tuple[Entry, ...]:
    """All of them. A section's head says kind, severity and the reason of those that bring none."""
    made: list[Entry] = []
    kind, severity, usual = EntryKind.WRONG, Severity.HINT, ""
    for row in FILE.read_text(encoding="utf-8").splitlines():
        if row.startswith("["):
            words = row.strip("[]").split(" ", 2)
            kind, severity, usual = EntryKind(words[0]), Severity(words[1]), words[2]
        elif row and not row.startswith("#"):
            text, right, reason, unless = (*row.split("|"), "", "", "")[:4]
            apart = tuple(word for word in unless.split("/") if word)
            made.append(Entry(kind, text, right, reason or usual, severity, apart))
    return tuple(made)
