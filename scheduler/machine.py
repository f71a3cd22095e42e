"""Marks by which a machine is known again: what its firmware and its network cards say.

Pure reading of the system's files; what the marks decide stands in :mod:`scheduler.instance`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from pathlib import Path

import msgspec

_DMI = ("sys/class/dmi/id/product_uuid", "sys/class/dmi/id/product_serial", "sys/class/dmi/id/board_serial")
_SAYS_NOTHING = frozenset({
    "", "none", "0", "default string", "to be filled by o.e.m.", "not specified", "00:00:00:00:00:00",
    "00000000-0000-0000-0000-000000000000", "ffffffff-ffff-ffff-ffff-ffffffffffff",
})  # fmt: skip
_DIGITS = 16


class Marks(msgspec.Struct, frozen=True):
    """Short hashes: ``hardware`` of the DMI product UUID (or a serial number), ``cards`` of physical cards' addresses.

    Empty where the system does not say: only root may read DMI, and a container has no physical card.
    """

    hardware: str = ""
    cards: tuple[str, ...] = ()

    def agree(self, held: Marks) -> bool:
        """Whether nothing that both know tells the two apart: the same firmware, and at least one card in common."""
        if self.hardware and held.hardware and self.hardware != held.hardware:
            return False
        return not (self.cards and held.cards) or bool(set(self.cards) & set(held.cards))

    def with_known_of(self, held: Marks) -> Marks:
        """These marks, with what ``held`` knows where these say nothing."""
        return Marks(self.hardware or held.hardware, self.cards or held.cards)


def read_marks(root: Path = Path("/")) -> Marks:
    """The marks of the machine whose system files are under ``root``."""
    hardware = _first(root / path for path in _DMI)
    return Marks(_short(hardware) if hardware else "", tuple(_short(address) for address in _cards(root)))


def _short(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:_DIGITS]


def _first(paths: Iterable[Path]) -> str:
    for path in paths:
        try:
            text = path.read_text(encoding="utf-8", errors="replace").strip().lower()
        except OSError:
            continue
        if text not in _SAYS_NOTHING:
            return text
    return ""


def _cards(root: Path) -> list[str]:
    """Addresses of cards with a device behind them: a container's, bridge's or tunnel's interface has none, and changes."""
    try:
        folders = list((root / "sys/class/net").iterdir())
    except OSError:
        return []
    physical = (folder for folder in folders if (folder / "device").exists())
    return sorted({address for folder in physical if (address := _first([folder / "address"]))})
