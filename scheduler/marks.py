"""What stands in a link of ours that went by a road: which push, which road, whose group. It names nobody.

The address of an article that a robot or a forwarded kit carries ends in ``?f=MARK``. The mark is signed with a key of ours, so
that numbers cannot be made up; whoever follows the link is counted, and nothing of them is kept.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import NamedTuple

from database.sealed import keyring

_KEY = b"the road of a link"
_HEX = 12
_FORM = re.compile(r"([0-9a-z]{1,13})-([a-z]{1,10})-([0-9a-z]{1,13})-([0-9a-f]{12})", re.ASCII)
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"
PARAMETER = "f"
"""The name of the parameter in the address."""


class Mark(NamedTuple):
    """``branch_id`` None: a link that went to no group of a branch."""

    push_id: int
    road: str
    branch_id: int | None = None


def text_of(mark: Mark) -> str:
    """What stands in the address: ``2s-kit-7-0a1b2c3d4e5f``."""
    plain = f"{_short(mark.push_id)}-{mark.road}-{_short(mark.branch_id or 0)}"
    return f"{plain}-{_signed(plain)}"


def read(text: str) -> Mark | None:
    """The mark in an address; None where it was not made here."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    plain = text.rpartition("-")[0]
    if not hmac.compare_digest(_signed(plain), found[4]):
        return None
    return Mark(int(found[1], 36), found[2], int(found[3], 36) or None)


def _signed(plain: str) -> str:
    return hmac.new(keyring().derived(_KEY), plain.encode(), hashlib.sha256).hexdigest()[:_HEX]


def _short(number: int) -> str:
    digits = ""
    while number:
        number, last = divmod(number, 36)
        digits = _DIGITS[last] + digits
    return digits or "0"
