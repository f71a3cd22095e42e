"""Password hashes: Argon2id, in the PHC form that carries its own parameters.

Hashing and checking take tens of milliseconds and 19 MiB on purpose: never inside a transaction, and never many at once. A gate
lets one work and a few more wait; who comes on top of that is asked to come again, so that a crowd at the door does not take the
threads and the processor from WeChat's callbacks.
"""

from __future__ import annotations

import base64
import os
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cryptography.exceptions import InvalidKey
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from ground.errors import TooMany

_MEMORY_KIB = 19_456  # OWASP's smallest recommendation for Argon2id: 19 MiB, two passes, one lane
_PASSES = 2
_LANES = 1
_PARAMETERS = re.compile(r"\$argon2id\$v=19\$m=(\d+),t=(\d+),p=(\d+)\$")
_TOO_LONG = 1000  # characters; nobody's password, and not worth any work


def _plain_base64(size: int) -> str:
    return base64.b64encode(os.urandom(size)).decode().rstrip("=")


_DECOY = f"$argon2id$v=19$m={_MEMORY_KIB},t={_PASSES},p={_LANES}${_plain_base64(16)}${_plain_base64(32)}"
"""The hash of no password: comparing with it costs what comparing with a real one costs."""


class Gate:
    """Lets ``at_once`` work and ``waiting`` more wait for up to ``patience_s``; ``let_in`` counts who worked."""

    def __init__(self, at_once: int, waiting: int, patience_s: float) -> None:
        self._places = threading.BoundedSemaphore(at_once + waiting)
        self._work = threading.BoundedSemaphore(at_once)
        self._patience_s = patience_s
        self._guard = threading.Lock()
        self.let_in = 0

    @contextmanager
    def through(self) -> Iterator[None]:
        """Work inside. Raises :class:`TooMany` at once when the waiting places are taken, else after the patience."""
        if not self._places.acquire(blocking=False):
            raise TooMany("同时登录的人较多，请稍候几秒再试")
        try:
            if not self._work.acquire(timeout=self._patience_s):
                raise TooMany("同时登录的人较多，请稍候几秒再试")
            try:
                with self._guard:
                    self.let_in += 1
                yield
            finally:
                self._work.release()
        finally:
            self._places.release()


gate = Gate(at_once=1, waiting=5, patience_s=2.0)
"""The one gate of this process. One at a time are twenty a second, and on two processors one stays free for callbacks."""


def hash_password(password: str) -> str:
    """``$argon2id$v=19$m=19456,t=2,p=1$...`` with a fresh salt. Slow (about 50 ms); raises :class:`TooMany`."""
    kdf = Argon2id(salt=os.urandom(16), length=32, iterations=_PASSES, lanes=_LANES, memory_cost=_MEMORY_KIB)
    with gate.through():
        return kdf.derive_phc_encoded(password.encode())


def verify_password(password: str, password_hash: str) -> bool:
    """Whether the password belongs to the hash. Slow; raises :class:`TooMany`.

    An unreadable hash, or an absurdly long password, is no match and costs as much as one, so that the answer's time tells
    nothing about the account.
    """
    unreadable = len(password) > _TOO_LONG or not _PARAMETERS.match(password_hash)
    against = _DECOY if unreadable else password_hash
    with gate.through():
        try:
            Argon2id.verify_phc_encoded(password[:_TOO_LONG].encode(), against)
        except (InvalidKey, ValueError):
            return False
    return not unreadable


def is_outdated(password_hash: str) -> bool:
    """Whether a hash was made with weaker parameters than today's."""
    found = _PARAMETERS.match(password_hash)
    return found is None or tuple(map(int, found.groups())) < (_MEMORY_KIB, _PASSES, _LANES)


def waste_time(password: str) -> None:
    """Take as long as a real check, so that the answer's time does not tell whether a user name exists."""
    verify_password(password, "")
