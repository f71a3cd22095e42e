"""What somebody looks for: words, each with all the ways in which an article may have it. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import islice, product
from pathlib import Path

from content.search import grams
from database.grams import All, Either, Has, Marked, Question

MOST_CHARS = 30
MOST_WORDS = 8
_MOST_WAYS = 12
_SYNONYMS = Path(__file__).with_name("synonyms.txt")
_PARTS = re.compile(r"[a-z]+|\d+|[^a-z\d]+")


@dataclass(frozen=True)
class Text:
    """These letters and digits, in title, author or body."""

    run: str


@dataclass(frozen=True)
class Syllables:
    """A title that sounds so; the last syllable may only be begun."""

    syllables: tuple[str, ...]


@dataclass(frozen=True)
class Initials:
    """A title with these initials."""

    letters: str


Part = Text | Syllables | Initials
Way = tuple[Part, ...]
"""All of these."""


@dataclass(frozen=True)
class Word:
    """One word as it is looked for: any of its ways will do."""

    run: str
    ways: tuple[Way, ...]

    def question(self) -> Question:
        """What the index is asked."""
        return _either([_all([of(part) for part in way]) for way in self.ways])

    def by_sound(self) -> Question | None:
        """The ways by which only a title can have it; None where there are none."""
        heard = [way for way in self.ways if not all(isinstance(part, Text) for part in way)]
        return _either([_all([of(part) for part in way]) for way in heard]) if heard else None

    def texts(self) -> list[tuple[str, ...]]:
        """The ways that are texts alone: the runs of each."""
        return [
            tuple(part.run for part in way if isinstance(part, Text))
            for way in self.ways
            if all(isinstance(part, Text) for part in way)
        ]


@dataclass(frozen=True)
class Asked:
    """A query: its words, all of which an article must have; ``cut`` where it was longer than anybody looks for."""

    words: tuple[Word, ...]
    cut: bool = False

    @property
    def single(self) -> bool:
        """Whether it is one character, which finds too much."""
        return len(self.words) == 1 and len(self.words[0].run) == 1

    def question(self) -> Question:
        """What the index is asked. Only where there are words."""
        return _all([word.question() for word in self.words])


def read(query: str) -> Asked:
    """The words of what somebody typed, whatever it is; none where it has neither letters nor digits."""
    runs = list(dict.fromkeys(grams.fold(query[:1000]).split()))
    kept: list[str] = []
    room = MOST_CHARS
    for run in runs[:MOST_WORDS]:
        if room > 0:
            kept.append(run[:room])
            room -= len(run)
    return Asked(tuple(Word(run, _ways(run)) for run in kept), cut="".join(kept) != "".join(runs))


def _ways(run: str) -> tuple[Way, ...]:
    ways: list[Way] = [(Text(run),), *_like(run)]
    ways += [(sound,) for sound in _sounds(run)]
    pieces = _PARTS.findall(run)
    if len(pieces) > 1 and any(not piece.isascii() for piece in pieces):  # 垃圾fenlei, 二十届4中全会
        each = [[Text(piece), *_sounds(piece)] for piece in pieces]
        ways += islice(product(*each), _MOST_WAYS)
    return tuple(dict.fromkeys(ways))


def _sounds(run: str) -> Iterator[Syllables | Initials]:
    if len(run) > 1 and run.isascii() and run.isalpha():
        for syllables in grams.spelled(run):
            yield Syllables(syllables)
        yield Initials(run)


def _like(run: str) -> list[Way]:
    return [tuple(map(Text, other.split())) for other in synonyms().get(run, ())]


@cache
def synonyms() -> dict[str, tuple[str, ...]]:
    """For each word of the list the others of its lines, all in the one spelling."""
    found: dict[str, dict[str, None]] = {}
    for line in _SYNONYMS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            words = [grams.fold(word) for word in line.split()]
            for word in words:
                found.setdefault(word, {}).update(dict.fromkeys(other for other in words if other != word))
    return {word: tuple(others) for word, others in found.items()}


def of(part: Part) -> Question:
    """What the index is asked for one part."""
    match part:
        case Text(run):
            return Has(run)
        case Syllables(syllables):
            return Marked(grams.syllable_marks(syllables), begun=True)
        case Initials(letters):
            return Marked(grams.initial_marks(letters), begun=True)


def _all(parts: list[Question]) -> Question:
    return parts[0] if len(parts) == 1 else All(tuple(parts))


def _either(parts: list[Question]) -> Question:
    return parts[0] if len(parts) == 1 else Either(tuple(parts))
