"""动态码: the second factor of signing in, by an authenticator app (TOTP, RFC 6238), and recovery codes for a lost phone.

A code holds for its half minute and the ones before and after, once. The app on the phone knows only real time, so ``now_s`` is
the system's time even where the product's clock follows a rehearsal.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from datetime import datetime, timedelta

import pyotp
import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit, sessions
from database.claims import change
from database.sealed import keyring
from ground.errors import Conflict, Refused
from models import RecoveryCode, SecondFactor, User

ISSUER = "时代先锋云"
CODES = 10
_STEP_S = 30
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike on paper
_SALT_CHARS = 8
_PENDING = timedelta(minutes=30)


def required(user: User, roles: tuple[str, ...]) -> bool:
    """Whether the configuration wants a second factor of this user."""
    return user.role in roles


def confirmed(session: Session, user_id: int) -> SecondFactor | None:
    """The user's second factor, if it is set up."""
    found = session.get(SecondFactor, user_id)
    return found if found is not None and found.confirmed_at is not None else None


def pending(session: Session, user_id: int, *, at: datetime) -> SecondFactor | None:
    """The secret that was shown within the last half hour and waits for its first code."""
    found = session.get(SecondFactor, user_id)
    fresh = found is not None and found.confirmed_at is None and abs(at - found.created_at) < _PENDING
    return found if fresh else None


def begin(session: Session, user: User, *, at: datetime) -> SecondFactor:
    """Make a secret for the app to be shown. Raises :class:`Conflict` where there is a factor already."""
    if confirmed(session, user.id) is not None:
        raise Conflict("动态码已经设置过，更换手机请先停用或联系管理员重置")
    found = session.get(SecondFactor, user.id)
    if found is None:
        found = SecondFactor(user_id=user.id)
        session.add(found)
    found.secret, found.created_at, found.last_counter = pyotp.random_base32(), at, None
    session.flush()
    return found


def address(user: User, factor: SecondFactor) -> str:
    """The ``otpauth://`` address that the QR code shows."""
    return pyotp.TOTP(factor.secret).provisioning_uri(name=user.username, issuer_name=ISSUER)


def confirm(session: Session, user: User, code: str, *, at: datetime, now_s: float) -> list[str]:
    """The first code from the app: from now on it is asked for. Returns the recovery codes, to be shown this once.

    Ends the user's sessions; the caller opens a new one. Raises :class:`Refused` for a wrong code, :class:`Conflict` where
    nothing waits for one.
    """
    if confirmed(session, user.id) is not None:
        raise Conflict("动态码已经设置过，不需要再次设置")
    waiting = pending(session, user.id, at=at)
    if waiting is None:
        raise Conflict("二维码已过期，请重新开始设置")
    if not take_code(session, user.id, code, now_s=now_s):
        raise Refused("动态码不正确，请输入手机上当前显示的 6 位数字，并确认手机时间准确")
    waiting.confirmed_at = at
    codes = _new_codes(session, user.id)
    sessions.revoke_all(session, user.id, at=at)
    audit.record(session, "user.totp_on", user=user, subject=f"user:{user.id}", at=at)
    return codes


def take_code(session: Session, user_id: int, code: str, *, now_s: float) -> bool:
    """Whether a code of the app is right now and was not used before; it is used from now on."""
    factor = session.get(SecondFactor, user_id)
    digits = re.sub(r"\s", "", unicodedata.normalize("NFKC", code[:40]))
    if factor is None or not re.fullmatch(r"[0-9]{6}", digits):
        return False
    totp, now = pyotp.TOTP(factor.secret), int(now_s) // _STEP_S
    matching = [
        step for step in (now - 1, now, now + 1) if secrets.compare_digest(totp.at(step * _STEP_S), digits)
    ]
    return any(_claim(session, user_id, step) for step in matching)


def _claim(session: Session, user_id: int, step: int) -> bool:
    """Use up all codes until this step. A counter from further ahead was left by a wrong clock and holds nobody out."""
    unused = sa.or_(
        SecondFactor.last_counter.is_(None),
        SecondFactor.last_counter < step,
        SecondFactor.last_counter > step + 2,
    )
    return bool(change(session, SecondFactor, [SecondFactor.user_id == user_id, unused], last_counter=step))


def take_recovery_code(session: Session, user: User, code: str, *, at: datetime) -> bool:
    """Whether this is an unused recovery code of the user; it is used from now on, and the audit says so."""
    kept = session.scalars(sa.select(RecoveryCode.code_hash).where(RecoveryCode.user_id == user.id)).all()
    right = [one for one in kept if hmac.compare_digest(one, _code_hash(user.id, code, one[:_SALT_CHARS]))]
    unused = [
        RecoveryCode.user_id == user.id, RecoveryCode.code_hash.in_(right), RecoveryCode.used_at.is_(None),
    ]  # fmt: skip
    if not change(session, RecoveryCode, unused, used_at=at):
        return False
    detail = {"codes_left": codes_left(session, user.id)}
    audit.record(session, "user.recovery", user=user, subject=f"user:{user.id}", detail=detail, at=at)
    return True


def codes_left(session: Session, user_id: int) -> int:
    """How many recovery codes are unused."""
    unused = sa.select(sa.func.count()).select_from(RecoveryCode)
    return session.scalar(unused.where(RecoveryCode.user_id == user_id, RecoveryCode.used_at.is_(None))) or 0


def new_codes(session: Session, user: User, *, at: datetime) -> list[str]:
    """A fresh set of recovery codes, to be shown this once; the former ones hold no more."""
    if confirmed(session, user.id) is None:
        raise Conflict("还没有设置动态码，请先设置")
    codes = _new_codes(session, user.id)
    audit.record(session, "user.recovery_new", user=user, subject=f"user:{user.id}", at=at)
    return codes


def remove(session: Session, user: User, *, at: datetime, by: User | None, reason: str) -> None:
    """Take the second factor away and end all sessions: the phone is lost, or its owner wants none.

    Raises :class:`Refused` without a reason, :class:`Conflict` where there is none.
    """
    reason = " ".join(reason.split())[:200]
    if not reason:
        raise Refused("请填写重置动态码的原因，例如：手机遗失，已当面核对本人")
    if confirmed(session, user.id) is None:
        raise Conflict("这个账号没有设置动态码，不需要重置")
    session.execute(sa.delete(SecondFactor).where(SecondFactor.user_id == user.id))
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    sessions.revoke_all(session, user.id, at=at)
    audit.record(
        session,
        "user.totp_off",
        user=by,
        actor="命令行",
        subject=f"user:{user.id}",
        detail={"reason": reason},
        at=at,
    )


def _new_codes(session: Session, user_id: int) -> list[str]:
    session.execute(sa.delete(RecoveryCode).where(RecoveryCode.user_id == user_id))
    codes = [
        "-".join("".join(secrets.choice(_LETTERS) for _ in range(4)) for _ in range(3)) for _ in range(CODES)
    ]
    session.add_all(
        RecoveryCode(
            user_id=user_id, code_hash=_code_hash(user_id, code, secrets.token_hex(_SALT_CHARS // 2))
        )
        for code in codes
    )
    session.flush()
    return codes


def _code_hash(user_id: int, code: str, salt: str) -> str:
    """What is kept of a code: its own salt, then a keyed hash with it, 64 characters together."""
    bare = re.sub(r"[^a-z0-9]", "", unicodedata.normalize("NFKC", code[:40]).lower())
    digest = keyring().index(f"recovery\x1f{user_id}\x1f{salt}\x1f{bare}").hex()
    return salt + digest[: 64 - _SALT_CHARS]
