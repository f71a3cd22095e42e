"""The years that come with the product: one file a year in ``shipped/``. What an office has entered is never overwritten."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from pathlib import Path

from models import YearState
from workdays.days import Holiday, span

_FOLDER = Path(__file__).with_name("shipped")


@cache
def years() -> Mapping[int, tuple[YearState, tuple[Holiday, ...]]]:
    """Year → how far it is known, and its holidays."""
    return {int(path.stem): _read(path) for path in sorted(_FOLDER.glob("*.toml"))}


def _read(path: Path) -> tuple[YearState, tuple[Holiday, ...]]:
    found = tomllib.loads(path.read_text(encoding="utf-8"))
    holidays = tuple(
        Holiday(
            one["name"],
            tuple(span(*map(date.fromisoformat, one["off"]))),
            tuple(map(date.fromisoformat, one["made_up"])),
        )
        for one in found["holiday"]
    )
    return YearState(found["state"]), holidays
