"""User names, and the one form in which they are kept and compared."""

from __future__ import annotations

import unicodedata


def normal_username(text: str) -> str:
    """Half-width, lower case, no spaces around."""
    return unicodedata.normalize("NFKC", text).strip().lower()
