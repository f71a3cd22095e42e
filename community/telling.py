"""What a follower is told of a decision: left as a row, which the scheduler makes an answer to send.

WeChat lets the account write for two days after a person's last message; whom it does not reach finds the decision on 我的资料.
"""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database import claims
from models import Follower, Telling


def tell(session: Session, follower: Follower, text: str, *, at: datetime) -> None:
    """Leave a text for a follower; nothing for one who has left."""
    if not follower.gone:
        session.add(Telling(openid=follower.openid, text=text, at=at))
        session.flush()


def take(session: Session, limit: int) -> list[Telling]:
    """Some that wait, the oldest first, taken out of the table: the caller sends them in this transaction."""
    query = sa.select(Telling).order_by(Telling.id).limit(limit)
    found = list(session.scalars(claims.not_being_written(query)))
    for one in found:
        session.expunge(one)
    session.execute(sa.delete(Telling).where(Telling.id.in_([one.id for one in found])))
    return found
