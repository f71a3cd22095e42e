"""Who reviews what, beside the reviews themselves: named reviewers, 委托, comments on a passage, 紧急签发, who is to be told."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, Pk
from models.checks import one_of
from models.content import Article, Column
from models.users import User


class ColumnReviewer(Base):
    """One of the persons who alone review a stage of a column; a stage without any is open to every reviewer."""

    __tablename__ = "column_reviewer"

    column_id: Mapped[int] = mapped_column(sa.ForeignKey(Column.id), primary_key=True)
    stage: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id), primary_key=True)


class Handover(Base):
    """委托: from ``first_day`` to ``last_day`` (of Shanghai, both included) ``deputy_id`` may review in the place of ``user_id``.

    ``made_by`` is who arranged it, the person or an administrator. ``ended_at`` is set where it was taken back before its end.
    """

    __tablename__ = "handover"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    deputy_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    first_day: Mapped[date]
    last_day: Mapped[date] = mapped_column(index=True)
    reason: Mapped[str] = mapped_column(sa.String(200))
    made_by: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    made_at: Mapped[datetime]
    ended_by: Mapped[int | None] = mapped_column(sa.ForeignKey(User.id))
    ended_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    deputy: Mapped[User] = relationship(foreign_keys=[deputy_id])


class ReviewComment(Base):
    """批注: what a reviewer says of a passage of the text of one save; ``quote`` is the passage as it stood there.

    ``content_hash`` is that of what was read. The writer answers once and marks it as settled; more is said by another comment.
    """

    __tablename__ = "review_comment"

    id: Mapped[Pk]
    article_id: Mapped[int] = mapped_column(sa.ForeignKey(Article.id), index=True)
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    quote: Mapped[str] = mapped_column(sa.String(200))
    text: Mapped[str] = mapped_column(sa.String(500))
    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    at: Mapped[datetime]
    answer: Mapped[str] = mapped_column(sa.String(500), default="")
    answered_by: Mapped[int | None] = mapped_column(sa.ForeignKey(User.id))
    answered_at: Mapped[datetime | None]
    settled_by: Mapped[int | None] = mapped_column(sa.ForeignKey(User.id))
    settled_at: Mapped[datetime | None]

    user: Mapped[User] = relationship(foreign_keys=[user_id])
    answerer: Mapped[User | None] = relationship(foreign_keys=[answered_by])
    settler: Mapped[User | None] = relationship(foreign_keys=[settled_by])


class ReleaseStatus(StrEnum):
    """Where a 紧急签发 stands; ``content.life`` says what leads where."""

    ASKED = "asked"
    RELEASED = "released"
    SETTLED = "settled"
    VOID = "void"


class Release(Base):
    """紧急签发: two persons take the place of the reviews that are missing, each with a reason, for exactly this content.

    From the second signature on the article counts as approved. ``stage`` is then the next review that has to be made up for
    (补审) until ``due_at``, ``last_stage`` the last one. ``version`` is the save that was read.
    """

    __tablename__ = "emergency_release"

    id: Mapped[Pk]
    article_id: Mapped[int] = mapped_column(sa.ForeignKey(Article.id), index=True)
    status: Mapped[str] = mapped_column(sa.String(10), default=ReleaseStatus.ASKED.value)
    content_hash: Mapped[str] = mapped_column(sa.String(64))
    version: Mapped[int]
    first_by: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    first_reason: Mapped[str] = mapped_column(sa.String(500))
    first_at: Mapped[datetime]
    second_by: Mapped[int | None] = mapped_column(sa.ForeignKey(User.id))
    second_reason: Mapped[str] = mapped_column(sa.String(500), default="")
    second_at: Mapped[datetime | None]
    stage: Mapped[int] = mapped_column(default=0)
    last_stage: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime | None]
    settled_at: Mapped[datetime | None]

    article: Mapped[Article] = relationship()
    first: Mapped[User] = relationship(foreign_keys=[first_by])
    second: Mapped[User | None] = relationship(foreign_keys=[second_by])

    __table_args__ = (
        one_of("status", ReleaseStatus),
        # One at a time: a second person finds the first one's.
        sa.Index(
            "uq_emergency_release_open",
            "article_id",
            unique=True,
            sqlite_where=sa.text("status IN ('asked', 'released')"),
            postgresql_where=sa.text("status IN ('asked', 'released')"),
        ),
        sa.Index("ix_emergency_release_status", "status", "due_at"),
    )


class ReviewAlert(Base):
    """What somebody is to be told of a review outside the console; the scheduler takes it away and tells it.

    One that asks for something says for what: the review of ``article_id`` at this ``stage``, or of a 紧急签发 the second
    signature (``stage`` 0) or the 补审 of this ``stage``. It is told only as long as that waits.
    """

    __tablename__ = "review_alert"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey(User.id))
    text: Mapped[str] = mapped_column(sa.String(300))
    at: Mapped[datetime]
    article_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Article.id))
    release_id: Mapped[int | None] = mapped_column(sa.ForeignKey(Release.id))
    stage: Mapped[int | None]
