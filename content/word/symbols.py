"""Characters of symbol fonts (Wingdings and its like) as characters that every phone has."""

from __future__ import annotations

import re
import tomllib
from functools import cache
from pathlib import Path

_TABLE = Path(__file__).with_name("symbols.toml")
_NOTHING = "·"
_PRIVATE = range(0xF000, 0xF100)
_COMMON = {
    "\U0001f78e": "□", "\U0001f78f": "□", "\U0001f790": "□", "◻": "□", "◼": "■", "\U0001f5f9": "☑", "\U0001f5f7": "☒",
    "\U0001f5f8": "✓", "\U0001f5f4": "✗", "\U0001f5f6": "✗", "\U0001f5f5": "☒",
}  # fmt: skip
"""Code points that phones show as a box, and what they look like."""
_TOUCHED = re.compile("[\uf000-\uf0ff\U0001f78e-\U0001f790\u25fb\u25fc\U0001f5f4-\U0001f5f9]")


@cache
def _fonts() -> dict[str, str]:
    with _TABLE.open("rb") as file:
        return dict(tomllib.load(file))


def shown(font: str, code: int) -> str:
    """What the character ``code`` of a font shows; empty where nobody can know.

    ``font`` is a name that :func:`content.word.styles.symbol_font` gives, or empty for an ordinary font.
    """
    if font and (code in _PRIVATE or 0 < code < 0x100):
        place = code & 0xFF
        if place in (0x20, 0xA0):
            return " "
        table = _fonts()[font]
        char = table[place - 32] if place >= 32 else _NOTHING
        return "" if char == _NOTHING else char
    if code in _PRIVATE or 0xD800 <= code <= 0xDFFF or not 0x20 <= code <= 0x10FFFF:
        return ""
    return _COMMON.get(chr(code), chr(code))


def translated(font: str, text: str) -> tuple[str, int]:
    """A text that is set in a font of symbols, and how many characters of it nobody can know.

    In an ordinary font only the private characters of symbol fonts and rare boxes are touched.
    """
    if not font and not _TOUCHED.search(text):
        return text, 0
    made, unknown = [], 0
    for char in text:
        code = ord(char)
        if (font and code < 0x100) or code in _PRIVATE:
            got = shown(font or "Wingdings", code)
            unknown += not got
            made.append(got)
        else:
            made.append(_COMMON.get(char, char))
    return "".join(made), unknown
