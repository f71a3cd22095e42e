"""Passwords: Argon2id, in the PHC form that carries its own parameters.

Hashing and checking take tens of milliseconds on purpose: never inside a transaction.
"""

from __future__ import annotations

import os
import secrets

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from ground.errors import Refused

MIN_CHARS = 8
MAX_CHARS = 128
_MEMORY_KIB = 19_456  # OWASP's smallest recommendation for Argon2id: 19 MiB, two passes, one lane
_PASSES = 2
_COMMON = frozenset(
    [
        "12345678",
        "123456789",
        "1234567890",
        "password",
        "password1",
        "11111111",
        "88888888",
        "00000000",
        "abcd1234",
        "admin123",
        "a1234567",
    ]
)


def check_strength(password: str, username: str = "") -> None:
    """Raise :class:`Refused` for a password that is too short, too long, common or the same as the user name."""
    if len(password) < MIN_CHARS:
        raise Refused(f"密码至少 {MIN_CHARS} 个字符，请换一个更长的密码")
    if len(password) > MAX_CHARS:
        raise Refused(f"密码不能超过 {MAX_CHARS} 个字符")
    if password.lower() in _COMMON or (username and password.lower() == username.lower()):
        raise Refused("密码过于简单，请不要使用常见密码或与用户名相同的密码")


def hash_password(password: str) -> str:
    """``$argon2id$v=19$m=19456,t=2,p=1$...`` with a fresh salt. Slow (about 50 ms)."""
    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=_PASSES, lanes=1, memory_cost=_MEMORY_KIB)
    return kdf.derive_phc_encoded(password.encode())


def verify_password(password: str, password_hash: str) -> bool:
    """Whether the password belongs to the hash. Slow; an unreadable hash is no match."""
    try:
        Argon2id.verify_phc_encoded(password.encode(), password_hash)
    except (InvalidKey, ValueError):
        return False
    return True


_decoy: str = ""


def waste_time(password: str) -> None:
    """Take as long as a real check, so that the answer's time does not tell whether a user name exists."""
    global _decoy  # noqa: PLW0603 - made once, when first needed
    _decoy = _decoy or hash_password(secrets.token_urlsafe())
    verify_password(password, _decoy)
