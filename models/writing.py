"""What is being written just now: what an editor has typed and not saved, and who has an article open to write in it."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from database.base import Base, Json


class ArticleDraft(Base):
    """What one person has typed into one article (or into a new one, ``article_id`` empty) since the last save.

    ``key`` is ``USER:ARTICLE`` or ``USER:new``. ``base_version`` is the save over which it was typed. ``fields`` holds title,
    column, author, digest, cover and source link as they stood in the form, ``html`` the body, cleaned.
    """

    __tablename__ = "article_draft"

    key: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    article_id: Mapped[int | None] = mapped_column(sa.ForeignKey("article.id"), index=True)
    base_version: Mapped[int]
    fields: Mapped[dict[str, Any]] = mapped_column(Json)
    html: Mapped[str] = mapped_column(sa.Text)
    saved_at: Mapped[datetime] = mapped_column(index=True)


class ArticleHold(Base):
    """Who has an article open in an editor: ``tab`` is one window of a browser, ``seen_at`` when it was last heard of."""

    __tablename__ = "article_hold"

    article_id: Mapped[int] = mapped_column(
        sa.ForeignKey("article.id"), primary_key=True, autoincrement=False
    )
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    tab: Mapped[str] = mapped_column(sa.String(32))
    since: Mapped[datetime]
    seen_at: Mapped[datetime]
