"""Many Word files at once: a batch, and what became of each of its files."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from database.base import Base, Json, Pk
from database.claims import Leased
from models.checks import one_of


class BatchFileStatus(StrEnum):
    """Where a file of a batch stands: it waits for the server, became a draft, or was refused."""

    WAITING = "waiting"
    DONE = "done"
    REFUSED = "refused"


class ImportBatch(Base):
    """批量导入: files that somebody gave at once, for one column. The server takes them one after the other."""

    __tablename__ = "import_batch"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    column_id: Mapped[int] = mapped_column(sa.ForeignKey("column.id"))
    created_at: Mapped[datetime]


class BatchFile(Leased, Base):
    """One file of a batch. ``status`` is a :class:`BatchFileStatus`; ``reason`` says why it was refused.

    ``stored`` names its file under ``data_dir/imports`` while it waits; it is empty where nothing had to be kept, as of a file
    that was refused at the door. ``sha256`` keeps the same file from going in twice in one batch.
    """

    __tablename__ = "batch_file"

    id: Mapped[Pk]
    batch_id: Mapped[int] = mapped_column(sa.ForeignKey("import_batch.id"))
    name: Mapped[str] = mapped_column(sa.String(200))
    sha256: Mapped[str] = mapped_column(sa.String(64))
    stored: Mapped[str] = mapped_column(sa.String(32), default="")
    status: Mapped[str] = mapped_column(sa.String(16), default=BatchFileStatus.WAITING.value)
    reason: Mapped[str] = mapped_column(sa.String(300), default="")
    article_id: Mapped[int | None] = mapped_column(sa.ForeignKey("article.id"))
    warnings: Mapped[list[Any]] = mapped_column(Json, default=list)
    attempts: Mapped[int] = mapped_column(default=0)
    finished_at: Mapped[datetime | None]

    __table_args__ = (
        one_of("status", BatchFileStatus),
        sa.UniqueConstraint("batch_id", "sha256", "name"),
        sa.Index("ix_batch_file_status", "status", "id"),
    )
