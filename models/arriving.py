"""Ways to a check-in beside the plain reply: the code on a screen, what it was used with, and leave."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, Pk
from database.sealed import Sealed
from models.activities import Activity
from models.checks import one_of
from models.people import Member


class LeaveWay(StrEnum):
    """How a member asked for leave."""

    REPLY = "reply"
    PAGE = "page"


class CheckInScreen(Base):
    """签到屏: the changing code of one activity. The codes are made of ``secret`` and the time; none of them is stored.

    ``code_only``: a plain 签到 does not count, for who is there sees the code. ``network`` is a mark, good for this activity
    alone, of the network in which the screen stands: people there share it.
    """

    __tablename__ = "check_in_screen"

    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), primary_key=True)
    secret: Mapped[str] = mapped_column(Sealed("check_in_screen.secret"))
    code_only: Mapped[bool] = mapped_column(default=False)
    network: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    started_at: Mapped[datetime]
    started_by: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))


class CodeTry(Base):
    """Wrong codes of a follower: how many since ``first_at``, so that nobody can try them all."""

    __tablename__ = "code_try"

    follower_id: Mapped[int] = mapped_column(sa.ForeignKey("follower.id"), primary_key=True)
    failures: Mapped[int]
    first_at: Mapped[datetime] = mapped_column(index=True)


class Arrival(Base):
    """到场痕迹: with what a code was used, as marks that are good for this activity alone and can be turned back into nothing.

    Shown to the branch where it is odd (one phone for many people), and deleted after some days. ``step`` is which code it was.
    """

    __tablename__ = "arrival"

    id: Mapped[Pk]
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"), index=True)
    at: Mapped[datetime] = mapped_column(index=True)
    step: Mapped[int] = mapped_column(sa.BigInteger)
    wechat: Mapped[bytes] = mapped_column(sa.LargeBinary(16))
    device: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))
    network: Mapped[bytes | None] = mapped_column(sa.LargeBinary(16))


class Leave(Base):
    """请假: a member says that they will not come to an activity, with or without a reason. Whoever comes all the same, came.

    ``via`` is a :class:`LeaveWay`. It counts for the branch that expects the member (:mod:`community.expected`).
    """

    __tablename__ = "activity_leave"

    id: Mapped[Pk]
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"))
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"), index=True)
    reason: Mapped[str] = mapped_column(Sealed("activity_leave.reason"))
    via: Mapped[str] = mapped_column(sa.String(10))
    at: Mapped[datetime]

    activity: Mapped[Activity] = relationship()
    member: Mapped[Member] = relationship()

    __table_args__ = (
        one_of("via", LeaveWay),
        sa.UniqueConstraint("activity_id", "member_id"),
    )
