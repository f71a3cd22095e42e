"""The page of an activity that whoever is invited may open without signing in: its address, which cannot be guessed.

The address holds the activity's number and a mark made of it with a key of ours, so that nobody can walk through the numbers. It
never changes, and names nobody.
"""

from __future__ import annotations

import hashlib
import hmac

from sqlalchemy.orm import Session

from database.sealed import keyring
from ground.errors import NotFound
from ground.numbers import number_in
from models import Activity

_KEY = b"the page of an activity"
_HEX = 20


def mark(activity_id: int) -> str:
    """What stands in the address: ``12-5f0c…``."""
    made = hmac.new(keyring().derived(_KEY), str(activity_id).encode(), hashlib.sha256)
    return f"{activity_id}-{made.hexdigest()[:_HEX]}"


def path(activity_id: int) -> str:
    """The address on our own host."""
    return f"/m/activity/{mark(activity_id)}"


def own_path(activity_id: int) -> str:
    """The same for a member who is known: with what they may do there themselves."""
    return f"/m/me/activity/{mark(activity_id)}"


def invited_to(session: Session, text: str) -> Activity:
    """The activity of this mark. Raises :class:`NotFound`, in the same words whether the number or the rest is wrong."""
    number = number_in(text.partition("-")[0])
    if number is not None and hmac.compare_digest(mark(number).encode(), text.encode()):
        found = session.get(Activity, number)
        if found is not None:
            return found
    raise NotFound("没有这个活动，链接可能不完整，请从公众号的通知里重新打开")


__all__ = ["invited_to", "mark", "own_path", "path"]
