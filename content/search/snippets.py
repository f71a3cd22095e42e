"""What of a found article is shown: its title and the place in its body, with the words that were looked for marked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from content.search import grams
from content.search.asking import Asked, Initials, Syllables, Text

BODY_CHARS = 72
"""So much of a body is shown, of which a third stands before the first word."""

Stretch = tuple[str, bool]
"""Some of a text as it was written, and whether it was looked for."""


@dataclass(frozen=True)
class Shown:
    """Title, author and the place in the body; ``body`` is the beginning where the words stand elsewhere."""

    title: list[Stretch]
    author: list[Stretch]
    body: list[Stretch]


def shown(asked: Asked, *, title: str, author: str, body: str) -> Shown:
    """An article with what was looked for marked, all three as they were written."""
    spans = _spans(asked, body, by_sound=False)
    first = min((start for start, _ in spans), default=0)
    start = max(0, first - BODY_CHARS // 3)
    if start:
        start = _behind_a_break(body, start, first)
    end = min(len(body), start + BODY_CHARS)
    inside = [
        (max(one, start) - start, min(two, end) - start) for one, two in spans if one < end and two > start
    ]
    cut = _stretches(" ".join(body[start:end].splitlines()).ljust(end - start), inside)
    if start:
        cut.insert(0, ("…", False))
    if end < len(body):
        cut.append(("…", False))
    return Shown(_marked(asked, title, True), _marked(asked, author, False), cut)


def _behind_a_break(body: str, start: int, first: int) -> int:
    """The next beginning of a clause before the word, where there is one: a line that begins in the middle reads badly."""
    for place in range(start, first):
        if body[place] in "。！？；\n":
            return place + 1
    return start


def _marked(asked: Asked, text: str, by_sound: bool) -> list[Stretch]:
    return _stretches(text, _spans(asked, text, by_sound=by_sound))


def _stretches(text: str, spans: Iterable[tuple[int, int]]) -> list[Stretch]:
    found: list[Stretch] = []
    at = 0
    for start, end in spans:
        if start > at:
            found.append((text[at:start], False))
        found.append((text[start:end], True))
        at = end
    if at < len(text):
        found.append((text[at:], False))
    return found


def _spans(asked: Asked, text: str, *, by_sound: bool) -> list[tuple[int, int]]:
    """Where the words stand in a text as it was written, in order, none over another."""
    folded, places = grams.fold_with_places(text)
    parts = {part for word in asked.words for way in word.ways for part in way}
    found: set[tuple[int, int]] = set()
    for part in parts:
        if isinstance(part, Text):
            found.update(_written(folded, part.run))
        elif by_sound:
            found.update(sounding(folded, part))
    merged: list[tuple[int, int]] = []
    for start, end in sorted((places[one], places[two - 1] + 1) for one, two in found):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _written(folded: str, run: str) -> Iterator[tuple[int, int]]:
    at = folded.find(run)
    while at >= 0:
        yield at, at + len(run)
        at = folded.find(run, at + len(run))


def sounding(folded: str, part: Syllables | Initials) -> Iterator[tuple[int, int]]:
    """Where characters of a folded text sound so."""
    wanted = part.syllables if isinstance(part, Syllables) else tuple(part.letters)
    whole = len(wanted) - 1 if isinstance(part, Syllables) else 0
    for stretch in grams.heard(folded):
        for at in range(len(stretch) - len(wanted) + 1):
            here = stretch[at : at + len(wanted)]
            if all(
                one in readings if number < whole else any(known.startswith(one) for known in readings)
                for number, (one, (_, readings)) in enumerate(zip(wanted, here, strict=True))
            ):
                yield here[0][0], here[-1][0] + 1
