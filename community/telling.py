"""What a follower is told of a decision: left as a row, which the scheduler makes an answer to send.

WeChat lets the account write for two days after a person's last message; whom it does not reach finds the decision on 我的资料.
What must not be missed waits for their next message instead (:func:`leave`), and stands below whatever that is answered with.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database import claims
from models import Follower, Telling

WAITING = (
    sa.select(Telling.id)
    .where(Telling.openid == sa.bindparam("openid"), Telling.until >= sa.bindparam("at"))
    .limit(1)
)
"""Whether anything waits for a follower's next message: asked at each, so it is prepared."""
_MOST = 3


def tell(session: Session, follower: Follower, text: str, *, at: datetime) -> None:
    """Leave a text for a follower; nothing for one who has left."""
    if not follower.gone:
        session.add(Telling(openid=follower.openid, text=text, at=at))
        session.flush()


def leave(session: Session, openids: Iterable[str], text: str, *, at: datetime, until: datetime) -> None:
    """Leave a text for each of these followers for the reply to their next message, if that comes by ``until``."""
    session.add_all(Telling(openid=one, text=text, at=at, until=until) for one in openids)
    session.flush()


def heard(connection: sa.Connection, openid: str, *, at: datetime) -> list[str]:
    """What waits for a follower who has just written, the latest first, taken out of the table: who asks says it, once."""
    waiting = (Telling.openid == openid, Telling.until.is_not(None))
    query = sa.select(Telling.text).where(*waiting, Telling.until >= at).order_by(Telling.id.desc())
    found = list(connection.execute(query.limit(_MOST)).scalars())
    connection.execute(sa.delete(Telling).where(*waiting))
    return found


def take(session: Session, limit: int) -> list[Telling]:
    """Some that wait, the oldest first, taken out of the table: the caller sends them in this transaction."""
    query = sa.select(Telling).where(DUE).order_by(Telling.id).limit(limit)
    found = list(session.scalars(claims.not_being_written(query)))
    for one in found:
        session.expunge(one)
    session.execute(sa.delete(Telling).where(Telling.id.in_([one.id for one in found])))
    return found


DUE = Telling.until.is_(None)
"""SQL: what the scheduler is to send."""
