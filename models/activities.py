"""Activities, and the check-ins to them."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, Pk
from database.sealed import Sealed
from models.checks import one_of
from models.people import Member
from models.places import Branch
from models.users import User


class ActivityStatus(StrEnum):
    """What people decided about an activity; while it is open, its window says whether one can check in."""

    OPEN = "open"
    CANCELLED = "cancelled"
    CLOSED = "closed"


class CheckInWay(StrEnum):
    """How a check-in came to be recorded."""

    REPLY = "reply"
    MENU = "menu"
    SECRETARY = "secretary"
    CONSOLE = "console"
    PAPER = "paper"
    CODE = "code"
    LIST = "list"


class MakeUpStatus(StrEnum):
    """What became of a request to make up."""

    PENDING = "pending"
    APPROVED = "approved"
    REFUSED = "refused"


class Activity(Base):
    """活动: something to check in to, with a purpose and an end.

    ``status`` is an :class:`ActivityStatus`. ``keyword`` is what a member may reply instead of 签到. ``frozen_at`` is when it was
    written down whom it expects, once it had begun (:class:`ExpectedMember`); empty before.

    ``template`` is the key of the template that it was made from. ``voluntary`` and ``question`` are what its page says beside
    the purpose. ``expects`` says whom it expects where that is not every member of its branches. With ``sign_up`` members may
    sign up before, as many as there are ``places`` (None: all). After ``keep_months`` only its figures are left (0: all is kept
    for good), and ``folded_at`` is when that was done. ``version`` counts the edits.
    """

    __tablename__ = "activity"

    id: Mapped[Pk]
    title: Mapped[str] = mapped_column(sa.String(60))
    keyword: Mapped[str] = mapped_column(sa.String(20), default="", index=True)
    kind: Mapped[str] = mapped_column(sa.String(20), default="event")
    purpose: Mapped[str] = mapped_column(sa.String(300), default="")
    place: Mapped[str] = mapped_column(sa.String(100), default="")
    starts_at: Mapped[datetime] = mapped_column(index=True)
    ends_at: Mapped[datetime]
    for_all: Mapped[bool] = mapped_column(default=False)
    status: Mapped[str] = mapped_column(sa.String(10), default=ActivityStatus.OPEN.value)
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    created_at: Mapped[datetime]
    frozen_at: Mapped[datetime | None]
    template: Mapped[str] = mapped_column(sa.String(20), default="", server_default="")
    voluntary: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    question: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")
    expects: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")
    sign_up: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    places: Mapped[int | None]
    keep_months: Mapped[int] = mapped_column(default=0, server_default="0")
    folded_at: Mapped[datetime | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    branches: Mapped[list[Branch]] = relationship(secondary="activity_branch", order_by="Branch.sort")
    creator: Mapped[User] = relationship()

    __table_args__ = (
        one_of("status", ActivityStatus),
        sa.Index("ix_activity_window", "status", "ends_at", "starts_at"),
        sa.Index("ix_activity_frozen", "frozen_at", "starts_at"),
    )


class ActivityBranch(Base):
    """Which branches an activity invites (unless it is for all)."""

    __tablename__ = "activity_branch"

    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), primary_key=True)
    branch_id: Mapped[int] = mapped_column(sa.ForeignKey("branch.id"), primary_key=True)

    __table_args__ = (sa.Index("ix_activity_branch_branch", "branch_id", "activity_id"),)


class ExpectedMember(Base):
    """应到: a member whom an activity that has begun expects, and for which branch, whatever becomes of the roster later.

    Written once for all when it begins; who joins afterwards has a ``reason``, and ``added_by`` where somebody else added them.
    """

    __tablename__ = "expected_member"

    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"), primary_key=True)
    branch_id: Mapped[int] = mapped_column(sa.ForeignKey("branch.id"))
    added_at: Mapped[datetime]
    added_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    reason: Mapped[str] = mapped_column(sa.String(200), default="", server_default="")

    __table_args__ = (
        sa.Index("ix_expected_member_branch", "activity_id", "branch_id"),
        sa.Index("ix_expected_member_member", "member_id"),
    )


class CheckIn(Base):
    """签到: one member's record for one activity. ``branch_id`` is the branch that expected them: a transfer moves no count.

    ``via`` is a :class:`CheckInWay`. ``made_up`` marks a 补签 (then ``reason``). ``message_key`` is the inbound
    message that made it. ``answer`` is what the member wrote to the activity's question, if anything.
    """

    __tablename__ = "check_in"

    id: Mapped[Pk]
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"))
    branch_id: Mapped[int] = mapped_column(sa.ForeignKey("branch.id"))
    at: Mapped[datetime] = mapped_column(index=True)
    via: Mapped[str] = mapped_column(sa.String(10), default=CheckInWay.REPLY.value)
    made_up: Mapped[bool] = mapped_column(default=False)
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    message_key: Mapped[str | None] = mapped_column(sa.String(160))
    answer: Mapped[str | None] = mapped_column(Sealed("check_in.answer"))
    recorded_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))

    activity: Mapped[Activity] = relationship()
    member: Mapped[Member] = relationship()

    __table_args__ = (
        one_of("via", CheckInWay),
        sa.UniqueConstraint("activity_id", "member_id"),
        sa.Index("ix_check_in_of_member", "member_id", "at"),
        sa.Index("ix_check_in_counted", "activity_id", "branch_id", "made_up"),
    )


class MakeUpRequest(Base):
    """补签申请: a member asks, the branch decides. ``status`` is a :class:`MakeUpStatus`."""

    __tablename__ = "make_up_request"

    id: Mapped[Pk]
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"), index=True)
    reason: Mapped[str] = mapped_column(sa.String(200))
    status: Mapped[str] = mapped_column(sa.String(10), default=MakeUpStatus.PENDING.value, index=True)
    at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]

    activity: Mapped[Activity] = relationship()
    member: Mapped[Member] = relationship()

    __table_args__ = (one_of("status", MakeUpStatus),)
