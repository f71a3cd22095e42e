"""登录设备: the browsers that are signed in, and how their sessions end.

A session ends at its hour, after an idle while, when its owner or an administrator ends it, when the password changes. Only
the hash of a token is kept, the browser's family, and the network part of the address.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from database.claims import changed
from models import LoginSession, SecondFactor, User
from settings import Limits

TOUCH_EVERY = timedelta(minutes=1)
CODE_PATIENCE = timedelta(minutes=10)
_AHEAD = timedelta(minutes=5)  # a session from further in the future was opened under a wrong clock
_HANDLE_CHARS = 16


@dataclass(frozen=True)
class Browser:
    """What the owner recognises a session by: ``name`` (``Chrome，Windows``) and ``network`` (``203.0.113.*``)."""

    name: str = ""
    network: str = ""


@dataclass(frozen=True)
class Standing:
    """A living session: whose it is, whether the second factor is set up, and whether its code is still to come."""

    user: User
    session: LoginSession
    has_factor: bool


def open_session(
    session: Session,
    user: User,
    *,
    hours: int,
    at: datetime,
    browser: Browser = Browser(),
    awaits_code: bool = False,
) -> str:
    """Open a session; the token goes to the browser, only its hash stays here. One that awaits a code lives ten minutes."""
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            token_hash=token_hash(token),
            user_id=user.id,
            created_at=at,
            expires_at=at + (CODE_PATIENCE if awaits_code else timedelta(hours=hours)),
            last_seen_at=at,
            awaits_code=awaits_code,
            browser=browser.name[:40],
            network=browser.network[:40],
        )
    )
    session.flush()
    return token


def standing(session: Session, token: str, *, at: datetime, limits: Limits) -> Standing | None:
    """The living session of this token with its user (and branch), or None if unknown, over, idle for too long, or ended."""
    if not token:
        return None
    row = session.execute(
        sa.select(LoginSession, User, SecondFactor.confirmed_at)
        .join(User, LoginSession.user_id == User.id)
        .outerjoin(SecondFactor, SecondFactor.user_id == User.id)
        .options(joinedload(User.branch))
        .where(
            LoginSession.token_hash == token_hash(token),
            *_living(at, limits),
            User.active.is_(True),
        )
    ).one_or_none()
    return None if row is None else Standing(row[1], row[0], row[2] is not None)


def signed_in_user(session: Session, token: str, *, at: datetime, limits: Limits = Limits()) -> User | None:
    """Whose session this is (with branch), or None; a session whose code is still to come is nobody's."""
    found = standing(session, token, at=at, limits=limits)
    return None if found is None or found.session.awaits_code else found.user


def was_ended(session: Session, token: str, *, at: datetime) -> bool:
    """Whether somebody ended this session before its hour: its owner elsewhere, an administrator, a change of the password."""
    found = sa.select(LoginSession.token_hash).where(
        LoginSession.token_hash == token_hash(token),
        LoginSession.revoked_at.is_not(None),
        LoginSession.expires_at > at,
    )
    return bool(token) and session.scalar(found) is not None


def needs_touch(row: LoginSession, at: datetime) -> bool:
    """Whether the moment of last use is more than a minute off."""
    return abs(at - row.last_seen_at) >= TOUCH_EVERY


def touch(session: Session, row: LoginSession, *, at: datetime) -> None:
    """Remember that the session was used; whoever comes second within the minute writes nothing."""
    session.execute(
        sa.update(LoginSession)
        .where(LoginSession.token_hash == row.token_hash, LoginSession.last_seen_at == row.last_seen_at)
        .values(last_seen_at=at)
        .execution_options(synchronize_session=False)
    )


def listing(session: Session, user_id: int, *, at: datetime, limits: Limits) -> list[LoginSession]:
    """The living sessions of a user, the last used first."""
    return list(
        session.scalars(
            sa.select(LoginSession)
            .where(LoginSession.user_id == user_id, LoginSession.awaits_code.is_(False), *_living(at, limits))
            .order_by(LoginSession.last_seen_at.desc())
        )
    )


def handle(row: LoginSession) -> str:
    """What a page calls a session; it opens nothing."""
    return row.token_hash[:_HANDLE_CHARS]


def end(session: Session, user_id: int, called: str, *, at: datetime) -> bool:
    """End one session of this user by its handle; whether there was one."""
    if len(called) != _HANDLE_CHARS or not called.isalnum():
        return False
    return (
        _revoke(session, at, LoginSession.user_id == user_id, LoginSession.token_hash.startswith(called)) > 0
    )


def revoke(session: Session, token: str, *, at: datetime) -> None:
    """Sign out: the token is worth nothing from now on."""
    _revoke(session, at, LoginSession.token_hash == token_hash(token))


def revoke_all(session: Session, user_id: int, *, at: datetime) -> int:
    """End every session of a user (password changed, account deactivated, device lost); how many there were."""
    return _revoke(session, at, LoginSession.user_id == user_id)


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def _living(at: datetime, limits: Limits) -> list[sa.ColumnElement[bool]]:
    conditions: list[sa.ColumnElement[bool]] = [
        LoginSession.revoked_at.is_(None),
        LoginSession.expires_at > at,
        LoginSession.created_at <= at + _AHEAD,
    ]
    if limits.session_idle_minutes:
        conditions.append(LoginSession.last_seen_at > at - timedelta(minutes=limits.session_idle_minutes))
    return conditions


def _revoke(session: Session, at: datetime, *which: sa.ColumnElement[bool]) -> int:
    done = session.execute(
        sa.update(LoginSession).where(*which, LoginSession.revoked_at.is_(None)).values(revoked_at=at)
    )
    return changed(done)
