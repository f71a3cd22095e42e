"""转群包: what a person may pass on to a group, and how often the links that were passed on have been opened."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, BigId, Pk
from models.groups import ChatGroup
from models.pushes import Delivery, Push


class Kit(Base):
    """转群包: text, poster and link of a push for one group, made for one call.

    ``token`` stands in its addresses and cannot be guessed. ``forwarded_at`` is when its forwarder said that it was passed on:
    of their own accord, and nobody is told who did not.
    """

    __tablename__ = "kit"

    id: Mapped[Pk]
    push_id: Mapped[int] = mapped_column(sa.ForeignKey("push.id"), index=True)
    delivery_id: Mapped[int] = mapped_column(sa.ForeignKey("delivery.id"), unique=True)
    group_id: Mapped[int] = mapped_column(sa.ForeignKey("chat_group.id"), index=True)
    token: Mapped[str] = mapped_column(sa.String(32), unique=True)
    made_at: Mapped[datetime]
    forwarded_at: Mapped[datetime | None]

    push: Mapped[Push] = relationship()
    delivery: Mapped[Delivery] = relationship()
    group: Mapped[ChatGroup] = relationship()


class LinkOpening(Base):
    """打开次数: how often a link of a push that went by a road to a branch's group was opened on a day (of Shanghai).

    ``branch_id`` is 0 where it went to no branch. Nothing here tells who opened.
    """

    __tablename__ = "link_opening"

    push_id: Mapped[int] = mapped_column(sa.ForeignKey("push.id"), primary_key=True)
    road: Mapped[str] = mapped_column(sa.String(16), primary_key=True)
    branch_id: Mapped[int] = mapped_column(BigId, primary_key=True, autoincrement=False)
    day: Mapped[date] = mapped_column(primary_key=True)
    opens: Mapped[int] = mapped_column(default=0)
