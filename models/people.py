"""People: members on the roster, and followers of the account, of whom some are bound to a member."""

from __future__ import annotations

from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, BigId, Pk
from database.sealed import Sealed
from models.places import Branch, Grid


class Member(Base):
    """党员: a person on the roster. The phone is encrypted; ``phone_index`` finds it, ``tail_index`` its last four digits.

    ``natural_key`` tells the same person again at the next import: blind index of phone and name. ``erased_at``: the person was
    erased; the row stays nameless, because the branch's ledger counts it. So does that of a double, whose ``merged_into`` is the
    record of the same person that was kept (no foreign key: a backup is filled in the order of the numbers).
    """

    __tablename__ = "member"

    id: Mapped[Pk]
    name: Mapped[str] = mapped_column(sa.String(60), index=True)
    gender: Mapped[str] = mapped_column(sa.String(4), default="")
    branch_id: Mapped[int] = mapped_column(sa.ForeignKey("branch.id"))
    grid_id: Mapped[int | None] = mapped_column(sa.ForeignKey("grid.id"), index=True)
    phone: Mapped[str | None] = mapped_column(Sealed("member.phone"))
    phone_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32), index=True)
    tail_index: Mapped[bytes | None] = mapped_column(sa.LargeBinary(32), index=True)
    joined_on: Mapped[date | None]
    duty: Mapped[str] = mapped_column(sa.String(40), default="")
    note: Mapped[str] = mapped_column(sa.String(200), default="")
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
    erased_at: Mapped[datetime | None]
    merged_into: Mapped[int | None] = mapped_column(BigId)

    branch: Mapped[Branch] = relationship()
    grid: Mapped[Grid | None] = relationship()

    __table_args__ = (sa.Index("ix_member_branch_active", "branch_id", "active"),)


class Follower(Base):
    """粉丝: an openid that follows, or followed, the account; bound to at most one member.

    After unfollowing, ``openid`` is replaced by a random pseudonym, the member is unbound and ``gone`` is set: WeChat's rules
    demand that the data of that user be deleted, while the branch's ledger keeps the check-in, which hangs on the member.
    ``scene_branch_id`` is the branch whose QR code brought the follower. ``consent_asked_at``: since when a bound follower is
    asked to agree to a text that was changed. ``visits_over_at``: visits to 我的资料 that began before are over.
    """

    __tablename__ = "follower"

    id: Mapped[Pk]
    openid: Mapped[str] = mapped_column(sa.String(64), unique=True)
    unionid: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    subscribed: Mapped[bool] = mapped_column(default=True)
    gone: Mapped[bool] = mapped_column(default=False)
    subscribed_at: Mapped[datetime | None]
    unsubscribed_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime | None]
    scene: Mapped[str] = mapped_column(sa.String(64), default="")
    scene_branch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("branch.id"))
    member_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"), unique=True)
    bound_at: Mapped[datetime | None]
    consent_version: Mapped[str] = mapped_column(sa.String(20), default="")
    consent_at: Mapped[datetime | None]
    consent_asked_at: Mapped[datetime | None]
    bind_failures: Mapped[int] = mapped_column(default=0)
    bind_locked_at: Mapped[datetime | None]
    bind_locked_until: Mapped[datetime | None]
    muted_columns: Mapped[str] = mapped_column(sa.String(200), default="")
    large_text: Mapped[bool] = mapped_column(default=False)
    visits_over_at: Mapped[datetime | None]

    member: Mapped[Member | None] = relationship()

    __table_args__ = (
        sa.CheckConstraint("NOT (gone AND member_id IS NOT NULL)", name="binding"),
        sa.Index("ix_follower_subscribed_member", "subscribed", "member_id"),
    )


class TagChange(Base):
    """A tag that a follower must get or lose at WeChat; written with the change, sent by the scheduler, then removed."""

    __tablename__ = "tag_change"

    id: Mapped[Pk]
    openid: Mapped[str] = mapped_column(sa.String(64), index=True)
    kind: Mapped[str] = mapped_column(sa.String(12))  # branch | community
    target_id: Mapped[int]
    add: Mapped[bool]
    attempts: Mapped[int] = mapped_column(default=0)
    due_at: Mapped[datetime] = mapped_column(index=True)
    error: Mapped[str] = mapped_column(sa.String(200), default="")


class FollowerTag(Base):
    """What tags a follower has at WeChat, as far as we know (from our own tagging and from ``flask follower sync``)."""

    __tablename__ = "follower_tag"

    openid: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    tag_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)

    __table_args__ = (sa.Index("ix_follower_tag_tag", "tag_id", "openid"),)


class WeChatTag(Base):
    """A tag of the account as WeChat lists it, ours or the owner's; written by each sync of the followers."""

    __tablename__ = "wechat_tag"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str] = mapped_column(sa.String(60))
    seen_at: Mapped[datetime]


class ImportRun(Base):
    """One import of an Excel or Word file: who, when, what came of it (no personal data)."""

    __tablename__ = "import_run"

    id: Mapped[Pk]
    kind: Mapped[str] = mapped_column(sa.String(20))
    file_name: Mapped[str] = mapped_column(sa.String(200))
    file_sha256: Mapped[str] = mapped_column(sa.String(64))
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    at: Mapped[datetime]
    created: Mapped[int] = mapped_column(default=0)
    updated: Mapped[int] = mapped_column(default=0)
    unchanged: Mapped[int] = mapped_column(default=0)
    failed: Mapped[int] = mapped_column(default=0)
    unwritten: Mapped[int] = mapped_column(default=0, server_default="0")
    """Changes of the file that are not in the table yet; what is left of an import that was cut off."""
    undone: Mapped[int | None]
    """How many people an undoing of the import brought back, None while it was not undone."""
    undone_at: Mapped[datetime | None]


class ImportChange(Base):
    """What an import of the roster did to one member, kept while the import can be undone.

    ``before`` holds the columns that it changed as they were (JSON, encrypted), empty for somebody whom it added. The member
    was not touched since as long as its ``updated_at`` is ``written_at``.
    """

    __tablename__ = "import_change"

    id: Mapped[Pk]
    run_id: Mapped[int] = mapped_column(sa.ForeignKey("import_run.id"))
    member_id: Mapped[int] = mapped_column(sa.ForeignKey("member.id"), index=True)
    written_at: Mapped[datetime]
    before: Mapped[str | None] = mapped_column(Sealed("import_change.before"))

    __table_args__ = (sa.UniqueConstraint("run_id", "member_id"),)
