"""The one spelling in which articles are looked for, and what the index keeps of an article. Pure."""

from __future__ import annotations

import unicodedata
import zlib
from collections.abc import Iterator
from functools import cache
from itertools import islice, pairwise, product

from database.grams import Entry
from ground import simplified, sounds

_RULES = 1
"""Goes up with every change of what this module makes of a text."""
_UMLAUTS = frozenset("üÜǖǕǘǗǚǙǜǛ")
"""Typed as v."""
_SYLLABLE, _INITIALS = "§", "¶"
"""No letters, so that a mark is never taken for a part of a text."""
_MOST_READINGS = 8
_WINDOW = 3
"""So many initials are one mark: two fit too many titles, of four too many would have to be kept."""


@cache
def edition() -> str:
    """By which rules and data an index was made: another one is to be made anew."""
    data = [path.read_bytes() for path in (simplified.FILE, sounds.FILE)]
    return f"{_RULES}-{unicodedata.unidata_version}-{zlib.crc32(b''.join(data)):08x}"


@cache
def _folded(char: str) -> str:
    """A character in the one spelling: letters and digits; a blank for what breaks; nothing for what only adorns."""
    if char in _UMLAUTS:
        return "v"
    kept = []
    for one in unicodedata.normalize("NFKD", char).casefold().translate(simplified.SIMPLIFIED):
        category = unicodedata.category(one)
        if category[0] in "LN":
            kept.append(one)
        elif category not in ("Mn", "Me", "Cf", "Sk"):
            kept.append(" ")
    return "".join(kept)


def fold(text: str) -> str:
    """A text in the one spelling: half width, small, simplified; what is no letter or digit is a blank."""
    return "".join(map(_folded, text))


def fold_with_places(text: str) -> tuple[str, list[int]]:
    """The same, and for each character of it the one of the text that it comes from."""
    parts, places = [], []
    for place, char in enumerate(text):
        one = _folded(char)
        parts.append(one)
        places += [place] * len(one)
    return "".join(parts), places


def entry(title: str, author: str, body: str) -> Entry:
    """What the index keeps of an article, all three in the one spelling."""
    return Entry([*title.split(), *author.split(), *body.split()], sorted(sound_marks(title)))


def heard(text: str) -> Iterator[list[tuple[int, frozenset[str]]]]:
    """The stretches of a text in the one spelling whose sound is known: each character's place and readings."""
    known, stretch = sounds.readings(), []
    for place, char in enumerate(f"{text} "):
        readings = known.get(char)
        if readings:
            stretch.append((place, readings))
        elif stretch:
            yield stretch
            stretch = []


def sound_marks(title: str) -> set[str]:
    """How a title sounds: each syllable with the one behind it, and each run of three initials."""
    marks = set()
    for stretch in heard(title):
        readings = [one for _, one in stretch]
        for at, syllables in enumerate(readings):
            behind = readings[at + 1] if at + 1 < len(readings) else frozenset([""])
            marks |= {f"{_SYLLABLE}{one}{_SYLLABLE}{two}" for one, two in product(syllables, behind)}
            initials = ({one[0] for one in some} for some in readings[at : at + _WINDOW])
            marks |= {_INITIALS + "".join(one) for one in product(*initials)}
    return marks


def syllable_marks(syllables: tuple[str, ...]) -> tuple[str, ...]:
    """The marks of a title that has these syllables; the last of them, begun, is how the last syllable begins."""
    if len(syllables) == 1:
        return (f"{_SYLLABLE}{syllables[0]}",)
    return tuple(f"{_SYLLABLE}{one}{_SYLLABLE}{two}" for one, two in pairwise(syllables))


def initial_marks(letters: str) -> tuple[str, ...]:
    """The marks of a title that has these initials, of which there are two at least; the last mark is begun."""
    windows = max(1, len(letters) - _WINDOW + 1)
    return tuple(_INITIALS + letters[at : at + _WINDOW] for at in range(windows))


@cache
def _syllables() -> tuple[frozenset[str], frozenset[str]]:
    """All syllables, and all their beginnings."""
    known = frozenset(one for some in sounds.readings().values() for one in some)
    whole = frozenset(one for one in known if set(one) & set("aeiouv"))
    return whole, frozenset(one[:end] for one in whole for end in range(1, len(one) + 1))


def spelled(letters: str) -> list[tuple[str, ...]]:
    """The ways to read letters as syllables, of which the last may only be begun; the longest syllables first."""
    return list(islice(_spelled(letters), _MOST_READINGS))


def _spelled(letters: str) -> Iterator[tuple[str, ...]]:
    whole, begun = _syllables()
    for end in range(min(6, len(letters)), 0, -1):
        one, rest = letters[:end], letters[end:]
        if not rest and one in begun:
            yield (one,)
        elif rest and one in whole:
            yield from ((one, *more) for more in _spelled(rest))


def sounding(run: str) -> list[tuple[str, ...]]:
    """How a run of characters may sound, as syllables; nothing where one is of unknown sound."""
    known = [sounds.readings().get(char) for char in run]
    if not all(known):
        return []
    return list(islice(product(*(sorted(one) for one in known if one)), _MOST_READINGS))
