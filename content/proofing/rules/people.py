"""Leaders of the office's own list: their titles, the order in which they are named, the characters of their names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from content.proofing import alike
from content.proofing.entries import Entry, EntryKind
from content.proofing.findings import Found
from content.proofing.matching import Words
from content.proofing.text import Line, Text

_CORES = [core for row in alike.rows("titles.txt") for core in row.split()]
"""What titles end in, the longer before those that they end in themselves."""
_TITLES = Words([(core, core) for core in _CORES])
_AFTER_CHARS = 12
_GAP = re.compile(r"^[^，。；！？\n]{0,24}$")
_LISTS = re.compile(r"[、和及与]")


def find(text: Text, known: Words[Entry], people: Sequence[Entry]) -> Iterator[Found]:
    """Titles, order and names."""
    if not people:
        return
    for line in text.lines:
        named = [
            (start, end, one) for start, end, one in known.find(line.text) if one.kind is EntryKind.PERSON
        ]
        yield from _titles(line, named)
        yield from _order(line, named)
        yield from _names(line, people, {start for start, _, _ in named})


def _cores_of(entry: Entry) -> set[str]:
    return {core for title in re.split(r"[、，,;；/ ]", entry.suggestion) if (core := _core(title))}


def _core(title: str) -> str:
    return next((core for core in _CORES if title.endswith(core)), "")


def _titles(line: Line, named: Sequence[tuple[int, int, Entry]]) -> Iterator[Found]:
    for start, end, entry in named:
        wanted = _cores_of(entry)
        if not wanted:
            continue
        for at, said in _beside(line.text, start, end):
            if said not in wanted:
                only = next(iter(wanted)) if len(wanted) == 1 else None
                reason = f"词库中“{entry.text}”的职务是“{entry.suggestion}”"
                stop = at + len(said)
                shown = line.text[min(at, start) : max(stop, end)]
                yield Found("person", entry.severity, line.number, at, stop, reason, "", only, shown)


def _beside(text: str, start: int, end: int) -> list[tuple[int, str]]:
    """The title directly before a name (书记张三), else the one that follows (张三任书记): where, and what it ends in."""
    before = text[:start].rstrip(" 、:：")
    if core := _core(before[-6:]):
        return [(len(before) - len(core), core)]
    after = text[end : end + _AFTER_CHARS]
    first = next(_TITLES.find(after), None)
    if first is None or any(sign in after[: first[0]] for sign in "，。；、：！？“”（）和与及"):
        return []
    return [(end + first[0], first[2])]


def _order(line: Line, named: Sequence[tuple[int, int, Entry]]) -> Iterator[Found]:
    ranked = [one for one in named if one[2].order]
    for (_, end, first), (start, stop, second) in pairwise(ranked):
        gap = line.text[end:start]
        if second.order < first.order and _GAP.match(gap) and _LISTS.search(gap):
            yield Found(
                "order", second.severity, line.number, start, stop, f"按词库中的排序，“{second.text}”应在“{first.text}”之前",
                "请调整先后",
            )  # fmt: skip


def _names(line: Line, people: Sequence[Entry], known: set[int]) -> Iterator[Found]:
    by_core: dict[str, list[Entry]] = {}
    for entry in people:
        for core in _cores_of(entry):
            by_core.setdefault(core, []).append(entry)
    for start, end, core in _TITLES.find(line.text):
        for entry in by_core.get(core, ()):
            yield from _misspelt(line, (start, end), entry, known)


def _misspelt(line: Line, title: tuple[int, int], entry: Entry, known: set[int]) -> Iterator[Found]:
    size = len(entry.text)
    for start in (title[1], title[0] - size):
        piece = line.text[start : start + size] if start >= 0 else ""
        if len(piece) != size or piece == entry.text or start in known:
            continue
        wrong = [(one, other) for one, other in zip(piece, entry.text, strict=True) if one != other]
        if len(wrong) == 1 and (why := alike.why(*wrong[0])):
            reason = f"疑似姓名误写（{why}），词库中的{entry.suggestion}是“{entry.text}”"
            yield Found(
                "person", entry.severity, line.number, start, start + size, reason, replacement=entry.text
            )
