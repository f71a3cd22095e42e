"""Columns that are encrypted at rest, and the blind index that finds them.

AES-256-GCM with ``table.column`` as associated data, so a value copied into another column does not open. The form is
``1 | length of key id | key id | nonce (12) | cipher text``; the key id lets keys be rotated. A phone number has few possible
values: the key of the blind index is as secret as the data keys.
"""

from __future__ import annotations

import hashlib
import hmac
import os

import sqlalchemy as sa
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from sqlalchemy.engine import Dialect

_VERSION = 1
_NONCE = 12


class Unopened(ValueError):
    """A sealed value opens with none of the configured keys."""


class Keyring:
    """The data keys by id (the first one encrypts) and the key of the blind index."""

    def __init__(self, keys: dict[str, bytes], index_key: bytes) -> None:
        self._ciphers = {name: AESGCM(key) for name, key in keys.items()}
        name = next(iter(keys))
        self._cipher = self._ciphers[name]
        self._prefix = _prefix(name)
        self._index_key = index_key
        self._derived: dict[bytes, bytes] = {}

    def seal(self, plain: bytes, context: bytes) -> bytes:
        """Encrypt for one column; ``context`` is ``b"table.column"``."""
        nonce = os.urandom(_NONCE)
        return self._prefix + nonce + self._cipher.encrypt(nonce, plain, context)

    def open(self, sealed: bytes, context: bytes) -> bytes:
        """Decrypt, by the key that the value names, else by any other: an id may have stood for another key once.

        Raises :class:`Unopened` for a foreign, damaged or misplaced value, or an unknown key.
        """
        if not (name := named_key(sealed)):
            raise Unopened("not a sealed value")
        named = self._ciphers.get(name)
        others = [cipher for cipher in self._ciphers.values() if cipher is not named]
        for cipher in [named, *others] if named else others:
            try:
                return _open(cipher, sealed, context)
            except InvalidTag:
                continue
        raise Unopened("a sealed value does not open with the configured keys")

    @property
    def names(self) -> tuple[str, ...]:
        """The ids of the keys, the one that encrypts first."""
        return tuple(self._ciphers)

    @property
    def prefix(self) -> bytes:
        """How a value begins that was encrypted by the present key."""
        return self._prefix

    def sealed_with(self, sealed: bytes) -> bool:
        """Whether a value was encrypted by the present key (others await rotation)."""
        return sealed.startswith(self._prefix)

    def fits(self, sealed: bytes, context: bytes) -> bool:
        """Whether a value opens, and with the present key itself where it names its id: else that id stood for another key."""
        try:
            if self.sealed_with(sealed):
                _open(self._cipher, sealed, context)
            else:
                self.open(sealed, context)
        except (Unopened, InvalidTag):
            return False
        return True

    def index(self, text: str) -> bytes:
        """Blind index of a normalised value: 32 bytes, the same for equal values, useless without the key."""
        return hmac.new(self._index_key, text.encode(), hashlib.sha256).digest()

    def derived(self, purpose: bytes) -> bytes:
        """A key of its own for another purpose, made from the index key by HKDF: 32 bytes, always the same."""
        if purpose not in self._derived:
            made = HKDF(algorithm=SHA256(), length=32, salt=None, info=purpose).derive(self._index_key)
            self._derived[purpose] = made
        return self._derived[purpose]


def named_key(sealed: bytes) -> str:
    """The id of the key that a value was encrypted with; empty for what was not sealed here."""
    try:
        return sealed[2 : 2 + sealed[1]].decode("ascii") if sealed[0] == _VERSION else ""
    except (IndexError, UnicodeDecodeError):
        return ""


def _open(cipher: AESGCM, sealed: bytes, context: bytes) -> bytes:
    end = 2 + sealed[1]
    try:
        return cipher.decrypt(sealed[end : end + _NONCE], sealed[end + _NONCE :], context)
    except ValueError:  # of a nonce that is too short
        raise Unopened("a sealed value is cut short") from None


def _prefix(name: str) -> bytes:
    """How a value begins that was encrypted by the key of this id."""
    return bytes([_VERSION, len(name)]) + name.encode()


_keyring: Keyring | None = None


def use(keyring: Keyring) -> None:
    """Give the process its keys; done once, when the runtime is put together."""
    global _keyring  # noqa: PLW0603 - column types have no other way to their key
    _keyring = keyring


def keyring() -> Keyring:
    """The process's keys. Raises ``RuntimeError`` before :func:`use`."""
    if _keyring is None:
        raise RuntimeError("no keys yet: database.sealed.use() comes first")
    return _keyring


class Sealed(sa.types.TypeDecorator[str]):
    """A text column that is encrypted at rest. ``context`` is ``"table.column"``; it cannot be searched."""

    impl = sa.LargeBinary
    cache_ok = True

    def __init__(self, context: str) -> None:
        super().__init__()
        self.context = context

    def process_bind_param(self, value: str | None, dialect: Dialect) -> bytes | None:
        return None if value is None else keyring().seal(value.encode(), self.context.encode())

    def process_result_value(self, value: bytes | None, dialect: Dialect) -> str | None:
        return None if value is None else keyring().open(bytes(value), self.context.encode()).decode()
