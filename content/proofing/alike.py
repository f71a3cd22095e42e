"""Which characters sound alike and which look alike: what a keyboard or an eye confuses."""

from __future__ import annotations

from functools import cache
from pathlib import Path

DATA = Path(__file__).parent / "data"


def rows(name: str) -> list[str]:
    """The lines of a data file without its remarks."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def _folded(syllable: str) -> str:
    """zh, ch, sh as z, c, s and -ng as -n: half of the country types them so."""
    if syllable[:2] in ("zh", "ch", "sh"):
        syllable = syllable[0] + syllable[2:]
    return syllable.removesuffix("g") if syllable.endswith("ng") else syllable


@cache
def _sounds() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for row in rows("sounds.txt"):
        syllable, _, chars = row.partition(" ")
        for char in chars:
            found.setdefault(char, set()).add(_folded(syllable))
    return {char: frozenset(syllables) for char, syllables in found.items()}


@cache
def _shapes() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows("shapes.txt"):
        for char in row:
            found[char] = found.get(char, "") + row
    return found


def sound_alike(one: str, other: str) -> bool:
    """Whether two characters sound alike, whatever the tone."""
    known = _sounds()
    return not known.get(one, frozenset()).isdisjoint(known.get(other, frozenset()))


def look_alike(one: str, other: str) -> bool:
    """Whether two characters look alike."""
    return other in _shapes().get(one, "")


def why(one: str, other: str) -> str:
    """音近 or 形近 where two characters are easily confused, else nothing."""
    if sound_alike(one, other):
        return "音近"
    return "形近" if look_alike(one, other) else ""
