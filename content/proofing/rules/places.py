"""Places: those that the office wants hidden, and well-known ones in a text that hides the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from content.proofing.alike import rows
from content.proofing.entries import Entry, EntryKind
from content.proofing.findings import Found, Severity
from content.proofing.matching import Words
from content.proofing.text import Text

_HIDDEN = re.compile(
    r"某某?(?:省|市|县|区|镇|乡|街道|社区|村|小区|地)|[×✕Ｘ]{1,3}(?:省|市|县|区|镇|乡|街道|社区|村|小区)|"
    r"(?<![A-Za-z])(?:[XＸ]{1,3}|[A-HＡ-Ｈ])(?:省|市|县|区|镇|乡|街道|社区|村|小区)|化名"
)


@cache
def _well_known() -> Words[bool]:
    files = (("cities.txt", True), ("kept.txt", False))
    return Words([(name, is_place) for file, is_place in files for row in rows(file) for name in row.split()])


def find(text: Text, own: Words[Entry]) -> Iterator[Found]:
    """Real places. A well-known one is asked about only where others are hidden."""
    hidden = _HIDDEN.search(text.whole)
    for line in text.lines:
        for start, end, entry in own.find(line.text):
            if entry.kind is EntryKind.PLACE:
                reason = entry.reason or "词库要求隐去的实际地名"
                advice = "" if entry.suggestion else "请改为“某社区”等写法"
                yield Found(
                    "place", entry.severity, line.number, start, end, reason, advice, entry.suggestion or None
                )
        if hidden:
            yield from _leaks(line.number, line.text, hidden[0])


def _leaks(number: int, text: str, hidden: str) -> Iterator[Found]:
    kept = -1
    for start, end, is_place in _well_known().find(text):
        if not is_place:
            kept = max(kept, end)
        elif start >= kept:
            yield Found(
                "place", Severity.CONFIRM, number, start, end, f"文中其他地名已隐去（“{hidden}”），这里却出现实际地名",
                "请确认可以公开，或一并隐去",
            )  # fmt: skip
