"""Users of the console: accounts, signing in, sessions.

Signing in takes three steps, because checking a password is slow and must not happen inside a transaction::

    with db.read_scope() as session:
        known = users.credentials(session, username)
    matches = users.matches(known, password)                       # slow, no database
    with db.session_scope() as session:
        result = users.sign_in(session, known, matches, limits=settings.limits, at=clock.now())
    if result.token is None: ...show result.message...             # else set the cookie to result.token

:func:`sign_in` answers instead of raising, so that the failure it counts is committed.
"""

from __future__ import annotations

import hashlib
import re
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import audit
from accounts.passwords import check_strength, hash_password, verify_password, waste_time
from accounts.rights import RIGHTS, branch_scope, may, own_branch, require
from ground.errors import Conflict, NotFound, Refused
from models import ROLE_NAMES, ROLES, Branch, LoginSession, User
from settings import Limits

__all__ = [
    "RIGHTS",
    "Credentials",
    "SignIn",
    "branch_scope",
    "by_name",
    "check_strength",
    "create",
    "credentials",
    "hash_password",
    "listing",
    "matches",
    "may",
    "normal_username",
    "open_session",
    "own_branch",
    "require",
    "revoke",
    "revoke_all",
    "set_active",
    "set_password",
    "sign_in",
    "signed_in_user",
]

_USERNAME = re.compile(r"[\w.\-]{2,40}")
_WRONG = "用户名或密码不正确"


def normal_username(text: str) -> str:
    """The form in which user names are kept and compared: half-width, lower case, no spaces around."""
    return unicodedata.normalize("NFKC", text).strip().lower()


def create(
    session: Session,
    *,
    username: str,
    password_hash: str,
    role: str,
    at: datetime,
    branch: Branch | None = None,
    stage: int | None = None,
    display_name: str = "",
    by: User | None = None,
) -> User:
    """Add an account; ``password_hash`` comes from :func:`hash_password`, made before the transaction.

    Raises :class:`Refused` for an unusable name, role, stage or branch, :class:`Conflict` if the name is taken.
    """
    name = normal_username(username)
    if not _USERNAME.fullmatch(name):
        raise Refused("用户名应为 2 到 40 个汉字、字母、数字、点、横线或下划线")
    if role not in ROLES:
        names = "、".join(f"{key}（{ROLE_NAMES[key]}）" for key in ROLES)
        raise Refused(f"没有“{role}”这个角色，可选：{names}")
    if role == "secretary" and branch is None:
        raise Refused("支部书记账号须指定所在党支部，请用 --branch 写明支部名称")
    if role != "secretary" and branch is not None:
        raise Refused("只有支部书记账号可以指定党支部，请去掉支部后重试")
    if stage is not None and (role != "reviewer" or stage not in (1, 2, 3)):
        raise Refused("审核环节只能为审核员设置，取值为 1、2、3")
    if session.scalar(sa.select(User.id).where(User.username == name)) is not None:
        raise Conflict(f"用户名“{name}”已存在，请换一个")
    user = User(
        username=name,
        display_name=display_name.strip()[:40],
        password_hash=password_hash,
        role=role,
        stage=stage,
        branch_id=branch.id if branch else None,
        active=True,
        failures=0,
        created_at=at,
    )
    session.add(user)
    session.flush()
    audit.record(
        session,
        "user.create",
        user=by,
        actor="命令行",
        subject=f"user:{user.id}",
        detail={"role": role},
        at=at,
    )
    return user


def by_name(session: Session, username: str) -> User:
    """The active account of this name (``--as USER``), with its branch.

    Raises :class:`NotFound`; a deactivated account counts as not there.
    """
    user = session.scalar(
        sa.select(User)
        .options(joinedload(User.branch))
        .where(User.username == normal_username(username), User.active.is_(True))
    )
    if user is None:
        raise NotFound(f"没有名为“{username}”的账号或已停用，请核对用户名")
    return user


def listing(session: Session) -> list[User]:
    """All accounts with their branches, the active ones first."""
    return list(
        session.scalars(
            sa.select(User)
            .options(joinedload(User.branch))
            .order_by(User.active.desc(), User.role, User.username)
        )
    )


def set_active(session: Session, user: User, active: bool, *, at: datetime, by: User | None = None) -> None:
    """停用 or 启用 an account; deactivating ends its sessions. The last active administrator stays.

    Raises :class:`Refused`.
    """
    if not active and user.role == "admin":
        others = session.scalar(
            sa.select(sa.func.count())
            .select_from(User)
            .where(User.role == "admin", User.active.is_(True), User.id != user.id)
        )
        if not others:
            raise Refused("这是最后一个管理员账号，不能停用，请先新建另一个管理员")
    user.active = active
    if not active:
        revoke_all(session, user.id, at=at)
    audit.record(session, "user.change", user=by, subject=f"user:{user.id}", detail={"active": active}, at=at)


