"""From bytes to checked fields and back: signatures, AES, XML and JSON of a push.

Pure functions that know nothing of HTTP, configuration or time. Whatever is wrong with a push raises
:class:`BadPush` with a short reason for the metrics; nothing else leaves this module.
Source: developers.weixin.qq.com/doc/subscription/guide/dev/push/encryption.html
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
import os
import re
import struct
from collections.abc import Sequence
from typing import Any, NamedTuple, NoReturn, TypeAlias, Union
from xml.parsers import expat

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

Field: TypeAlias = Union[str, "dict[str, Field]", "list[Field]"]
Fields: TypeAlias = "dict[str, Field]"

MAX_DEPTH = 8
"""WeChat's deepest push (PUBLISHJOBFINISH) has five levels."""
REPEATABLE = frozenset(("item", "List", "fail_idx"))
"""The only elements that WeChat repeats beside each other (MASSSENDJOBFINISH, subscribe_msg_*,
PUBLISHJOBFINISH).
"""

_BLOCK = 16
_KEY_BYTES = 32
_CONTROLS = bytes(set(range(32)) - {9, 10, 13})
_NONCHARACTERS = re.compile("[\ufffe\uffff]")
_UNWRITABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
_ENVELOPE = re.compile(
    rb"\s*<xml>\s*<ToUserName><!\[CDATA\[[\w@.-]{1,64}\]\]></ToUserName>\s*<Encrypt><!\[CDATA\[([A-Za-z0-9+/=]+)\]\]></Encrypt>\s*</xml>\s*"
)
_OPENS, _CLOSES = b"<Content><![CDATA[", b"]]></Content>"


class BadPush(Exception):
    """A request that is not an authentic, well-formed push; ``reason`` is one word for the metrics, never
    shown to the sender.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def sign(*parts: str) -> str:
    """WeChat's signature: SHA-1 in lower hex over the parts in byte order."""
    return hashlib.sha1("".join(sorted(parts)).encode(), usedforsecurity=False).hexdigest()


def same(a: str, b: str) -> bool:
    """Compare two strings in constant time."""
    return hmac.compare_digest(a.encode(), b.encode())


class Opened(NamedTuple):
    """A decrypted message, and which key and app it was made with: the reply uses the same ones."""

    message: bytes
    key_index: int
    app_id: str


class Crypt:
    """AES of one account's messages; safe to share between threads.

    ``aes_keys``: the current EncodingAESKey, then the previous one while a change is under way (43 characters
    each). ``app_ids``: whose messages are taken; the account's own, then a bound mini-program's.
    Raises ``ValueError`` for an empty token or a key that is none.
    """

    def __init__(self, token: str, aes_keys: Sequence[str], app_ids: Sequence[str]) -> None:
        if not token:
            raise ValueError("an empty token accepts any signature")
        self.token = token
        self._apps = {app_id.encode("ascii"): app_id for app_id in app_ids if app_id}
        self._ciphers = [_cipher(key) for key in aes_keys if key]
        if not self._apps or not self._ciphers:
            raise ValueError("an app id and a key are needed")

    def open(self, encrypted: str, signature: str, timestamp: str, nonce: str) -> Opened:
        """Verify ``msg_signature``, then decrypt; :class:`BadPush` when either fails or the app is another
        one.
        """
        if not same(sign(self.token, timestamp, nonce, encrypted), signature):
            raise BadPush("msg_signature")
        try:
            data = base64.b64decode(encrypted, validate=True)
        except (binascii.Error, ValueError):
            raise BadPush("base64") from None
        if not data or len(data) % _BLOCK:
            raise BadPush("length")
        fault = BadPush("padding")
        for index, cipher in enumerate(self._ciphers):
            try:
                message, app = _unpad(cipher, data)
            except BadPush as error:
                fault = error
                continue
            app_id = self._apps.get(app)
            if app_id is not None:
                return Opened(message, index, app_id)
            fault = BadPush("app_id")
        raise fault

    def encrypt(
        self, message: bytes, *, key_index: int = 0, app_id: str | None = None, random: bytes | None = None
    ) -> str:
        """The text of ``Encrypt``; ``random`` (16 bytes) is given only to reproduce a known vector."""
        app = app_id.encode("ascii") if app_id is not None else next(iter(self._apps))
        plain = (random or os.urandom(16)) + struct.pack(">I", len(message)) + message + app
        pad = _KEY_BYTES - len(plain) % _KEY_BYTES
        encryptor = self._ciphers[key_index].encryptor()
        return base64.b64encode(encryptor.update(plain + bytes((pad,)) * pad) + encryptor.finalize()).decode(
            "ascii"
        )

    def seal(
        self, message: bytes, timestamp: str, nonce: str, *, key_index: int = 0, app_id: str | None = None
    ) -> bytes:
        """The envelope that goes out. ``nonce`` must come from :func:`wechat.wire.gate.read_query`, which lets
        nothing else in.
        """
        encrypted = self.encrypt(message, key_index=key_index, app_id=app_id)
        return (
            f"<xml><Encrypt><![CDATA[{encrypted}]]></Encrypt>"
            f"<MsgSignature><![CDATA[{sign(self.token, timestamp, nonce, encrypted)}]]></MsgSignature>"
            f"<TimeStamp>{timestamp}</TimeStamp><Nonce><![CDATA[{nonce}]]></Nonce></xml>"
        ).encode("ascii")


def _cipher(encoding_aes_key: str) -> Cipher[modes.CBC]:
    # The last character of a key carries four bits only; Python's decoder drops the rest, as WeChat's does.
    key = base64.b64decode(encoding_aes_key + "=")
    if len(key) != _KEY_BYTES:
        raise ValueError("an EncodingAESKey has 43 characters")
    return Cipher(algorithms.AES(key), modes.CBC(key[:_BLOCK]))


