"""Places: 3 areas → 14 communities → 120 grids; and the branches, which are units of people."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, Pk


class Area(Base):
    """片区: a group of communities."""

    __tablename__ = "area"

    id: Mapped[Pk]
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    sort: Mapped[int] = mapped_column(default=0)


class Community(Base):
    """社区. ``tag_id`` is the WeChat tag of its followers, once made."""

    __tablename__ = "community"

    id: Mapped[Pk]
    area_id: Mapped[int] = mapped_column(sa.ForeignKey("area.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    sort: Mapped[int] = mapped_column(default=0)
    tag_id: Mapped[int | None]

    area: Mapped[Area] = relationship()


class Grid(Base):
    """网格. There are more grids (120) than an account may have tags (100), so grids have none."""

    __tablename__ = "grid"

    id: Mapped[Pk]
    community_id: Mapped[int] = mapped_column(sa.ForeignKey("community.id"), index=True)
    name: Mapped[str] = mapped_column(sa.String(40), unique=True)
    sort: Mapped[int] = mapped_column(default=0)

    community: Mapped[Community] = relationship()


class Branch(Base):
    """党支部: the unit of audience and of data scope.

    ``scene`` is the scene of its QR code (``branch-<id>``); ``tag_id`` its WeChat tag, ``tag_name`` at most 30 bytes.
    """

    __tablename__ = "branch"

    id: Mapped[Pk]
    name: Mapped[str] = mapped_column(sa.String(60), unique=True)
    short_name: Mapped[str] = mapped_column(sa.String(30), default="")
    community_id: Mapped[int | None] = mapped_column(sa.ForeignKey("community.id"), index=True)
    sort: Mapped[int] = mapped_column(default=0)
    tag_id: Mapped[int | None]
    qr_ticket: Mapped[str] = mapped_column(sa.String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)

    community: Mapped[Community | None] = relationship()

    @property
    def scene(self) -> str:
        """Scene of the branch's QR code; the letters keep it from being mistaken for a number."""
        return f"branch-{self.id}"

    @hybrid_property
    def label(self) -> str:
        """What people read everywhere: the short name where there is one. Documents of the office have the full ``name``."""
        return self.short_name or self.name

    @label.inplace.expression
    @classmethod
    def _label(cls) -> sa.ColumnElement[str]:
        return sa.func.coalesce(sa.func.nullif(cls.short_name, sa.literal_column("''")), cls.name)


class BranchName(Base):
    """A name by which rosters called a branch, as somebody decided while importing one.

    ``key`` is the name as :class:`community.places.BranchIndex` compares names.
    """

    __tablename__ = "branch_name"

    id: Mapped[Pk]
    key: Mapped[str] = mapped_column(sa.String(60), unique=True)
    name: Mapped[str] = mapped_column(sa.String(60))
    branch_id: Mapped[int] = mapped_column(sa.ForeignKey("branch.id"), index=True)
    kept_at: Mapped[datetime]

    branch: Mapped[Branch] = relationship()
