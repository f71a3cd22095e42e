"""Content: columns, articles with revisions and reviews, and pictures by the hash of their bytes."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, Json, Pk
from models.checks import one_of
from models.users import User


class ArticleStatus(StrEnum):
    """Where an article stands; ``content.life`` says what leads where."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    RETURNED = "returned"
    APPROVED = "approved"
    QUEUED = "queued"
    PLANNED = "planned"
    PUBLISHING = "publishing"
    PUBLISHED = "published"
    RETRACTED = "retracted"
    CORRECTED = "corrected"
    ARCHIVED = "archived"


class Column(Base):
    """栏目. ``key`` stands in URLs (``study``, ``news``); ``slots`` are its recurring times.

    A slot is ``{"weekdays": [0..6, Monday is 0], "time": "08:00", "audience": "all", "active": true}``, in Shanghai's time;
    ``content.slots`` says what else may stand in it.
    ``review_stages`` is how many reviews its articles pass; None: as many as the office's setting says.
    """

    __tablename__ = "column"

    id: Mapped[Pk]
    key: Mapped[str] = mapped_column(sa.String(20), unique=True)
    name: Mapped[str] = mapped_column(sa.String(20), unique=True)
    description: Mapped[str] = mapped_column(sa.String(120), default="")
    sort: Mapped[int] = mapped_column(default=0)
    slots: Mapped[list[Any]] = mapped_column(Json, default=list)
    active: Mapped[bool] = mapped_column(default=True)
    review_stages: Mapped[int | None]


class Asset(Base):
    """A picture, kept as a file named by the hash of its bytes. What WeChat gave for it is cached here.

    ``wechat_url`` comes from ``media/uploadimg`` (bodies), ``media_id`` from ``material/add_material`` (covers).
    """

    __tablename__ = "asset"

    sha256: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    media_type: Mapped[str] = mapped_column(sa.String(40))
    width: Mapped[int]
    height: Mapped[int]
    size_bytes: Mapped[int]
    wechat_url: Mapped[str] = mapped_column(sa.String(500), default="")
    media_id: Mapped[str] = mapped_column(sa.String(200), default="")
    created_at: Mapped[datetime]


class Article(Base):
    """稿件: the present state of a piece of content.

    ``status`` is an :class:`ArticleStatus`.
    ``stage`` is the review stage (1..n) that is awaited while in review. ``hash`` is the sha256 over title, author, digest,
    body, cover and column; every approval is bound to it. ``version`` counts saves and guards against stale tabs.
    ``cleaned_by_rules`` is the edition of the rules by which the body was cleaned (``content.allowed.RULES``).
    ``cover_square`` is the left edge of the square that is cut from the cover, in thousandths of its width; None: the middle.
    ``review_stages`` is what its column demanded when it was handed in (None: the office's setting); ``waits_since`` is from when
    the stage is awaited (None: since it was handed in), ``reminded_at`` when its reviewers were reminded of it.
    """

    __tablename__ = "article"

    id: Mapped[Pk]
    column_id: Mapped[int] = mapped_column(sa.ForeignKey("column.id"), index=True)
    title: Mapped[str] = mapped_column(sa.String(120))
    author: Mapped[str] = mapped_column(sa.String(40), default="")
    digest: Mapped[str] = mapped_column(sa.String(300), default="")
    html: Mapped[str] = mapped_column(sa.Text, default="")
    cover_sha256: Mapped[str | None] = mapped_column(sa.ForeignKey("asset.sha256"))
    cover_square: Mapped[int | None]
    source_url: Mapped[str] = mapped_column(sa.String(500), default="")
    status: Mapped[str] = mapped_column(sa.String(16), default=ArticleStatus.DRAFT.value)
    stage: Mapped[int] = mapped_column(default=0)
    review_stages: Mapped[int | None]
    waits_since: Mapped[datetime | None]
    reminded_at: Mapped[datetime | None]
    hash: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int] = mapped_column(default=1)
    created_by: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    submitted_at: Mapped[datetime | None]
    queued_at: Mapped[datetime | None]
    queue_position: Mapped[int | None]
    published_at: Mapped[datetime | None]
    published_url: Mapped[str] = mapped_column(sa.String(500), default="")
    wechat_article_id: Mapped[str] = mapped_column(sa.String(100), default="")
    msg_data_id: Mapped[str] = mapped_column(sa.String(40), default="")
    warnings: Mapped[list[Any]] = mapped_column(Json, default=list)
    cleaned_by_rules: Mapped[int] = mapped_column(default=0, server_default="0")

    column: Mapped[Column] = relationship()
    creator: Mapped[User] = relationship()
    reviews: Mapped[list[Review]] = relationship(back_populates="article", order_by="Review.id")

    __table_args__ = (
        one_of("status", ArticleStatus),
        sa.Index("ix_article_column_published", "column_id", "status", "published_at"),
        sa.Index("ix_article_queue", "column_id", "status", "queue_position"),
        sa.Index("ix_article_status", "status", "updated_at"),
        sa.Index("ix_article_updated_at", "updated_at", "id"),
    )


class ArticleRevision(Base):
    """What an article was at one save; never changed, so that a review can be held against what was read.

    ``saved_by`` is empty where the house did it itself; ``note`` says what is special about a save. ``source_url`` is None for a
    save of the time when only the hash knew the link.
    """

    __tablename__ = "article_revision"

    id: Mapped[Pk]
    article_id: Mapped[int] = mapped_column(sa.ForeignKey("article.id"), index=True)
    version: Mapped[int]
    title: Mapped[str] = mapped_column(sa.String(120))
    author: Mapped[str] = mapped_column(sa.String(40))
    digest: Mapped[str] = mapped_column(sa.String(300))
    html: Mapped[str] = mapped_column(sa.Text)
    cover_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    cover_square: Mapped[int | None]
    source_url: Mapped[str | None] = mapped_column(sa.String(500))
    column_id: Mapped[int]
    hash: Mapped[str] = mapped_column(sa.String(64))
    saved_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    saved_at: Mapped[datetime]
    note: Mapped[str] = mapped_column(sa.String(120), default="", server_default="")

    __table_args__ = (sa.UniqueConstraint("article_id", "version"),)


class Review(Base):
    """审核: one decision of one person at one stage, bound to the hash of what was read.

    ``decision`` is approved (then ``reason`` is an opinion, or empty) or returned (then it says why). ``void`` is set when the
    article was edited afterwards. ``instead_of`` is in whose place the person decided, by a 委托. ``release_id`` is the 紧急签发
    after which the review was made up for.
    """

    __tablename__ = "review"

    id: Mapped[Pk]
    article_id: Mapped[int] = mapped_column(sa.ForeignKey("article.id"), index=True)
    stage: Mapped[int]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    decision: Mapped[str] = mapped_column(sa.String(10))
    reason: Mapped[str] = mapped_column(sa.String(500), default="")
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    at: Mapped[datetime]
    void: Mapped[bool] = mapped_column(default=False)
    instead_of: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    release_id: Mapped[int | None] = mapped_column(sa.ForeignKey("emergency_release.id"))

    article: Mapped[Article] = relationship(back_populates="reviews")
    user: Mapped[User] = relationship(foreign_keys=[user_id])
    principal: Mapped[User | None] = relationship(foreign_keys=[instead_of])
