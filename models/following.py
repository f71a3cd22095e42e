"""A sync of the followers with WeChat's own list: how far it has come, and what it has read."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, Pk
from database.claims import Leased
from models.users import User


class SyncRun(Leased, Base):
    """One pull of the list: at most one is open (``open_key``), and one is begun a ``night`` (its day in Shanghai) by the clock.

    ``cursor`` is the openid after which WeChat is asked for the next page (empty once it is over), ``listed`` how many were read,
    ``total`` how many WeChat says there are. ``by`` is what began it where no user did. ``drift``: tags that differed from the
    roster.
    """

    __tablename__ = "sync_run"

    id: Mapped[Pk]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    by: Mapped[str] = mapped_column(sa.String(20), default="")
    night: Mapped[str | None] = mapped_column(sa.String(10), unique=True)
    open_key: Mapped[str | None] = mapped_column(sa.String(8), unique=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    cursor: Mapped[str] = mapped_column(sa.String(64), default="")
    all_read: Mapped[bool] = mapped_column(default=False)
    listed: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)
    added: Mapped[int] = mapped_column(default=0)
    gone: Mapped[int] = mapped_column(default=0)
    drift: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(sa.String(300), default="")

    user: Mapped[User | None] = relationship()

    @property
    def who(self) -> str:
        """Who had it done, in words."""
        return self.user.label if self.user else self.by


class ListedFollower(Base):
    """An openid of the list that is being read: until the whole list is there, nothing is done by it.

    Who leaves meanwhile is taken out of it, so that nobody comes back by a page that was read before.
    """

    __tablename__ = "listed_follower"

    openid: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
