"""What a handler has before it while it answers one message."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import telling
from community.consent import TO_BE_ASKED
from database.front import Front
from database.prepared import Prepared
from settings import Settings
from wechat.inbound.conversation import Conversations, Talk, Topic


@dataclass(frozen=True, slots=True)
class Services:
    """What all messages share: the configuration, the callback's connections, the talks, the two questions of each message."""

    settings: Settings
    front: Front
    conversations: Conversations
    outdated: Prepared
    untold: Prepared

    @classmethod
    def of(cls, settings: Settings, front: Front) -> Services:
        """The services of one process."""
        talks = Conversations(front, settings.limits.conversation_minutes)
        asked = (Prepared(one, front.engine) for one in (TO_BE_ASKED, telling.WAITING))
        return cls(settings, front, talks, *asked)


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
    asked: bool = field(default=False, init=False)
    """Whether this message's answer asks or lists something, to which a digit may be the answer."""
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

    def has_outdated_consent(self) -> bool:
        """Whether the writer is bound by an earlier text of the consent, and has not been asked for the present one."""
        return self.services.outdated.first(self.connection, openid=self.openid) is not None

    def has_untold(self) -> bool:
        """Whether something waits to be told to the writer with the reply to this message."""
        return self.services.untold.first(self.connection, openid=self.openid, at=self.at) is not None

    def ask(self, topic: str, state: dict[str, Any] | None = None) -> None:
        """Remember what is being asked of the follower."""
        self.asked = True
        self.services.conversations.put(self.connection, self.openid, topic, state or {}, self.at)

    def lists(self, topic: str, state: dict[str, Any] | None = None) -> None:
        """A numbered list is shown: from now on its digits may be replied, and those of no list before it.

        A question that is answered in words stays open.
        """
        talk = self.talk()
        if talk is None or talk.late or talk.by_digit or talk.topic == Topic.MORE:
            self.ask(topic, state)
        else:
            self.ask(talk.topic, talk.beside(topic, state or {}))

    def forget_list(self) -> None:
        """Something else with numbers is shown, which nobody can reply: the digits of an earlier list are nobody's either."""
        talk = self.talk()
        if talk is None or (not talk.by_digit and talk.listed is None):
            return
        if talk.by_digit:
            self.end_talk()
        else:
            self.ask(talk.topic, talk.without_list())

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
