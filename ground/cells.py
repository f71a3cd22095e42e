"""What stands in a cell of any office's table, as text; and text that is safe in a cell again."""

from __future__ import annotations

import re
import unicodedata
from datetime import date, datetime

from ground.spreadsheet import Cell

_SPACES = re.compile(r"[\s\u200b\u200c\u200d\u2060\ufeff]+")
_UNSEEN = dict.fromkeys(
    (0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF)
)
"""Soft hyphens, spaces without width and marks of direction: pasted along from messengers, and seen by nobody."""
_FORMULA_START = ("=", "+", "-", "@")
_RISKY = (*_FORMULA_START, "\t", "\r")


def text_of(cell: Cell) -> str:
    """A cell as text: half width (NFKC), control characters gone, no spaces around, whole numbers without ``.0``."""
    if isinstance(cell, bool):
        return "是" if cell else "否"
    if isinstance(cell, float):
        return str(int(cell)) if cell.is_integer() and abs(cell) < 1e15 else repr(cell)
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    text = str(cell)
    if text.isascii() and text.isprintable():
        return text.strip()
    return _printable(unicodedata.normalize("NFKC", text))


def as_typed(cell: Cell) -> str:
    """A text on one line as somebody typed it: ：，（ stay as wide as they are, only controls and needless spaces go."""
    text = str(cell) if isinstance(cell, str) else text_of(cell)
    return re.sub(r"\s+", " ", _printable(unicodedata.normalize("NFC", text))).strip()


def folded(text: str) -> str:
    """A text as it is looked up: half width, small letters, no spaces."""
    return compact(text).lower()


def _printable(text: str) -> str:
    if text.isprintable():
        return text.strip()
    text = text.translate(_UNSEEN)
    return "".join(char for char in text if char >= " " or char in "\n\t").strip()


def compact(cell: Cell) -> str:
    """The same without any space inside: for names, places and headers, where spaces are only decoration."""
    text = text_of(cell)
    return text if text.isalnum() else _SPACES.sub("", text)


def looks_like_formula(cell: Cell) -> bool:
    """Whether a text would be run as a formula where it is opened next (``=cmd|...``); ``+86`` and a lone dash are not."""
    if not isinstance(cell, str):
        return False
    text = text_of(cell)
    return text.startswith(_FORMULA_START) and bool(re.search(r"[A-Za-z(|!]", text))


def harmless(text: str) -> str:
    """Text that no spreadsheet runs as a formula, wherever it is pasted or saved to next."""
    return f"'{text}" if text.startswith(_RISKY) else text
