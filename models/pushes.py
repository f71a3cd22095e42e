"""Sending: pushes, their deliveries (one call to WeChat each) and the ledger of quota.

Every delivery has a row with a unique key before anything irreversible happens.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, BigId, Json, Pk
from database.claims import Leased
from database.sealed import Sealed
from models.activities import Activity
from models.checks import one_of
from models.content import Article
from models.users import User


class PushStatus(StrEnum):
    """Where a push stands; ``scheduler.life`` says what leads where."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    HELD = "held"
    SENDING = "sending"
    AWAITING_RESULT = "awaiting_result"
    SENT = "sent"
    PARTLY_FAILED = "partly_failed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    MISSED = "missed"


class DeliveryStatus(StrEnum):
    """Where one call to WeChat stands; ``promised``: what it will say is not known yet."""

    PROMISED = "promised"
    PLANNED = "planned"
    CLAIMED = "claimed"
    ACCEPTED = "accepted"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELLED = "cancelled"


class Target(StrEnum):
    """To whom one call may be addressed."""

    FOLLOWER = "follower"
    LIST = "list"
    TAG = "tag"
    EVERYONE = "everyone"
    GROUP = "group"
    FORWARDER = "forwarder"  # a person who passes it on by hand


class Push(Leased, Base):
    """推送: one decision to send: what, to whom, when, by which roads.

    ``status`` is a :class:`PushStatus`.
    ``audience`` is the text of the decision (``all``, ``branch:NAME,... within ... without ...``). ``slot_key`` keeps two
    schedulers from filling one slot of a column twice (``<column>:<UTC moment>``). ``lease_until`` and ``lease_owner`` are the
    claim. ``road`` is ``auto``, or the names of one or several roads, joined by commas; ``planned_roads`` are those of its plan.
    ``confirmed`` is what a person saw and agreed to, ``{"planned": followers, "skipped": {reason:
    followers}}``; it stays beside what is planned when the moment has come. With it stands how its roads share it, as agreed to
    and as planned when due (:mod:`scheduler.shares`). ``urgent`` is the reason for not waiting for the
    end of the quiet hours, ``released_by`` the second person who agreed; ``often`` the reason for contacting people who have
    been contacted often this month. ``again_of`` is the push that failed to reach those to whom this one is sent again.
    ``meant`` is which set each name in ``audience`` stands for, ``{"branch:NAME": id}``: a name may change before it is due.
    ``decided_at`` is when a person last stopped it, let it go on or put it off.
    """

    __tablename__ = "push"

    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(sa.String(10), default="articles")  # articles | activity
    title: Mapped[str] = mapped_column(sa.String(120), default="")
    audience: Mapped[str] = mapped_column(sa.String(1000))
    meant: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    road: Mapped[str] = mapped_column(sa.String(120), default="auto")
    status: Mapped[str] = mapped_column(sa.String(16), default=PushStatus.DRAFT.value)
    due_at: Mapped[datetime] = mapped_column(index=True)
    activity_id: Mapped[int | None] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    slot_key: Mapped[str | None] = mapped_column(sa.String(80), unique=True)
    note: Mapped[str] = mapped_column(sa.String(500), default="")
    planned_at: Mapped[datetime | None]
    planned_roads: Mapped[str] = mapped_column(sa.String(120), default="")
    planned: Mapped[int] = mapped_column(default=0)
    skipped: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    confirmed: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    urgent: Mapped[str] = mapped_column(sa.String(200), default="")
    often: Mapped[str] = mapped_column(sa.String(200), default="")
    again_of: Mapped[int | None] = mapped_column(sa.ForeignKey("push.id"), index=True)
    released_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    draft_media_id: Mapped[str] = mapped_column(sa.String(200), default="")
    draft_made_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    articles: Mapped[list[PushArticle]] = relationship(back_populates="push", order_by="PushArticle.position")
    deliveries: Mapped[list[Delivery]] = relationship(back_populates="push", order_by="Delivery.id")
    activity: Mapped[Activity | None] = relationship()
    creator: Mapped[User] = relationship(foreign_keys=[created_by])
    releaser: Mapped[User | None] = relationship(foreign_keys=[released_by])

    __table_args__ = (
        one_of("status", PushStatus),
        sa.Index("ix_push_due", "status", "due_at"),
    )


class SavedAudience(Base):
    """常用对象: an audience under a name; ``text`` and ``meant`` are like those of a push."""

    __tablename__ = "saved_audience"

    id: Mapped[Pk]
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    text: Mapped[str] = mapped_column(sa.String(1000))
    meant: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    created_at: Mapped[datetime]

    creator: Mapped[User] = relationship()


