"""Users of the console: their accounts. Signing in stands in :mod:`accounts.signing_in`."""

from __future__ import annotations

import re
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from accounts import assigning, audit, delays
from accounts.assigning import change_role, tie
from accounts.names import normal_username
from accounts.passwords import hash_password
from accounts.rights import RIGHTS, branch_scope, may, own_branch, require
from accounts.sessions import end, revoke_all
from accounts.strength import check_strength
from ground.errors import Conflict, NotFound, Refused
from models import Branch, User

__all__ = [
    "RIGHTS",
    "branch_scope",
    "by_name",
    "change_role",
    "check_strength",
    "create",
    "end_sessions",
    "hash_password",
    "listing",
    "may",
    "normal_username",
    "own_branch",
    "rename",
    "require",
    "revoke_all",
    "set_active",
    "set_password",
    "tie",
]

_USERNAME = re.compile(r"[\w.\-]{2,40}")


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
    assigning.check(role, branch, stage)
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


def get(session: Session, user_id: int) -> User:
    """An account by id, active or not, with its branch. Raises :class:`NotFound`."""
    user = session.scalar(sa.select(User).where(User.id == user_id).options(joinedload(User.branch)))
    if user is None:
        raise NotFound("没有这个账号")
    return user


def labels(session: Session) -> dict[int, str]:
    """What everybody with an account is called, by id."""
    return {user.id: user.label for user in session.scalars(sa.select(User).order_by(User.username))}


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

    Raises :class:`Refused`, :class:`Forbidden`.
    """
    if by is not None:
        require(by, "user.manage")
    if not active:
        assigning.keep_an_administrator(session, user, "停用")
    user.active = active
    if not active:
        revoke_all(session, user.id, at=at)
    audit.record(session, "user.change", user=by, subject=f"user:{user.id}", detail={"active": active}, at=at)


def rename(session: Session, user: User, name: str, *, at: datetime, by: User) -> None:
    """Change the name that is shown. Raises :class:`Forbidden`."""
    require(by, "user.manage")
    user.display_name = name.strip()[:40]
    audit.record(
        session, "user.change", user=by, subject=f"user:{user.id}", detail={"display_name": True}, at=at
    )


def end_sessions(session: Session, user: User, called: str, *, at: datetime, by: User) -> int:
    """End the session of a user that goes by this handle, or ``all`` of them; how many that were.

    One's own, or anybody's by who manages accounts. Raises :class:`Forbidden`, and :class:`NotFound` where none was open.
    """
    if by.id != user.id:
        require(by, "user.manage")
    ended = (
        revoke_all(session, user.id, at=at) if called == "all" else int(end(session, user.id, called, at=at))
    )
    if not ended:
        raise NotFound("这个登录已经结束，请刷新页面查看")
    audit.record(
        session, "user.sessions_end", user=by, subject=f"user:{user.id}", detail={"count": ended}, at=at
    )
    return ended


def set_password(
    session: Session, user: User, password_hash: str, *, at: datetime, by: User | None = None
) -> None:
    """Replace the password (hash made before the transaction), end delays and all sessions of that user."""
    user.password_hash = password_hash
    delays.forgive_name(session, user.username)
    revoke_all(session, user.id, at=at)
    audit.record(session, "user.change", user=by, subject=f"user:{user.id}", detail={"password": True}, at=at)
