"""签到码: the code of one activity that changes every twenty seconds. Pure: a secret, a moment, and what they make.

A code is good for its own twenty seconds and for the twenty after them, in which whoever has just read it may still type it.
Moments are the database's (:mod:`database.moment`), so that web processes with different clocks show and take the same codes.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime

SECONDS = 20
DIGITS = 4
_LINK = re.compile(r"(\d{1,18})-([0-9a-f]{1,12})-([0-9a-f]{16})")


def new_secret() -> str:
    """A secret for one activity."""
    return secrets.token_hex(16)


def step(at: datetime) -> int:
    """Which code is shown at a moment: they are counted through."""
    return int(at.timestamp()) // SECONDS


def left(at: datetime) -> float:
    """Seconds until the next code is shown."""
    return SECONDS - at.timestamp() % SECONDS


def typed(secret: str, number: int) -> str:
    """The four digits of a step."""
    return f"{int.from_bytes(_made(secret, 'typed', number)[:8], 'big') % 10**DIGITS:0{DIGITS}d}"


def is_good(number: int, at: datetime) -> bool:
    """Whether a step's code may be used at a moment: the one that is shown, and the one before."""
    return 0 <= step(at) - number <= 1


def step_of(secret: str, digits: str, at: datetime) -> int | None:
    """Of which step these digits are that may be used now, or None."""
    now = step(at)
    for number in (now, now - 1):
        if hmac.compare_digest(typed(secret, number).encode(), digits.encode()):
            return number
    return None


@dataclass(frozen=True)
class Link:
    """What the address in a QR code says: an activity, and which step it was made for; ``mark`` proves it."""

    activity_id: int
    step: int
    mark: str

    def proves(self, secret: str) -> bool:
        """Whether a screen has shown this."""
        return hmac.compare_digest(_mark(secret, self.step), self.mark)


def link(activity_id: int, secret: str, number: int) -> str:
    """What stands in the address of a step's QR code."""
    return f"{activity_id}-{number:x}-{_mark(secret, number)}"


def read_link(text: str) -> Link | None:
    """The same back, or None where it is none."""
    found = _LINK.fullmatch(text)
    return Link(int(found[1]), int(found[2], 16), found[3]) if found else None


def mark_of(secret: str, what: str, text: str) -> bytes:
    """A mark that tells equal things apart from others at one activity, and says nothing of them: of a phone, a network."""
    return hmac.new(secret.encode(), f"mark {what} {text}".encode(), hashlib.sha256).digest()[:16]


def _mark(secret: str, number: int) -> str:
    return _made(secret, "link", number).hex()[:16]


def _made(secret: str, what: str, number: int) -> bytes:
    return hmac.new(secret.encode(), f"{what} {number}".encode(), hashlib.sha256).digest()
