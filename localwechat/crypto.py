"""Signatures and the AES scheme of WeChat's message push.

Source: https://developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.html
"""

from __future__ import annotations

import base64
import hashlib
import os
import struct

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

BLOCK = 32


class CryptoError(Exception):
    """The text is not one of ours: wrong key, signature, padding or appid."""


def sign(*parts: str) -> str:
    """SHA-1, hex, over the sorted parts."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


def _cipher(aes_key: str) -> Cipher[modes.CBC]:
    key = base64.b64decode(aes_key + "=")
    if len(key) != 32:
        raise CryptoError("the AES key is not 32 bytes long")
    return Cipher(algorithms.AES(key), modes.CBC(key[:16]))


def encrypt(text: str, aes_key: str, app_id: str, random: bytes | None = None) -> str:
    """Encrypt `text` for `app_id`; `random` (16 bytes) only for test vectors."""
    body = text.encode()
    plain = (random or os.urandom(16)) + struct.pack(">I", len(body)) + body + app_id.encode()
    pad = BLOCK - len(plain) % BLOCK
    encryptor = _cipher(aes_key).encryptor()
    sealed = encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()
    return base64.b64encode(sealed).decode()


def decrypt(sealed: str, aes_key: str, app_id: str) -> str:
    """The text inside `sealed`.

    Raises CryptoError when it was not made for this key and appid.
    """
    try:
        data = base64.b64decode(sealed, validate=True)
    except ValueError as error:
        raise CryptoError("not base64") from error
    if not data or len(data) % 16:
        raise CryptoError("not a whole number of blocks")
    decryptor = _cipher(aes_key).decryptor()
    plain = decryptor.update(data) + decryptor.finalize()
    pad = plain[-1]
    if not 1 <= pad <= BLOCK or plain[-pad:] != bytes([pad]) * pad:
        raise CryptoError("wrong padding")
    plain = plain[:-pad]
    (length,) = struct.unpack(">I", plain[16:20])
    body, owner = plain[20 : 20 + length], plain[20 + length :]
    if owner != app_id.encode():
        raise CryptoError("made for another appid")
    return body.decode()
