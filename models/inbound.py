"""What comes in from WeChat: the claim of each message with its stored reply, conversations, and replies kept as data."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from database.base import Base, Json, Pk
from database.sealed import Sealed


class InboundMessage(Base):
    """One message or event that WeChat pushed. The row is the claim: who inserts it works, everyone else gives its reply again.

    ``body`` and ``reply`` are encrypted and removed after ``limits.inbound_keep_days``, the row itself once it is empty and older
    than ``limits.dedupe_keep_hours``. ``reply`` is the clear XML (empty text: "success"). ``openid`` is ``gone`` once they left.
    ``request`` is the signature of the query: the same one with another message is a replay.
    ``outcome``: done, ignored (nothing to do), unknown (a type we do not know), failed (the handler failed, a polite reply
    was given, the spool tries again), aside (failed three times, a person decides).
    """

    __tablename__ = "inbound_message"

    id: Mapped[Pk]
    key: Mapped[str] = mapped_column(sa.String(160), unique=True)
    openid: Mapped[str] = mapped_column(sa.String(64))
    kind: Mapped[str] = mapped_column(sa.String(40))
    sent_at: Mapped[datetime]
    received_at: Mapped[datetime] = mapped_column(index=True)
    body: Mapped[str | None] = mapped_column(Sealed("inbound_message.body"))
    reply: Mapped[str | None] = mapped_column(Sealed("inbound_message.reply"))
    outcome: Mapped[str] = mapped_column(sa.String(12), default="done")
    handler: Mapped[str] = mapped_column(sa.String(40), default="")
    request: Mapped[str | None] = mapped_column(sa.String(40), unique=True)

    __table_args__ = (sa.Index("ix_inbound_message_openid", "openid", "received_at"),)


class Conversation(Base):
    """A talk of more than one step (binding, choosing an activity, paging): one a follower, forgotten after some minutes."""

    __tablename__ = "conversation"

    openid: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    topic: Mapped[str] = mapped_column(sa.String(20))
    state: Mapped[str] = mapped_column(Sealed("conversation.state"))
    expires_at: Mapped[datetime] = mapped_column(index=True)


class KeywordReply(Base):
    """A reply that an editor keeps: when ``pattern`` is the whole text or part of it, answer with ``kind`` and ``content``.

    ``kind``: text (content is the text), image (a media_id), article (an article id), column (a column key).
    """

    __tablename__ = "keyword_reply"

    id: Mapped[Pk]
    pattern: Mapped[str] = mapped_column(sa.String(40), index=True)
    whole: Mapped[bool] = mapped_column(default=True)
    kind: Mapped[str] = mapped_column(sa.String(10), default="text")
    content: Mapped[str] = mapped_column(sa.String(2048))
    active: Mapped[bool] = mapped_column(default=True)
    sort: Mapped[int] = mapped_column(default=0)
    updated_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    updated_at: Mapped[datetime]


class Menu(Base):
    """The custom menu: one row is the draft that the console edits (``published_at`` empty), the others were published."""

    __tablename__ = "menu"

    id: Mapped[Pk]
    buttons: Mapped[list[Any]] = mapped_column(Json)
    updated_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    updated_at: Mapped[datetime]
    published_at: Mapped[datetime | None]


class SpoolFailure(Base):
    """A spooled message that failed three times: set aside and shown, not tried for ever.

    ``body`` goes after ``limits.inbound_keep_days``, or when its sender leaves, whether or not somebody looked after it.
    """

    __tablename__ = "spool_failure"

    id: Mapped[Pk]
    key: Mapped[str] = mapped_column(sa.String(160), unique=True)
    body: Mapped[str | None] = mapped_column(Sealed("spool_failure.body"))
    error: Mapped[str] = mapped_column(sa.String(300))
    attempts: Mapped[int]
    at: Mapped[datetime]
    settled_at: Mapped[datetime | None]
