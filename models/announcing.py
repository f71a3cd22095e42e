"""What activities are announced from, what was changed of them since, who signed up, and the figures of those long past."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, Pk
from models.activities import Activity
from models.places import Branch
from models.users import User


class ActivityTemplate(Base):
    """活动模板: the office's own wording of one of the kinds in ``community/templates.toml``; no row where it has none."""

    __tablename__ = "activity_template"

    key: Mapped[str] = mapped_column(sa.String(20), primary_key=True)
    name: Mapped[str] = mapped_column(sa.String(20))
    purpose: Mapped[str] = mapped_column(sa.String(300))
    voluntary: Mapped[str] = mapped_column(sa.String(200))
    question: Mapped[str] = mapped_column(sa.String(200), default="")
    expects: Mapped[str] = mapped_column(sa.String(40), default="")
    minutes: Mapped[int]
    keep_months: Mapped[int] = mapped_column(default=0)
    sign_up: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    updated_at: Mapped[datetime]
    updated_by: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))


class ActivityChange(Base):
    """变更说明: what one edit has changed, ``{field: [before, after]}``, or that the activity was called off (``status``).

    ``note`` is the reason. ``told`` of those concerned were sent it, ``silent`` could not be.
    """

    __tablename__ = "activity_change"

    id: Mapped[Pk]
    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), index=True)
    at: Mapped[datetime]
    by: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    fields: Mapped[dict[str, Any]]
    told: Mapped[int] = mapped_column(default=0)
    silent: Mapped[int] = mapped_column(default=0)

    activity: Mapped[Activity] = relationship()
    author: Mapped[User] = relationship()


class SignUp(Base):
    """报名: a member means to come."""

    __tablename__ = "sign_up"

    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), primary_key=True)
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"), primary_key=True)
    at: Mapped[datetime]

    __table_args__ = (sa.Index("ix_sign_up_member", "member_id"),)


class ActivityTotal(Base):
    """The figures of one branch of an activity whose records were kept long enough."""

    __tablename__ = "activity_total"

    activity_id: Mapped[int] = mapped_column(sa.ForeignKey("activity.id"), primary_key=True)
    branch_id: Mapped[int] = mapped_column(sa.ForeignKey("branch.id"), primary_key=True)
    expected: Mapped[int]
    checked_in: Mapped[int]
    made_up: Mapped[int]
    on_leave: Mapped[int] = mapped_column(default=0, server_default="0")

    branch: Mapped[Branch] = relationship()
