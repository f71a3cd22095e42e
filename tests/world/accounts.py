"""People who sign in to the console."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import users
from ground import clock
from models import Branch, User

REVIEWERS = ("first", "second", "third")
"""Whom :func:`reviewers` makes."""


def account(
    session: Session,
    username: str = "admin",
    role: str = "admin",
    *,
    branch: Branch | None = None,
    stage: int | None = None,
    display_name: str = "",
    password_hash: str = "-",
    at: datetime | None = None,
) -> User:
    """Somebody with this role. The default hash is none: nobody signs in by it."""
    return users.create(
        session,
        username=username,
        password_hash=password_hash,
        role=role,
        at=at or clock.now(),
        branch=branch,
        stage=stage,
        display_name=display_name,
    )


def someone(session: Session, role: str = "admin") -> User:
    """Whoever has this role, made where nobody has: for what is done by one of them, no matter who."""
    found = session.scalars(
        sa.select(User).where(User.role == role, User.active.is_(True)).order_by(User.id).limit(1)
    ).one_or_none()
    return found or account(session, f"some-{role}", role)


def reviewers(session: Session) -> list[User]:
    """Three who may review, one for each stage, made where they are missing."""
    there = {
        user.username: user for user in session.scalars(sa.select(User).where(User.username.in_(REVIEWERS)))
    }
    return [there.get(name) or account(session, name, "reviewer") for name in REVIEWERS]