def set_password(
    session: Session, user: User, password_hash: str, *, at: datetime, by: User | None = None
) -> None:
    """Replace the password (hash made before the transaction), lift a lock and end all sessions of that user."""
    user.password_hash = password_hash
    user.failures = 0
    user.locked_until = None
    revoke_all(session, user.id, at=at)
    audit.record(session, "user.change", user=by, subject=f"user:{user.id}", detail={"password": True}, at=at)


# --- Signing in --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Credentials:
    """What is needed to check a password outside the database; ``user_id`` is None for an unknown name."""

    user_id: int | None
    password_hash: str


@dataclass(frozen=True)
class SignIn:
    """Outcome of an attempt: ``token`` for the cookie and ``user``, or a Chinese ``message`` that says why not."""

    user: User | None
    token: str | None
    message: str


def credentials(session: Session, username: str) -> Credentials:
    """Step one: read what belongs to a user name. Never tells whether it exists."""
    row = session.execute(
        sa.select(User.id, User.password_hash).where(
            User.username == normal_username(username), User.active.is_(True)
        )
    ).one_or_none()
    return Credentials(None, "") if row is None else Credentials(row.id, row.password_hash)


def matches(known: Credentials, password: str) -> bool:
    """Step two: check the password, outside any transaction; an unknown name takes as long as a wrong password."""
    if known.user_id is None:
        waste_time(password)
        return False
    return verify_password(password, known.password_hash)


def sign_in(session: Session, known: Credentials, matched: bool, *, limits: Limits, at: datetime) -> SignIn:
    """Step three: count a failure, lock after ``limits.login_tries``, or open a session for ``limits.session_hours``.

    A locked account stays locked for the right password too. Does not raise, so that the count is committed.
    """
    if known.user_id is None:
        return SignIn(None, None, f"{_WRONG}，请核对后重试")
    user = session.scalar(sa.select(User).where(User.id == known.user_id).with_for_update())
    if user is None or not user.active:
        return SignIn(None, None, f"{_WRONG}，请核对后重试")
    if user.locked_until is not None:
        if user.locked_until > at:
            return SignIn(None, None, _locked_message(user.locked_until, at))
        user.locked_until = None
        user.failures = 0
    if not matched or user.password_hash != known.password_hash:
        return _count_failure(session, user, limits=limits, at=at)
    user.failures = 0
    user.last_login_at = at
    token = open_session(session, user, hours=limits.session_hours, at=at)
    audit.record(session, "user.login", user=user, subject=f"user:{user.id}", at=at)
    return SignIn(user, token, "")


def _count_failure(session: Session, user: User, *, limits: Limits, at: datetime) -> SignIn:
    user.failures += 1
    left = limits.login_tries - user.failures
    if left > 0:
        return SignIn(None, None, f"{_WRONG}，还可尝试 {left} 次")
    user.locked_until = at + timedelta(minutes=limits.login_lock_minutes)
    audit.record(session, "user.locked", actor="系统", subject=f"user:{user.id}", at=at)
    return SignIn(None, None, _locked_message(user.locked_until, at))


def _locked_message(until: datetime, at: datetime) -> str:
    minutes = max(1, -(-int((until - at).total_seconds()) // 60))
    return f"密码连续输错，账号已锁定，请 {minutes} 分钟后再试或联系管理员重置密码"


# --- Sessions ----------------------------------------------------------------------------------------------


def open_session(session: Session, user: User, *, hours: int, at: datetime) -> str:
    """Open a session; the token goes to the browser, only its hash stays here."""
    token = secrets.token_urlsafe(32)
    session.add(
        LoginSession(
            token_hash=_token_hash(token),
            user_id=user.id,
            created_at=at,
            expires_at=at + timedelta(hours=hours),
        )
    )
    session.flush()
    return token


def signed_in_user(session: Session, token: str, *, at: datetime) -> User | None:
    """Whose session this is (with branch), or None if it is unknown, over, revoked, or the account was deactivated."""
    if not token:
        return None
    return session.scalar(
        sa.select(User)
        .join(LoginSession, LoginSession.user_id == User.id)
        .options(joinedload(User.branch))
        .where(
            LoginSession.token_hash == _token_hash(token),
            LoginSession.revoked_at.is_(None),
            LoginSession.expires_at > at,
            User.active.is_(True),
        )
    )


def revoke(session: Session, token: str, *, at: datetime) -> None:
    """Sign out: the token is worth nothing from now on."""
    session.execute(
        sa.update(LoginSession)
        .where(LoginSession.token_hash == _token_hash(token), LoginSession.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def revoke_all(session: Session, user_id: int, *, at: datetime) -> None:
    """End every session of a user (password changed, account deactivated, device lost)."""
    session.execute(
        sa.update(LoginSession)
        .where(LoginSession.user_id == user_id, LoginSession.revoked_at.is_(None))
        .values(revoked_at=at)
    )


def _token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
