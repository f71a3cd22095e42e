"""What a handler has before it while it answers one message."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database.front import Front
from settings import Settings
from wechat.inbound.conversation import Conversations, Talk


@dataclass(frozen=True, slots=True)
class Services:
    """What all messages share: the configuration, the callback's connections, the talks."""

    settings: Settings
    front: Front
    conversations: Conversations

    @classmethod
    def of(cls, settings: Settings, front: Front) -> Services:
        """The services of one process."""
        return cls(settings, front, Conversations(front, settings.limits.conversation_minutes))


@dataclass(slots=True)
class Context:
    """One message at work: who wrote, when, and the transaction in which everything about it happens.

    ``at`` is when the message came (now, but for one from the spool), aware; ``key`` is the message's. A
    handler that needs the ORM asks for :attr:`session`; its work is part of the same transaction. Nothing
    here may take long: what does is left as a row for the sender.
    """

    services: Services
    connection: sa.Connection
    openid: str
    key: str
    at: datetime
    _session: Session | None = field(default=None, init=False)

    @property
    def settings(self) -> Settings:
        """The configuration."""
        return self.services.settings

    @property
    def session(self) -> Session:
        """A session inside the message's transaction, made when first asked for."""
        if self._session is None:
            self._session = self.services.front.database.session_on(self.connection)
        return self._session

    def talk(self) -> Talk | None:
        """What was asked of this follower last."""
        return self.services.conversations.get(self.connection, self.openid, self.at)

    def ask(self, topic: str, state: dict[str, Any] | None = None) -> None:
        """Remember what is being asked of the follower."""
        self.services.conversations.put(self.connection, self.openid, topic, state or {}, self.at)

    def end_talk(self) -> None:
        """Nothing is being asked any more."""
        self.services.conversations.clear(self.connection, self.openid)

    def link(self, path: str) -> str:
        """The address of a page of ours: ``link("/m/study")``."""
        return f"{self.settings.server.base_url}{path}"

    def finish(self) -> None:
        """Bring what the session holds into the transaction."""
        if self._session is not None:
            self._session.commit()
            self._session.close()

    def abandon(self) -> None:
        """Forget what the session holds; the transaction is about to be rolled back."""
        if self._session is not None:
            self._session.close()
