"""Signing in: name and password, then a code where there is a second factor.

It takes three steps, because checking a password is slow and must not happen inside a transaction::

    with db.read_scope() as session:
        known = signing_in.credentials(session, username)
        too_soon = signing_in.must_wait(session, known, origin=origin, limits=settings.limits, at=clock.now())
    matched = signing_in.matches(known, password)                  # slow, no database; also for who came too soon
    with db.session_scope() as session:
        result = signing_in.sign_in(session, known, matched, origin=origin, limits=settings.limits, at=clock.now())
    if result.token is None: ...show result.message...             # else set the cookie to result.token

An unknown name, a wrong password, a disabled account and a try during a delay cost one password hash each and get the same
words. :func:`sign_in` answers instead of raising, so that the failure it counts is committed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit, delays, factor, passwords, sessions
from accounts.delays import Origin
from accounts.names import normal_username
from accounts.sessions import Browser
from models import LoginSession, User
from settings import Limits

ACTION_NAMES = {
    "user.sign_in_failed": "登录失败",
    "user.password_failed": "原密码输错",
    "user.code_failed": "动态码输错",
    "user.recovery": "使用恢复码登录",
    "user.recovery_new": "重新生成恢复码",
    "user.totp_on": "设置动态码",
    "user.totp_off": "停用或重置动态码",
    "user.sessions_end": "结束登录",
}
"""Chinese names of what signing in leaves in the audit."""

_WRONG = "用户名或密码不正确，请核对后重试"
_WRONG_CODE = "动态码不正确或已用过，请输入手机上新显示的 6 位数字"
_WRONG_RECOVERY = "恢复码不正确或已用过，请换一条；都用完了请联系管理员重置动态码"
_NOWHERE = Origin("?")


@dataclass(frozen=True)
class Credentials:
    """What is needed to check a password outside the database; ``user_id`` is None for a name that nobody has."""

    name: str
    user_id: int | None
    password_hash: str
    active: bool


@dataclass(frozen=True)
class SignIn:
    """Outcome of an attempt: ``token`` for the cookie and ``user``, or a Chinese ``message`` that says why not.

    ``awaits_code``: the token is good for giving the code, nothing else. ``too_soon``: it was not judged at all.
    """

    user: User | None
    token: str | None
    message: str
    awaits_code: bool = False
    too_soon: bool = False


def credentials(session: Session, username: str) -> Credentials:
    """Step one: read what belongs to a user name. Never tells whether it exists."""
    name = normal_username(username[:200])
    row = session.execute(
        sa.select(User.id, User.password_hash, User.active).where(User.username == name)
    ).one_or_none()
    return Credentials(name, None, "", False) if row is None else Credentials(name, *row)


def matches(known: Credentials, password: str) -> bool:
    """Step two: check the password, outside any transaction; one hash is computed, whatever the name.

    Raises :class:`ground.errors.TooMany` when too many sign in at once.
    """
    right = passwords.verify_password(password, known.password_hash)
    return right and known.active


def must_wait(
    session: Session, known: Credentials, *, origin: Origin, limits: Limits, at: datetime
) -> SignIn | None:
    """The answer for a try that comes during a delay, found by reading alone, so that a flood of them writes nothing."""
    wait = delays.wait_s(session, known.name, origin, at=at, limits=limits)
    return SignIn(None, None, _wait(wait), too_soon=True) if wait else None


def renewed(known: Credentials, matched: bool, password: str) -> str:
    """A new hash of the right password where the old one has weaker parameters than today's, else empty. Slow."""
    outdated = matched and passwords.is_outdated(known.password_hash)
    return passwords.hash_password(password) if outdated else ""


def sign_in(
    session: Session,
    known: Credentials,
    matched: bool,
    *,
    limits: Limits,
    at: datetime,
    origin: Origin = _NOWHERE,
    browser: Browser = Browser(),
    fresh_hash: str = "",
) -> SignIn:
    """Step three: count a failure and say how long to wait, or open a session; one that awaits the code where there is one."""
    held = delays.hold(session, known.name, origin, at=at)
    if wait := held.wait_s(at, limits):
        return SignIn(None, None, _wait(wait), too_soon=True)
    user = session.get(User, known.user_id) if matched and known.user_id is not None else None
    if user is None or not user.active or user.password_hash != known.password_hash:
        wait = delays.count(session, held, at=at, limits=limits)
        _record_failure(session, "user.sign_in_failed", known.user_id, origin, wait, at)
        return SignIn(None, None, _WRONG + (f"。{_wait(wait)}" if wait else ""))
    delays.forgive(held)
    if fresh_hash:
        user.password_hash = fresh_hash
    if factor.confirmed(session, user.id) is not None:
        token = sessions.open_session(session, user, hours=0, at=at, browser=browser, awaits_code=True)
        return SignIn(user, token, "", awaits_code=True)
    return _enter(session, user, limits=limits, at=at, browser=browser, origin=origin)


