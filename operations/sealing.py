"""A backup's envelope: authenticated encryption by age (https://age-encryption.org/v1), streamed.

Each piece of 64 KiB carries its own authentication, and the last one says that it is the last: nothing is handed out that was
changed, and a file that was cut or lengthened does not end well. Neither side ever holds more than a few pieces.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pyrage

from ground.errors import Refused

NO_KEY = (
    "没有填写 [backup] key，备份无法加密。请运行 ./pioneer flask keys 生成，填入配置文件，并抄一份放进保险柜"
)
_MAGIC = b"age-encryption.org/"
_PIECE = 1 << 16
_MAC_CONTEXT = b"pioneer backup manifest"


def fresh_key() -> str:
    """A new key for ``[backup]``."""
    return str(pyrage.x25519.Identity.generate())


def is_sealed(path: Path) -> bool:
    """Whether a file begins as our envelope does."""
    with path.open("rb") as file:
        return file.read(len(_MAGIC)) == _MAGIC


def mac(key: str, data: bytes) -> str:
    """What only the holder of the key can put under ``data``: the envelope alone could be made with its public half."""
    derived = hmac.new(_MAC_CONTEXT, key.strip().encode(), hashlib.sha256).digest()
    return hmac.new(derived, data, hashlib.sha256).hexdigest()


@contextmanager
def sealing(key: str, target: IO[bytes]) -> Iterator[IO[bytes]]:
    """What is written to the yielded file arrives encrypted in ``target``. Raises :class:`errors.Refused` for a bad key."""
    recipient = _identity(key).to_public()
    inner, outer = os.pipe()

    def encrypt() -> None:
        with os.fdopen(inner, "rb", _PIECE) as plain:
            pyrage.encrypt_io(plain, target, [recipient])

    worker = _Worker(encrypt)
    pipe = os.fdopen(outer, "wb", _PIECE)
    try:
        yield pipe
        pipe.close()
    except BrokenPipeError:
        worker.finish()  # why it ended early says more
        raise
    finally:
        _close(pipe)
        worker.join()
    worker.finish()


@contextmanager
def opening(key: str, source: IO[bytes]) -> Iterator[IO[bytes]]:
    """The plain content of ``source``, to be read in one go; the rest is read at the end, so that all of it was verified.

    Raises :class:`errors.Refused` where the key does not fit, or anything was changed, cut or appended.
    """
    identity = _identity(key)
    inner, outer = os.pipe()

    def decrypt() -> None:
        with os.fdopen(outer, "wb", _PIECE) as pipe:
            pyrage.decrypt_io(source, pipe, [identity])

    worker = _Worker(decrypt)
    plain = os.fdopen(inner, "rb", _PIECE)
    try:
        yield plain
        while plain.read(_PIECE):
            pass
    except BaseException:
        plain.close()
        worker.join()
        if worker.failure is not None and not isinstance(worker.failure, BrokenPipeError):
            raise _told(worker.failure) from None
        raise
    plain.close()
    worker.join()
    if worker.failure is not None:
        raise _told(worker.failure) from None


class _Worker:
    """The half of the work that stands on the other side of the pipe."""

    def __init__(self, work: Callable[[], None]) -> None:
        self.failure: BaseException | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, name="envelope", daemon=True)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:
            self.failure = error

    def join(self) -> None:
        self._thread.join()

    def finish(self) -> None:
        """Raise what went wrong on the other side."""
        self.join()
        if self.failure is not None:
            raise self.failure


def _close(pipe: IO[bytes]) -> None:
    try:
        pipe.close()
    except BrokenPipeError:
        pass


def _identity(key: str) -> pyrage.x25519.Identity:
    if not key:
        raise Refused(NO_KEY)
    try:
        return pyrage.x25519.Identity.from_str(key.strip())
    except pyrage.IdentityError:
        raise Refused(
            "[backup] key 的写法不对，应以 AGE-SECRET-KEY-1 开头，请对照保险柜里的那一份改正"
        ) from None


def _told(failure: BaseException) -> BaseException:
    if isinstance(failure, pyrage.DecryptError) and "matching keys" in str(failure):
        return Refused(
            "备份打不开：[backup] key 不是备份时的那一把，或文件开头被改动。请填写备份时的密钥，现有数据没有改动"
        )
    if isinstance(failure, pyrage.DecryptError) or (isinstance(failure, OSError) and failure.errno is None):
        return Refused("备份文件不完整或被改动过，请换一个备份文件，现有数据没有改动")
    return failure
