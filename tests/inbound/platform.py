"""WeChat's side of the line, written apart from the product's: what it signs, encrypts, sends and accepts."""

from __future__ import annotations

import base64
import hashlib
import io
import itertools
import os
import struct
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any
from xml.etree import ElementTree

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

App = Callable[[dict[str, Any], Any], Iterable[bytes]]
_numbers = itertools.count(1)


def sign(*parts: str) -> str:
    """SHA-1 over the sorted parts."""
    return hashlib.sha1("".join(sorted(parts)).encode()).hexdigest()


@dataclass
class Answer:
    """What came back: status, raw body, and the fields of the (decrypted) reply, None for ``success`` or nothing."""

    status: int
    body: bytes
    fields: dict[str, str] | None

    @property
    def text(self) -> str:
        """The reply's text; empty where there is none."""
        return (self.fields or {}).get("Content", "")


@dataclass
class Account:
    """The account's data as both sides know them, and the messages it sends."""

    token: str
    aes_key: str
    app_id: str
    original_id: str

    @property
    def _cipher(self) -> Cipher[modes.CBC]:
        key = base64.b64decode(self.aes_key + "=")
        return Cipher(algorithms.AES(key), modes.CBC(key[:16]))

    def encrypt(self, message: bytes, app_id: str | None = None) -> str:
        """The text of Encrypt."""
        plain = os.urandom(16) + struct.pack(">I", len(message)) + message + (app_id or self.app_id).encode()
        pad = 32 - len(plain) % 32
        encryptor = self._cipher.encryptor()
        return base64.b64encode(encryptor.update(plain + bytes([pad]) * pad) + encryptor.finalize()).decode()

    def decrypt(self, encrypted: str) -> bytes:
        """The message inside a reply of ours."""
        decryptor = self._cipher.decryptor()
        plain = decryptor.update(base64.b64decode(encrypted)) + decryptor.finalize()
        plain = plain[: -plain[-1]]
        (length,) = struct.unpack_from(">I", plain, 16)
        assert plain[20 + length :].decode() == self.app_id
        return plain[20 : 20 + length]

    def query(self, at: int, encrypted: str | None = None, nonce: str | None = None) -> str:
        """The query of a push, signed."""
        nonce, timestamp = nonce or str(int.from_bytes(os.urandom(6), "big")), str(at)
        query = f"signature={sign(self.token, timestamp, nonce)}&timestamp={timestamp}&nonce={nonce}"
        if encrypted is not None:
            signature = sign(self.token, timestamp, nonce, encrypted)
            query += f"&openid=o&encrypt_type=aes&msg_signature={signature}"
        return query

    def sealed(self, xml: str | bytes, at: int | None = None) -> tuple[str, bytes]:
        """Query and body of a push in safe mode."""
        encrypted = self.encrypt(xml if isinstance(xml, bytes) else xml.encode())
        body = f"<xml><ToUserName><![CDATA[{self.original_id}]]></ToUserName><Encrypt><![CDATA[{encrypted}]]></Encrypt></xml>"
        return self.query(at or int(time.time()), encrypted), body.encode()

    def opened(
        self, status: int, body: bytes, nonce: str | None = None, *, any_sender: bool = False
    ) -> Answer:
        """Take an answer as WeChat does: everything about it is checked (the sender not, where it was forged)."""
        if status != 200 or body in (b"", b"success"):
            return Answer(status, body, None)
        outer = fields_of(body)
        if "Encrypt" not in outer:
            return Answer(status, body, outer)
        assert sign(self.token, outer["TimeStamp"], outer["Nonce"], outer["Encrypt"]) == outer["MsgSignature"]
        assert nonce is None or outer["Nonce"] == nonce
        inner = fields_of(self.decrypt(outer["Encrypt"]))
        assert any_sender or inner["FromUserName"] == self.original_id
        assert inner["MsgType"] != "text" or 0 < len(inner["Content"].encode()) <= 2048
        return Answer(status, body, inner)


def fields_of(xml: bytes) -> dict[str, str]:
    """Children of the root and their text, by a parser that is not ours."""
    root = ElementTree.fromstring(xml)
    assert root.tag == "xml"
    return {child.tag: "".join(child.itertext()) for child in root}


def call(
    app: App, method: str, query: str, body: bytes = b"", path: str = "/wechat/callback"
) -> tuple[int, bytes]:
    """One request to a WSGI application."""
    got: list[str] = []
    environ = {
        "REQUEST_METHOD": method,
        "PATH_INFO": path,
        "QUERY_STRING": query,
        "CONTENT_LENGTH": str(len(body)),
        "CONTENT_TYPE": "text/xml",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(body),
        "wsgi.errors": io.StringIO(),
    }
    parts = app(environ, lambda status, _headers: got.append(status))
    return int(got[0].split()[0]), b"".join(parts)


class Phone:
    """Followers who write to one application in safe mode."""

    def __init__(self, app: App, account: Account, now: Callable[[], float] = time.time) -> None:
        self.app = app
        self.account = account
        self._now = now

    def push(
        self, inner: str, openid: str, *, msg_id: int | None = None, created: int | None = None
    ) -> Answer:
        """Any push; ``inner`` are its own elements."""
        xml = self.xml(inner, openid, msg_id=msg_id, created=created)
        query, body = self.account.sealed(xml, int(self._now()))
        return self.account.opened(*call(self.app, "POST", query, body))

    def xml(self, inner: str, openid: str, *, msg_id: int | None = None, created: int | None = None) -> str:
        """The clear message."""
        number = (
            "" if "<Event>" in inner else f"<MsgId>{msg_id or 24790315582900000 + next(_numbers)}</MsgId>"
        )
        return (
            f"<xml><ToUserName><![CDATA[{self.account.original_id}]]></ToUserName>"
            f"<FromUserName><![CDATA[{openid}]]></FromUserName>"
            f"<CreateTime>{created or int(self._now())}</CreateTime>{inner}{number}</xml>"
        )

    def say(self, openid: str, text: str, **more: int) -> Answer:
        """A text."""
        return self.push(text_of(text), openid, **more)

    def event(self, openid: str, event: str, key: str = "", **more: int) -> Answer:
        """An event with a key."""
        return self.push(event_of(event, key), openid, **more)


def text_of(text: str) -> str:
    """Elements of a text message."""
    return f"<MsgType><![CDATA[text]]></MsgType><Content><![CDATA[{text}]]></Content>"


def event_of(event: str, key: str = "") -> str:
    """Elements of an event."""
    return (
        f"<MsgType><![CDATA[event]]></MsgType><Event><![CDATA[{event}]]></Event>"
        f"<EventKey><![CDATA[{key}]]></EventKey>"
    )
