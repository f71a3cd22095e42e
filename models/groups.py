"""群: a branch's groups outside of the account's own reach, and who passes things on to them."""

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


class GroupKind(StrEnum):
    """What a group is: of WeCom, where a robot may speak, or of ordinary WeChat, where only people can."""

    WECOM = "wecom"
    WECHAT = "wechat"


class ChatGroup(Base):
    """群: one group of a branch (``branch_id`` None: of the whole street, for what goes to everybody).

    ``robot`` is the key of its group robot, sealed, and ``robot_hint`` the last four characters of it. ``forwarder_id``
    is the member who passes things on to it. ``archived_at`` is when it was given up; it never comes back.
    """

    __tablename__ = "chat_group"

    id: Mapped[Pk]
    branch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("branch.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    kind: Mapped[str] = mapped_column(sa.String(10))
    robot: Mapped[str | None] = mapped_column(Sealed("chat_group.robot"))
    robot_hint: Mapped[str] = mapped_column(sa.String(8), default="")
    forwarder_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"), index=True)
    archived_at: Mapped[datetime | None]
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    created_at: Mapped[datetime]
    version: Mapped[int] = mapped_column(default=1)

    branch: Mapped[Branch | None] = relationship()
    forwarder: Mapped[Member | None] = relationship()
    creator: Mapped[User] = relationship()

    __table_args__ = (one_of("kind", GroupKind),)
