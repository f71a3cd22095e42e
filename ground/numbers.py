"""Whole numbers in text that came from outside."""

from __future__ import annotations

from collections.abc import Iterable

_LONGEST = 18  # fits a 64-bit column


def number_in(text: str) -> int | None:
    """The number that ``text`` is, written in plain digits and small enough for a row's id; None where it is none.

    ``str.isdigit`` says yes to ``²``, of which ``int`` knows nothing, and to numbers that no database holds.
    """
    return int(text) if text.isascii() and text.isdigit() and len(text) <= _LONGEST else None


def numbers_in(texts: Iterable[str]) -> list[int]:
    """The numbers among ``texts``; what is none is left out."""
    return [number for text in texts if (number := number_in(text)) is not None]
