"""The machinery's own rows: shared tokens, the lease of the instance, small settings."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from database.base import Base, UtcDateTime
from database.claims import Leased
from database.sealed import Sealed


class SharedToken(Leased, Base):
    """An access token or ticket that all threads and processes share, with the lock of the one that fetches the next."""

    __tablename__ = "shared_token"

    name: Mapped[str] = mapped_column(sa.String(80), primary_key=True)
    value: Mapped[str | None] = mapped_column(Sealed("shared_token.value"))
    expires_at: Mapped[datetime | None]
    fetched_at: Mapped[datetime | None]
    lease_owner: Mapped[str] = mapped_column("lock_owner", sa.String(80), default="")
    lease_until: Mapped[datetime | None] = mapped_column("lock_until", UtcDateTime())
    forced_at: Mapped[datetime | None]
    forced_day: Mapped[str] = mapped_column(sa.String(10), default="")
    forced_count: Mapped[int] = mapped_column(default=0)
    halted: Mapped[str] = mapped_column(sa.String(200), default="")


class Setting(Base):
    """A small value that the product keeps for itself (instance id, last follower sync, ...)."""

    __tablename__ = "setting"

    name: Mapped[str] = mapped_column(sa.String(60), primary_key=True)
    value: Mapped[str] = mapped_column(sa.Text)
    updated_at: Mapped[datetime]


class CallRest(Base):
    """A group of WeChat calls that rests (quota used up, stopped for the administrator) until a moment, with the reason."""

    __tablename__ = "call_rest"

    group: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    until: Mapped[datetime]
    reason: Mapped[str] = mapped_column(sa.String(300))
    code: Mapped[int | None]


class RetentionRun(Base):
    """What the last run of the retention job did to one kind of datum. A run that was cut off has no ``finished_at``.

    ``removed`` counts in the last run, ``total`` in all runs: counts only, never whose.
    """

    __tablename__ = "retention_run"

    kind: Mapped[str] = mapped_column(sa.String(40), primary_key=True)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    removed: Mapped[int] = mapped_column(default=0)
    total: Mapped[int] = mapped_column(default=0)


class InstanceLease(Base):
    """Which instance may send. A restored backup or a second server finds another fingerprint and stays read-only."""

    __tablename__ = "instance_lease"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    fingerprint: Mapped[str] = mapped_column(sa.String(80))
    confirmed_by: Mapped[int | None] = mapped_column(sa.ForeignKey("user.id"))
    confirmed_at: Mapped[datetime | None]
