"""Which characters sound alike and which look alike: what a keyboard or an eye confuses."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from ground.sounds import folded_readings

DATA = Path(__file__).parent / "data"


def rows(name: str) -> list[str]:
    """The lines of a data file without its remarks."""
    lines = (DATA / name).read_text(encoding="utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


@cache
def _shapes() -> dict[str, str]:
    found: dict[str, str] = {}
    for row in rows("shapes.txt"):
        for char in row:
            found[char] = found.get(char, "") + row
    return found


def sound_alike(one: str, other: str) -> bool:
    """Whether two characters sound alike, whatever the tone."""
    known = folded_readings()
    return not known.get(one, frozenset()).isdisjoint(known.get(other, frozenset()))


def look_alike(one: str, other: str) -> bool:
    """Whether two characters look alike."""
    return other in _shapes().get(one, "")


def why(one: str, other: str) -> str:
    """音近 or 形近 where two characters are easily confused, else nothing."""
    if sound_alike(one, other):
        return "音近"
    return "形近" if look_alike(one, other) else ""