def _unpad(cipher: Cipher[modes.CBC], data: bytes) -> tuple[bytes, bytes]:
    decryptor = cipher.decryptor()
    plain = decryptor.update(data) + decryptor.finalize()
    pad = plain[-1]
    end = len(plain) - pad
    if not 1 <= pad <= _KEY_BYTES or plain[end:] != bytes((pad,)) * pad:
        raise BadPush("padding")
    if end < 20:  # 16 random bytes and the length
        raise BadPush("length")
    stop = 20 + int.from_bytes(plain[16:20], "big")
    if stop > end:
        raise BadPush("length")
    return plain[20:stop], plain[stop:end]


# --- XML


def envelope(body: bytes) -> str | None:
    """The text of ``Encrypt`` in a push's body, XML or JSON; None where there is none. :class:`BadPush` for a
    broken body.
    """
    if usual := _ENVELOPE.fullmatch(body):
        return usual[1].decode("ascii")
    found = read(body).get("Encrypt")
    if found is None:
        return None
    if not isinstance(found, str):
        raise BadPush("nested")
    return found.strip()


def read(body: bytes) -> Fields:
    """The fields of a push: XML (official accounts) or JSON (mini-programs may choose it)."""
    return read_json(body) if body.lstrip()[:1] == b"{" else read_xml(body)


def read_xml(body: bytes) -> Fields:
    """``{name: text}`` of the root's children, nested elements as dicts, repeated ones (:data:`REPEATABLE`)
    as lists.

    Control characters, which followers do send, are dropped; DTDs, entities, depth, a field given twice and
    bad UTF-8 are refused. Text that broke out of its CDATA (a typed ``]]>``) is put back into ``Content``.
    """
    body = body.translate(None, _CONTROLS)
    try:
        return _parse(body)
    except BadPush as error:
        if error.reason not in ("xml", "repeated", "mixed"):
            raise
        return _repaired(body, error)


def _refuse(reason: str) -> NoReturn:
    raise BadPush(reason)


def _parse(body: bytes) -> Fields:
    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    names: list[str] = []
    levels: list[Fields] = []
    text: list[str] = []

    def start(name: str, _attributes: Any) -> None:
        if text:
            if "".join(text).strip():
                _refuse("mixed")
            text.clear()
        names.append(name)
        levels.append({})
        if len(names) > MAX_DEPTH:
            _refuse("depth")

    def end(name: str) -> None:
        names.pop()
        children = levels.pop()
        said = "".join(text)
        if children and said.strip():
            _refuse("mixed")
        value: Field = children or said
        text.clear()
        if not levels:
            if name != "xml":
                _refuse("root")
            levels.append(children)
            return
        parent = levels[-1]
        if name not in REPEATABLE:
            if name in parent:
                _refuse("repeated")
            parent[name] = value
            return
        listed = parent.setdefault(name, [])
        assert isinstance(listed, list)
        listed.append(value)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text.append
    parser.StartDoctypeDeclHandler = lambda *_: _refuse("dtd")
    try:
        parser.Parse(body, True)
    except expat.ExpatError:
        raise BadPush(_why(body)) from None
    return levels[0]


def _why(body: bytes) -> str:
    try:
        body.decode("utf-8")
    except UnicodeDecodeError:
        return "utf8"
    return "xml"


def _repaired(body: bytes, error: BadPush) -> Fields:
    """Read a text message whose ``Content`` was not escaped: what stands between its first opening and last
    closing is typed.
    """
    clean = _NONCHARACTERS.sub("", body.decode("utf-8", "replace")).encode()
    if clean != body:
        try:
            return _parse(clean)
        except BadPush:
            pass
    begin, end = clean.find(_OPENS), clean.rfind(_CLOSES)
    if begin < 0 or end < begin + len(_OPENS):
        raise error
    fields = _parse(clean[:begin] + clean[end + len(_CLOSES) :])
    if fields.get("MsgType") != "text" or "Content" in fields:
        raise error
    fields["Content"] = clean[begin + len(_OPENS) : end].decode("utf-8")
    return fields


# --- JSON


def read_json(body: bytes) -> Fields:
    """The fields of a JSON push, in the same shape as :func:`read_xml` gives (numbers become strings, null an
    empty one).
    """
    try:
        found = json.loads(
            body.decode("utf-8"), object_pairs_hook=_once, parse_constant=lambda _: _refuse("json")
        )
    except UnicodeDecodeError:
        raise BadPush("utf8") from None
    except (ValueError, RecursionError):
        raise BadPush("json") from None
    field = _as_field(found, 1)
    if not isinstance(field, dict):
        raise BadPush("json")
    return field


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        _refuse("repeated")
    return found


def _as_field(value: Any, depth: int) -> Field:
    if depth > MAX_DEPTH:
        _refuse("depth")
    if isinstance(value, dict):
        return {clean_text(name): _as_field(item, depth + 1) for name, item in value.items()}
    if isinstance(value, list):
        return [_as_field(item, depth + 1) for item in value]
    if value is None:
        return ""
    return clean_text(value) if isinstance(value, str) else json.dumps(value)


# --- text


def clean_text(text: str) -> str:
    """Without the characters that XML 1.0 forbids (controls but tab and line breaks, lone surrogates,
    noncharacters).
    """
    return _UNWRITABLE.sub("", text) if _UNWRITABLE.search(text) else text


def cdata(text: str) -> str:
    """``text`` as a CDATA section that nothing in it can end."""
    return "<![CDATA[" + clean_text(text).replace("]]>", "]]]]><![CDATA[>") + "]]>"
