"""Talks of more than one step: what was asked last, per follower, for some minutes.

One row a follower, in the database and in the message's own transaction, so a kill forgets neither half. A
row outlives its time for a day: an answer that comes too late is asked again instead of being taken for
something else.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from database.base import table_of
from database.front import Front
from database.once import upserting
from database.prepared import Prepared
from models.inbound import Conversation

_TABLE = table_of(Conversation)
_KEPT = timedelta(days=1)


class Topic:
    """What a talk is about; stored, so a name is never changed."""

    BIND = "bind"  # asked for name and last four digits; state: {"name"?}
    CONSENT = "consent"  # asked for 同意; state: what the binding service gave
    CHOOSE = "choose"  # asked which activity; state: {"ids": [...]}
    MAKE_UP = "make_up"  # asked for the reason
    ANSWER = "answer"  # an activity's question was shown, which may be answered; state: {"activity"}
    LEAVE = "leave"  # asked from which activity; state: {"ids": [...], "reason"}
    MORE = "more"  # a long reply goes on; state: {"rest"}
    CORRECT = "correct"  # asked whether to hand on a correction; state: {"text"}
    KITS = "kits"  # asked which of several was passed on; state: {"ids": [...]}
    HELP = "help"  # the help was shown; its digits may be chosen
    SHELF = "shelf"  # articles were listed; state: {"ids": [...]}


LISTS = (Topic.HELP, Topic.SHELF)
"""What is no question, and has numbers all the same."""
_CHOICES = ("ids", "members")
_LIST = "list"


class Talk(msgspec.Struct, frozen=True):
    """Where a talk stands. ``late``: its time is over, so an answer is to be asked again."""

    topic: str
    state: dict[str, Any]
    late: bool

    @property
    def by_digit(self) -> bool:
        """Whether it is answered by a digit, so that another numbered list takes its place."""
        return self.topic in LISTS or not self.state.keys().isdisjoint(_CHOICES)

    @property
    def listed(self) -> Listed | None:
        """The list that was shown last, where its digits may be replied: by itself, or while a question in words is open."""
        if self.topic in LISTS:
            return Listed(self.topic, self.state)
        shown = self.state.get(_LIST)
        return Listed(*shown) if shown else None

    def beside(self, of: str, state: dict[str, Any]) -> dict[str, Any]:
        """The state of this question with a list that was shown while it is open."""
        return {**self.state, _LIST: [of, state]}

    def without_list(self) -> dict[str, Any]:
        """The state of this question alone."""
        return {name: value for name, value in self.state.items() if name != _LIST}


class Listed(NamedTuple):
    """A numbered list that was shown: its topic, and what its numbers stand for."""

    topic: str
    state: dict[str, Any]


class Conversations:
    """Reads and writes the one row of a follower, on the connection of the message at work."""

    def __init__(self, front: Front, minutes: int) -> None:
        self._life = timedelta(minutes=minutes)
        engine = front.engine
        columns = _TABLE.c
        self._read = Prepared(
            sa.select(columns.topic, columns.state, columns.expires_at).where(
                columns.openid == sa.bindparam("of")
            ),
            engine,
        )
        written = upserting(Conversation, engine.dialect.name, ["topic", "state", "expires_at"])
        self._write = Prepared(written, engine)
        self._clear = Prepared(sa.delete(_TABLE).where(columns.openid == sa.bindparam("of")), engine)

    def get(self, connection: sa.Connection, openid: str, at: datetime) -> Talk | None:
        """The follower's talk, or None where there is none or it ended long ago."""
        row = self._read.first(connection, of=openid)
        if row is None:
            return None
        topic, state, expires_at = row
        if at > expires_at + _KEPT or expires_at > at + self._life + _KEPT:
            return None  # over long ago, or begun by a clock that was ahead
        return Talk(topic, msgspec.json.decode(state), at > expires_at)

    def put(
        self, connection: sa.Connection, openid: str, topic: str, state: dict[str, Any], at: datetime
    ) -> None:
        """Begin a talk, or go on with it; whatever was talked of before is forgotten."""
        text = msgspec.json.encode(state).decode()
        self._write.run(connection, openid=openid, topic=topic, state=text, expires_at=at + self._life)

    def clear(self, connection: sa.Connection, openid: str) -> None:
        """End the talk."""
        self._clear.run(connection, of=openid)
