"""What the lexicon says word by word: wrong wordings, and phrases with a slip of the pen."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from content.proofing.entries import Entry, EntryKind
from content.proofing.findings import Found, Severity
from content.proofing.matching import Phrases, Slip, Words
from content.proofing.text import Line, Text

_SURE = ("音近", "形近", "颠倒")
_SMALL = "的地得了和与及在、，。；：“”《》（）· 　"


def find(text: Text, known: Words[Entry], phrases: Phrases, by_text: Mapping[str, Entry]) -> Iterator[Found]:
    """Wrong words first; a slip is only told where no word of the lexicon stands already."""
    for line in text.lines:
        taken: list[tuple[int, int]] = []
        right: list[tuple[int, int]] = []
        for start, end, entry in known.find(line.text):
            if entry.kind is EntryKind.PHRASE:
                right.append((start, end))
            elif (
                entry.kind is EntryKind.WRONG
                and not _inside((start, end), taken)
                and not _part(line.text, start, end, entry)
            ):
                taken.append((start, end))
                yield _wrong(line, start, end, entry)
        yield from _slips(line, phrases, by_text, taken, right)


def _wrong(line: Line, start: int, end: int, entry: Entry) -> Found:
    reason = entry.reason or "词库中的易错敏感词"
    return Found(
        "lexicon", entry.severity, line.number, start, end, reason, "" if entry.suggestion else "请核对",
        entry.suggestion or None,
    )  # fmt: skip


def _slips(
    line: Line,
    phrases: Phrases,
    by_text: Mapping[str, Entry],
    taken: list[tuple[int, int]],
    right: list[tuple[int, int]],
) -> Iterator[Found]:
    found = sorted(
        phrases.find(line.text), key=lambda slip: (slip.kind not in _SURE, -len(slip.phrase), slip.start)
    )
    told: list[tuple[int, int]] = []
    for slip in found:
        span = (slip.start, slip.end)
        if any(_touches(span, other) for other in (*taken, *told)) or any(
            _covers(other, line, slip) for other in right
        ):
            continue
        if slip.kind == "多字" and _needless(line.text[slip.start : slip.end], slip.phrase) in _SMALL:
            continue
        told.append(span)
        entry = by_text[slip.phrase]
        severity = entry.severity if slip.kind in _SURE else Severity.HINT
        reason = f"疑似“{slip.phrase}”误写（{slip.kind}）"
        yield Found(
            "phrase", severity, line.number, *span, reason, replacement=entry.suggestion or slip.phrase
        )


def _part(text: str, start: int, end: int, entry: Entry) -> bool:
    """Whether it is only a part of a word that is right."""
    for word in entry.unless:
        at = word.find(entry.text)
        while at >= 0:
            if text.startswith(word, start - at) and start >= at:
                return True
            at = word.find(entry.text, at + 1)
    return False


def _inside(span: tuple[int, int], taken: list[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in taken)


def _touches(one: tuple[int, int], other: tuple[int, int]) -> bool:
    return one[0] < other[1] and other[0] < one[1]


def _covers(right: tuple[int, int], line: Line, slip: Slip) -> bool:
    """Whether what differs from the phrase belongs to another phrase that is written right."""
    if slip.end - slip.start != len(slip.phrase):
        return _touches(right, (slip.start, slip.end))
    piece = line.text[slip.start : slip.end]
    differs = [
        slip.start + at
        for at, (one, other) in enumerate(zip(piece, slip.phrase, strict=True))
        if one != other
    ]
    return all(right[0] <= at < right[1] for at in differs)


def _needless(piece: str, phrase: str) -> str:
    """The character that is too much."""
    at = next(
        (at for at, (one, other) in enumerate(zip(piece, phrase, strict=False)) if one != other), len(phrase)
    )
    return piece[at]
