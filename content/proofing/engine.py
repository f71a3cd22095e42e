"""All rules over one text, and what they find put together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from content.proofing.entries import Entry, EntryKind
from content.proofing.findings import Found, Hit, Place, Severity, in_order
from content.proofing.matching import Phrases, Words
from content.proofing.rules import (
    amounts,
    burden,
    counted,
    dates,
    marks,
    numbering,
    pairs,
    people,
    personal,
    places,
    widths,
    words,
)
from content.proofing.text import Text

_NEVER_EXCEPTED = frozenset({"id_number", "bank_card", "secret"})


class Engine:
    """The rules with one state of the lexicon. Made once, used by all threads."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._people = [one for one in entries if one.kind is EntryKind.PERSON]
        self._exceptions = Words([(one.text, one) for one in entries if one.kind is EntryKind.EXCEPTION])
        self._known = Words([(one.text, one) for one in entries if one.kind is not EntryKind.EXCEPTION])
        phrases = {one.text: one for one in entries if one.kind is EntryKind.PHRASE}
        self._phrases, self._phrase_of = Phrases(phrases), phrases

    def check(self, text: Text, *, today: date) -> list[Hit]:
        """Every finding, the gravest first. ``today`` says which exceptions still hold, and what 今年 means."""
        passed = self._passed(text, today)
        return in_order(
            _together(text, (one for one in self._found(text, today) if not _excepted(one, passed)))
        )

    def _found(self, text: Text, today: date) -> Iterator[Found]:
        yield from personal.find(text)
        yield from marks.find(text)
        yield from burden.find(text)
        yield from people.find(text, self._known, self._people)
        yield from places.find(text, self._known)
        yield from words.find(text, self._known, self._phrases, self._phrase_of)
        yield from dates.find(text, today)
        yield from amounts.find(text)
        yield from counted.find(text)
        yield from numbering.find(text)
        yield from pairs.find(text)
        yield from widths.find(text)

    def _passed(self, text: Text, today: date) -> set[tuple[int, int, int]]:
        return {
            (line.number, start, end)
            for line in text.lines
            for start, end, one in self._exceptions.find(line.text)
            if one.until is None or today <= one.until
        }


def _excepted(found: Found, passed: set[tuple[int, int, int]]) -> bool:
    if found.rule in _NEVER_EXCEPTED and found.severity is Severity.BLOCK:
        return False
    return any(
        line == found.line and start <= found.start and found.end <= end for line, start, end in passed
    )


def _together(text: Text, found: Iterable[Found]) -> list[Hit]:
    """One hit for what is found with the same words for the same reason in several places."""
    grouped: dict[tuple[str, str, str, str], list[Found]] = {}
    for one in found:
        words_ = text.lines[one.line].text[one.start : one.end]
        shown = words_ if one.shown is None else one.shown
        grouped.setdefault((one.rule, words_, shown, one.reason), []).append(one)
    hits = []
    for (rule, words_, shown, reason), same in grouped.items():
        first = same[0]
        at = sorted({(one.line, one.start, one.end) for one in same})
        placed = tuple(
            Place(text.lines[line].field, text.lines[line].paragraph, start, end) for line, start, end in at
        )
        severity = min((one.severity for one in same), key=list(Severity).index)
        hits.append(Hit(rule, severity, words_, shown, reason, first.advice, first.replacement, placed))
    return hits
