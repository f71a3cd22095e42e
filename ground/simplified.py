"""One script for what is written in two: traditional characters and variants as the simplified ones."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).with_name("traditional.txt")


def _simplified() -> dict[int, str]:
    rows = FILE.read_text(encoding="utf-8").splitlines()
    return {ord(other): row[0] for row in rows if not row.startswith("#") for other in row[1:]}


SIMPLIFIED = _simplified()
"""Traditional characters and variants to the simplified one, for :meth:`str.translate`."""
