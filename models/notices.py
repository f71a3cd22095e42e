"""订阅通知: what followers have agreed to be sent by a template of WeChat's subscription notices."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from database.base import Base, Pk


class NoticeConsent(Base):
    """订阅同意: how often a follower agreed to one notice of a template, and how many of these are spent.

    The same tap may be told by WeChat's event (``told``), by our page (``seen``), or by both; none of them tells all. So what
    was given for certain is the larger of the two, and what is left is that less ``spent``. ``granted_at`` is when they last
    agreed (UTC), ``refused_at`` when they last refused; a refusal voids what was left.
    """

    __tablename__ = "notice_consent"

    id: Mapped[Pk]
    follower_id: Mapped[int] = mapped_column(sa.ForeignKey("follower.id"))
    template_id: Mapped[str] = mapped_column(sa.String(64), index=True)
    told: Mapped[int] = mapped_column(default=0)
    seen: Mapped[int] = mapped_column(default=0)
    spent: Mapped[int] = mapped_column(default=0)
    granted_at: Mapped[datetime | None]
    refused_at: Mapped[datetime | None]

    __table_args__ = (sa.UniqueConstraint("follower_id", "template_id"),)
