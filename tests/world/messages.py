"""What followers wrote, as the callback leaves it: from rows, for tests that run no callback."""

from __future__ import annotations

import itertools
from datetime import datetime

from sqlalchemy.orm import Session

from ground import clock
from models import InboundMessage

_numbers = itertools.count(1)


def message(session: Session, openid: str, *, kind: str = "text", at: datetime | None = None) -> None:
    """A message (or event) of this follower that was answered."""
    moment = at or clock.now()
    session.add(
        InboundMessage(
            key=f"written:{next(_numbers)}", openid=openid, kind=kind, sent_at=moment, received_at=moment, body="x", reply="",
        )
    )  # fmt: skip
    session.flush()
