"""更正与撤回 after publication: what was found, what readers are told, and what WeChat was asked to take away."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, Pk
from models.checks import one_of
from models.content import Article
from models.users import User


class CorrectionKind(StrEnum):
    """What shall become of what is out."""

    CORRECT = "correct"
    RETRACT = "retract"


class CorrectionStatus(StrEnum):
    """Where it stands; ``content.corrections`` says what leads where."""

    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class RemovalStatus(StrEnum):
    """What became of a page that WeChat has: of a retraction it is asked to delete it, of a correction it keeps it as it was."""

    KEPT = "kept"
    WANTED = "wanted"
    DONE = "done"
    REFUSED = "refused"
    MENDED = "mended"


class Correction(Base):
    """更正 or 撤回 of a published article; the register of both is the list of these.

    ``draft_id`` is the article in which the corrected text is written and reviewed. ``reason`` is for the office, ``note`` for
    readers. ``due_at`` is until when it should be done. ``removals_made``: which pages WeChat has of it has been written down.
    ``notified`` is how many of those who had received the article were sent the note. ``reworded_by`` is who wrote the note as it
    is now, where it is not who asked.
    """

    __tablename__ = "correction"

    id: Mapped[Pk]
    article_id: Mapped[int] = mapped_column(sa.ForeignKey("article.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(10))
    draft_id: Mapped[int | None] = mapped_column(sa.ForeignKey("article.id"), unique=True)
    reason: Mapped[str] = mapped_column(sa.String(500))
    note: Mapped[str] = mapped_column(sa.String(300))
    status: Mapped[str] = mapped_column(sa.String(10), default=CorrectionStatus.OPEN.value)
    asked_by: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    decided_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    decided_at: Mapped[datetime | None]
    removals_made: Mapped[bool] = mapped_column(default=False)
    notified: Mapped[int] = mapped_column(default=0)
    reworded_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))

    article: Mapped[Article] = relationship(foreign_keys=[article_id])
    asker: Mapped[User] = relationship(foreign_keys=[asked_by])
    decider: Mapped[User | None] = relationship(foreign_keys=[decided_by])

    __table_args__ = (
        one_of("kind", CorrectionKind),
        one_of("status", CorrectionStatus),
        # One at a time: a second person finds the first one's.
        sa.Index(
            "uq_correction_open",
            "article_id",
            unique=True,
            sqlite_where=sa.text("status = 'open'"),
            postgresql_where=sa.text("status = 'open'"),
        ),
        sa.Index("ix_correction_status", "status", "due_at"),
        # Asked for each second; all that were ever done stay.
        sa.Index(
            "ix_correction_unmade",
            "id",
            sqlite_where=sa.text("status = 'done' AND removals_made IS 0"),
            postgresql_where=sa.text("status = 'done' AND removals_made IS false"),
        ),
    )


class Removal(Base):
    """One page at WeChat of what was taken back or corrected: the article at ``position`` (from 1) of a road's job ``msg_id``.

    ``due_at`` is when to ask (again) to delete it, ``done_by`` who deleted or mended it by hand at WeChat's site.
    """

    __tablename__ = "removal"

    id: Mapped[Pk]
    correction_id: Mapped[int] = mapped_column(sa.ForeignKey("correction.id"), index=True)
    road: Mapped[str] = mapped_column(sa.String(20))
    msg_id: Mapped[str] = mapped_column(sa.String(40))
    position: Mapped[int]
    status: Mapped[str] = mapped_column(sa.String(10), default=RemovalStatus.WANTED.value)
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime]
    error: Mapped[str] = mapped_column(sa.String(300), default="")
    done_at: Mapped[datetime | None]
    done_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))

    correction: Mapped[Correction] = relationship()
    doer: Mapped[User | None] = relationship()

    __table_args__ = (
        one_of("status", RemovalStatus),
        sa.UniqueConstraint("correction_id", "road", "msg_id"),
        sa.Index(
            "ix_removal_wanted",
            "due_at",
            sqlite_where=sa.text("status = 'wanted'"),
            postgresql_where=sa.text("status = 'wanted'"),
        ),
    )