def give_code(
    session: Session,
    waiting: LoginSession,
    code: str,
    *,
    limits: Limits,
    at: datetime,
    now_s: float,
    origin: Origin = _NOWHERE,
    browser: Browser = Browser(),
) -> SignIn:
    """The second step: a code of the app, or a recovery code, for a session that awaits one.

    Who is here knows the password: outside known browsers all share one delay, so that changing addresses gains nothing.
    """
    user = session.get_one(User, waiting.user_id)
    name = delays.for_codes(user.username)
    where = origin if origin.device else replace(origin, network=name)
    held = delays.hold(session, name, where, at=at)
    if wait := held.wait_s(at, limits):
        return SignIn(user, None, _wait(wait), too_soon=True)
    if not _right_code(session, user, code, at=at, now_s=now_s):
        wait = delays.count(session, held, at=at, limits=limits)
        _record_failure(session, "user.code_failed", user.id, origin, wait, at)
        return SignIn(user, None, _wrong_code(code) + (f"。{_wait(wait)}" if wait else ""))
    delays.forgive(held)
    session.execute(
        sa.update(LoginSession)
        .where(LoginSession.token_hash == waiting.token_hash)
        .values(revoked_at=at)
        .execution_options(synchronize_session=False)
    )
    return _enter(session, user, limits=limits, at=at, browser=browser, origin=origin)


def judge_own_password(
    session: Session, user: User, matched: bool, *, limits: Limits, at: datetime, origin: Origin = _NOWHERE
) -> str:
    """The own password was asked for again before something weighty: why it does not count, in Chinese; empty if it does.

    Answers instead of raising, so that the failure it counts is committed.
    """
    held = delays.hold(session, user.username, origin, at=at)
    if wait := held.wait_s(at, limits):
        return _wait(wait)
    if matched:
        delays.forgive(held)
        return ""
    wait = delays.count(session, held, at=at, limits=limits)
    _record_failure(session, "user.password_failed", user.id, origin, wait, at, user=user)
    return "密码不正确，请重新输入" + (f"。{_wait(wait)}" if wait else "")


def _right_code(session: Session, user: User, code: str, *, at: datetime, now_s: float) -> bool:
    if len(re.sub(r"\W", "", code[:40])) <= 6:
        return factor.take_code(session, user.id, code, now_s=now_s)
    return factor.take_recovery_code(session, user, code, at=at)


def _wrong_code(code: str) -> str:
    """Figures alone come from the phone, however many; a recovery code has letters."""
    bare = re.sub(r"\W", "", code[:40])
    return _WRONG_CODE if not bare or bare.isdigit() else _WRONG_RECOVERY


def _enter(
    session: Session, user: User, *, limits: Limits, at: datetime, browser: Browser, origin: Origin
) -> SignIn:
    user.last_login_at = at
    token = sessions.open_session(session, user, hours=limits.session_hours, at=at, browser=browser)
    detail = {} if origin.device else {"network": origin.shown, "new_browser": True}
    audit.record(session, "user.login", user=user, subject=f"user:{user.id}", detail=detail, at=at)
    return SignIn(user, token, "")


def _record_failure(
    session: Session,
    action: str,
    user_id: int | None,
    origin: Origin,
    wait: int,
    at: datetime,
    user: User | None = None,
) -> None:
    # Never what was typed as a name: people type their password there.
    detail = {"network": origin.shown, **({"wait_s": wait} if wait else {})}
    subject = "" if user_id is None else f"user:{user_id}"
    audit.record(
        session, action, user=user, actor="" if user else "未登录", subject=subject, detail=detail, at=at
    )


def _wait(seconds: int) -> str:
    if seconds < 120:
        return f"请稍候 {seconds} 秒再试"
    return f"请稍候 {-(-seconds // 60)} 分钟再试"
