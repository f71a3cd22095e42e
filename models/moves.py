"""Where members were when: each change of branch, one by one and in batches."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, Pk
from models.places import Branch
from models.users import User


class MemberTransfer(Base):
    """批量转移: people moved to one branch in one act. ``people`` is how many; ``taken_back_at`` is set when it was undone."""

    __tablename__ = "member_transfer"

    id: Mapped[Pk]
    branch_id: Mapped[int] = mapped_column(sa.ForeignKey("branch.id"))
    moved_on: Mapped[date]
    reason: Mapped[str] = mapped_column(sa.String(200))
    people: Mapped[int]
    at: Mapped[datetime]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"))
    taken_back_at: Mapped[datetime | None]
    taken_back_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))

    branch: Mapped[Branch] = relationship()
    user: Mapped[User] = relationship(foreign_keys=[user_id])


class MemberMove(Base):
    """One member's change of branch. Without ``to_branch_id`` they left the roster, without ``from_branch_id`` they came back.

    ``moved_on`` is the day on which it took place, as the office says; ``at`` when it was written. ``transfer_id`` is the batch.
    """

    __tablename__ = "member_move"

    id: Mapped[Pk]
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"), index=True)
    from_branch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("branch.id"))
    to_branch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("branch.id"))
    moved_on: Mapped[date]
    reason: Mapped[str] = mapped_column(sa.String(200), default="")
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    transfer_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member_transfer.id"), index=True)

    origin: Mapped[Branch | None] = relationship(foreign_keys=[from_branch_id])
    target: Mapped[Branch | None] = relationship(foreign_keys=[to_branch_id])
    user: Mapped[User | None] = relationship()
