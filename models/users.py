"""Users of the console, their sessions and the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from database.base import Base, Json, Pk
from models.places import Branch

ROLES = ("admin", "editor", "reviewer", "secretary", "auditor")
ROLE_NAMES = {
    "admin": "管理员",
    "editor": "编辑",
    "reviewer": "审核员",
    "secretary": "支部书记",
    "auditor": "审计员",
}


class User(Base):
    """A person who signs in. ``stage`` limits a reviewer to one stage (none: any); ``branch_id`` is a secretary's branch.

    ``member_id`` is who the person is on the roster, where an administrator said so: it tells what is somebody's own affair.
    """

    __tablename__ = "user"

    id: Mapped[Pk]
    username: Mapped[str] = mapped_column(sa.String(40), unique=True)
    display_name: Mapped[str] = mapped_column(sa.String(40), default="")
    password_hash: Mapped[str] = mapped_column(sa.String(200))
    role: Mapped[str] = mapped_column(sa.String(12))
    stage: Mapped[int | None]
    branch_id: Mapped[int | None] = mapped_column(sa.ForeignKey("branch.id"))
    member_id: Mapped[int | None] = mapped_column(sa.ForeignKey("member.id"), index=True)
    active: Mapped[bool] = mapped_column(default=True)
    last_login_at: Mapped[datetime | None]
    created_at: Mapped[datetime]

    branch: Mapped[Branch | None] = relationship()

    @property
    def label(self) -> str:
        """What the console calls the person."""
        return self.display_name or self.username


class LoginSession(Base):
    """A signed-in browser. Only the hash of its token is kept, and it can be revoked.

    ``awaits_code``: the password was right, the second factor is still to come. ``browser`` and ``network`` are what its owner
    recognises it by (``Chrome，Windows`` and ``203.0.113.*``); ``last_seen_at`` is true to a minute.
    """

    __tablename__ = "login_session"

    token_hash: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime] = mapped_column(index=True)
    revoked_at: Mapped[datetime | None]
    last_seen_at: Mapped[datetime]
    awaits_code: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
    browser: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")
    network: Mapped[str] = mapped_column(sa.String(40), default="", server_default="")

    user: Mapped[User] = relationship()


class AuditEntry(Base):
    """操作日志: append-only; ``hash`` covers the entry and the hash of the one before.

    ``keyed``: under a key. Entries of the first version were not; ``flask db upgrade`` chains them anew.
    """

    __tablename__ = "audit_entry"

    id: Mapped[Pk]
    at: Mapped[datetime]
    user_id: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"), index=True)
    actor: Mapped[str] = mapped_column(sa.String(60))
    action: Mapped[str] = mapped_column(sa.String(40), index=True)
    subject: Mapped[str] = mapped_column(sa.String(120), default="", index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(Json, default=dict)
    prev_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    hash: Mapped[str] = mapped_column(sa.String(64))
    keyed: Mapped[bool] = mapped_column(default=False, server_default=sa.false())
