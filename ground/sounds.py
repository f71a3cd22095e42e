"""How Chinese characters sound, without their tones."""

from __future__ import annotations

from functools import cache
from pathlib import Path

FILE = Path(__file__).with_name("sounds.txt")


@cache
def readings() -> dict[str, frozenset[str]]:
    """The syllables of each of the 6,763 characters of GB 2312: ``到`` → ``{"dao"}``."""
    found: dict[str, set[str]] = {}
    for row in FILE.read_text(encoding="utf-8").splitlines():
        if not row.startswith("#"):
            syllable, _, chars = row.partition(" ")
            for char in chars:
                found.setdefault(char, set()).add(syllable)
    return {char: frozenset(syllables) for char, syllables in found.items()}


@cache
def folded_readings() -> dict[str, frozenset[str]]:
    """The same with zh, ch, sh as z, c, s and -ng as -n: half of the country types them so."""
    return {char: frozenset(map(_folded, syllables)) for char, syllables in readings().items()}


def _folded(syllable: str) -> str:
    if syllable[:2] in ("zh", "ch", "sh"):
        syllable = syllable[0] + syllable[2:]
    return syllable.removesuffix("g") if syllable.endswith("ng") else syllable