class PushArticle(Base):
    """The articles of a push in their order; ``content_hash`` is what was approved and is sent."""

    __tablename__ = "push_article"

    push_id: Mapped[int] = mapped_column(sa.ForeignKey("push.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    article_id: Mapped[int] = mapped_column(sa.ForeignKey("article.id"), index=True)
    content_hash: Mapped[str] = mapped_column(sa.String(64))

    push: Mapped[Push] = relationship(back_populates="articles")
    article: Mapped[Article] = relationship()


class Delivery(Leased, Base):
    """投递: one call to WeChat, the unit of idempotency: of a push, or (``push_id`` empty) the answer to one person.

    ``status`` is a :class:`DeliveryStatus`. ``key`` (≤ 32 ASCII characters) goes out as
    ``clientmsgid`` or ``client_msg_id``. ``called_at`` is written before the call leaves: a claim without it was never sent.
    ``target_kind`` is a :class:`Target`, ``target_id`` the number of what is addressed where that has one (the tag at WeChat);
    ``openids`` holds the people of a call to a follower or a list until it is settled (``recipients`` keeps the number).

    ``openid`` is the person of a call to one, ``gone`` once they left. Of an answer ``payload`` is the call's body without
    ``touser``, ``reply_to`` the key of the message that it answers, and after ``expires_at`` it is not sent any more.
    ``correction_id`` is set where it tells of a correction or retraction. ``branch_id`` is whose group, or member, it goes to.
    ``spends_consent``: its call uses up one consent of that person (:class:`models.notices.NoticeConsent`).
    """

    __tablename__ = "delivery"

    id: Mapped[Pk]
    push_id: Mapped[int | None] = mapped_column(sa.ForeignKey("push.id"))
    road: Mapped[str] = mapped_column(sa.String(16))
    key: Mapped[str] = mapped_column(sa.String(32), unique=True)
    status: Mapped[str] = mapped_column(sa.String(12), default=DeliveryStatus.PLANNED.value)
    target_kind: Mapped[str] = mapped_column(sa.String(10), default=Target.LIST.value)
    target_id: Mapped[int | None] = mapped_column(sa.BigInteger)
    openids: Mapped[list[Any] | None] = mapped_column(Json)
    openid: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    payload: Mapped[str | None] = mapped_column(
        Sealed("outbox_message.payload")
    )  # a former table's, so that old rows open
    reply_to: Mapped[str | None] = mapped_column(sa.String(160))
    correction_id: Mapped[int | None] = mapped_column(sa.ForeignKey("correction.id"))
    branch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("branch.id"))
    expires_at: Mapped[datetime | None]
    target: Mapped[str] = mapped_column(sa.String(120), default="")
    recipients: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    called_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    finished_at: Mapped[datetime | None]
    media_id: Mapped[str] = mapped_column(sa.String(200), default="")
    msg_id: Mapped[str | None] = mapped_column(sa.String(40), index=True)
    msg_data_id: Mapped[str] = mapped_column(sa.String(40), default="")
    error_code: Mapped[int | None]
    error: Mapped[str] = mapped_column(sa.String(500), default="")
    total_count: Mapped[int | None]
    filter_count: Mapped[int | None]
    sent_count: Mapped[int | None]
    error_count: Mapped[int | None]
    spends_consent: Mapped[bool] = mapped_column(server_default=sa.false())

    push: Mapped[Push | None] = relationship(back_populates="deliveries")

    __table_args__ = (
        one_of("status", DeliveryStatus),
        one_of("target_kind", Target),
        sa.Index("ix_delivery_due", "status", "due_at"),
        sa.Index("ix_delivery_push", "push_id", "status", "due_at"),
        # Few of very many rows.
        sa.Index(
            "ix_delivery_correction",
            "correction_id",
            sqlite_where=sa.text("correction_id IS NOT NULL"),
            postgresql_where=sa.text("correction_id IS NOT NULL"),
        ),
    )


class JobResult(Base):
    """A job-finish event as it came, kept by ``msg_id``: it may come before the answer of the call, and is matched later."""

    __tablename__ = "job_result"

    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(sa.String(10))  # mass | template | publish | subscribe
    msg_id: Mapped[str] = mapped_column(sa.String(40))
    status: Mapped[str] = mapped_column(sa.String(60))
    data: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    at: Mapped[datetime]
    matched: Mapped[bool] = mapped_column(default=False)

    __table_args__ = (
        sa.UniqueConstraint("kind", "msg_id", "status"),
        # Asked for each second; all that were ever matched stay.
        sa.Index(
            "ix_job_result_waiting",
            "id",
            sqlite_where=sa.text("matched IS 0"),
            postgresql_where=sa.text("matched IS false"),
        ),
    )


class QuotaUse(Base):
    """Ledger of quota: who used one, in which period, for which delivery; or for which push it is reserved (no delivery yet).

    服务号: ``subject`` is the openid while they follow, ``gone-`` and a keyed hash of it afterwards: planning compares openids as
    they are, and a return within the month finds what was used. ``period`` is the calendar month in Shanghai.
    公众号: ``subject`` is ``account``, ``period`` the day.
    ``state``: held (reserved or planned, not yet sent), used, released.
    """

    __tablename__ = "quota_use"

    id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=True)
    subject: Mapped[str] = mapped_column(sa.String(64))
    period: Mapped[str] = mapped_column(sa.String(10))
    delivery_id: Mapped[int | None] = mapped_column(sa.ForeignKey("delivery.id"), index=True)
    push_id: Mapped[int | None] = mapped_column(sa.ForeignKey("push.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(8), default="held")
    at: Mapped[datetime]

    __table_args__ = (
        sa.UniqueConstraint("delivery_id", "subject"),
        sa.Index("ix_quota_use_period_subject", "period", "subject", "state"),
    )
