"""What guards the accounts: second factors with their recovery codes, and how long a name or an address has to wait."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from database.base import Base, Pk
from database.sealed import Sealed


class SecondFactor(Base):
    """The authenticator app of a user. ``secret`` is base32, sealed; it counts from ``confirmed_at`` on.

    ``last_counter`` is the half minute (Unix time / 30) of the last code that was taken: no code is taken twice.
    """

    __tablename__ = "second_factor"

    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), primary_key=True, autoincrement=False)
    secret: Mapped[str] = mapped_column(Sealed("second_factor.secret"))
    created_at: Mapped[datetime]
    confirmed_at: Mapped[datetime | None]
    last_counter: Mapped[int | None] = mapped_column(sa.BigInteger)


class RecoveryCode(Base):
    """One code for the day on which the phone is lost. Only a keyed hash is kept; ``used_at`` once it was used."""

    __tablename__ = "recovery_code"

    id: Mapped[Pk]
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("user.id"), index=True)
    code_hash: Mapped[str] = mapped_column(sa.String(64), unique=True)
    used_at: Mapped[datetime | None]


class SignInDelay(Base):
    """Wrong tries that were counted together, and until when the next one has to wait.

    ``key`` is a keyed hash of what they have in common (a name from one address, a name in one known browser, an address, a
    name): neither names nor addresses are kept. ``name_key`` leads from a name to its rows.
    """

    __tablename__ = "sign_in_delay"

    key: Mapped[str] = mapped_column(sa.String(64), primary_key=True)
    name_key: Mapped[str | None] = mapped_column(sa.String(64), index=True)
    failures: Mapped[int] = mapped_column(default=0)
    since: Mapped[datetime] = mapped_column(index=True)
    until: Mapped[datetime | None]
