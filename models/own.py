"""What people do about their own data: the door to it, what they ask of the office, and what they are told."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, Pk
from database.sealed import Sealed
from models.checks import one_of
from models.people import Follower, Member
from models.places import Branch
from models.users import User


class OwnLink(Base):
    """A link to 我的资料 that was given to one follower in the chat: opened once, or not at all.

    ``token_hash`` is the SHA-256 of what stands in the link; who reads the table can open nothing.
    """

    __tablename__ = "own_link"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    follower_id: Mapped[int] = mapped_column(sa.ForeignKey("follower.id"), index=True)
    expires_at: Mapped[datetime] = mapped_column(index=True)


class RequestKind(StrEnum):
    """What somebody asks of the office about their own data."""

    CORRECTION = "correction"
    ERASURE = "erasure"
    REPLACE = "replace"
    BINDING = "binding"


class RequestStatus(StrEnum):
    """Where such a request stands."""

    OPEN = "open"
    DONE = "done"
    REFUSED = "refused"


class DataRequest(Base):
    """A follower asks the office to do something about their data; the branch, or an administrator, decides.

    ``kind`` is a :class:`RequestKind`, ``status`` a :class:`RequestStatus`. ``branch_id`` is the branch whose people see it, None
    for administrators alone. ``asked`` is what was written, ``answer`` what the follower is told. One follower has at most one
    open request of a kind: ``open_key`` says so to the database, and is empty once nothing is awaited any more.

    Of a replacement ``member_id`` is the member whose WeChat it shall become, ``consent_version`` the text that was agreed to.
    Who asks for help with binding is nobody yet; ``member_id`` is whom the branch then took them for, until they agree.
    """

    __tablename__ = "data_request"

    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(sa.String(12))
    status: Mapped[str] = mapped_column(sa.String(10), default=RequestStatus.OPEN.value)
    follower_id: Mapped[int] = mapped_column(sa.ForeignKey("follower.id"), index=True)
    member_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"), index=True)
    branch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("branch.id"))
    asked: Mapped[str | None] = mapped_column(Sealed("data_request.asked"))
    consent_version: Mapped[str] = mapped_column(sa.String(20), default="")
    open_key: Mapped[str | None] = mapped_column(sa.String(40), unique=True)
    at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    decided_at: Mapped[datetime | None] = mapped_column(index=True)
    answer: Mapped[str | None] = mapped_column(Sealed("data_request.answer"))

    follower: Mapped[Follower] = relationship()
    member: Mapped[Member | None] = relationship()
    branch: Mapped[Branch | None] = relationship()
    decider: Mapped[User | None] = relationship()

    __table_args__ = (
        one_of("kind", RequestKind),
        one_of("status", RequestStatus),
        sa.Index("ix_data_request_waiting", "status", "branch_id"),
    )


class Telling(Base):
    """What a follower is to be told by the account, left here by whoever decided it; the scheduler makes it an answer to send.

    With ``until`` it waits for the follower's next message instead, whose reply says it too: for whom no message reaches now.
    """

    __tablename__ = "telling"

    id: Mapped[Pk]
    openid: Mapped[str] = mapped_column(sa.String(64), index=True)
    text: Mapped[str] = mapped_column(Sealed("telling.text"))
    at: Mapped[datetime]
    until: Mapped[datetime | None]


class ConsentWay(StrEnum):
    """How a consent was given."""

    REPLY = "reply"
    PAGE = "page"


class ConsentEnd(StrEnum):
    """Why a consent holds no longer."""

    OWN = "own"
    BRANCH = "branch"
    REPLACED = "replaced"
    LAPSED = "lapsed"
    LEFT = "left"
    ERASED = "erased"


class Consent(Base):
    """同意: a follower has agreed to the text of a version, for one member; and when and why that ended.

    Kept beside the binding, which it outlives: it proves that there was one. ``how`` is a :class:`ConsentWay`, ``ended_by`` a
    :class:`ConsentEnd`.
    """

    __tablename__ = "consent"

    id: Mapped[Pk]
    follower_id: Mapped[int] = mapped_column(sa.ForeignKey("follower.id"), index=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"), index=True)
    version: Mapped[str] = mapped_column(sa.String(20))
    at: Mapped[datetime]
    how: Mapped[str] = mapped_column(sa.String(10))
    ended_at: Mapped[datetime | None] = mapped_column(index=True)
    ended_by: Mapped[str | None] = mapped_column(sa.String(10))

    __table_args__ = (one_of("how", ConsentWay), one_of("ended_by", ConsentEnd))
