"""Who may speak to the callback: query, mode, signatures, freshness, app id.

The mode comes from the configuration alone. Pure: the moment is handed in, replay is judged where the claims
are (:mod:`wechat.inbound.callback`); a refusal is :class:`wechat.wire.codec.BadPush`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote_plus

from wechat.wire.codec import BadPush, Crypt, envelope, same, sign

if TYPE_CHECKING:
    from settings import Settings

_TIMESTAMP = re.compile(r"[0-9]{1,11}")
_NONCE = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SIGNATURE = re.compile(r"[0-9a-f]{40}")
_ECHO = re.compile(r"[\x21-\x25\x27-\x3b\x3d\x3f-\x7e]{1,256}")
_MAX_QUERY = 2048


@dataclass(frozen=True, slots=True)
class Authentic:
    """A push that is WeChat's: its message in clear (not parsed yet), and what the reply needs.

    ``request`` is the query's signature: it belongs to one message, and another one under it is a replay.
    ``key_index`` is None when the reply goes out in clear.
    """

    body: bytes
    timestamp: int
    nonce: str
    request: str
    key_index: int | None
    app_id: str


class Opening(NamedTuple):
    """A query that is WeChat's; what comes with it is not known yet. ``at``: when it was signed, Unix seconds."""

    params: dict[str, str]
    at: int
    timestamp: str
    nonce: str


class Gate:
    """The checks of one account. Raises ``ValueError`` when made with an empty token or a key that is
    none.
    """

    def __init__(self, crypt: Crypt, *, mode: str, app_id: str, freshness_s: int) -> None:
        self.crypt = crypt
        self.mode = mode
        self.app_id = app_id
        self.freshness_s = freshness_s

    @classmethod
    def of(cls, settings: Settings) -> Gate:
        """The gate that a configuration asks for."""
        wechat, mini = settings.wechat, settings.mini_program
        crypt = Crypt(
            wechat.token,
            (wechat.encoding_aes_key, wechat.previous_aes_key),
            (wechat.app_id, mini.app_id),
        )
        return cls(
            crypt,
            mode=wechat.message_mode,
            app_id=wechat.app_id,
            freshness_s=settings.system.callback_freshness_s,
        )

    def handshake(self, query: str) -> str:
        """The ``echostr`` to answer WeChat's server verification with (it is never encrypted)."""
        params = read_query(query)
        self._check(params)
        echo = params.get("echostr", "")
        if not _ECHO.fullmatch(echo):
            raise BadPush("echostr")
        return echo

    def fresh(self, opening: Opening, now: float) -> bool:
        """Whether the push was signed within the window around ``now`` (Unix seconds)."""
        return abs(now - opening.at) <= self.freshness_s

    def admit(self, query: str) -> Opening:
        """Verify the query alone, before anything of the body is read."""
        return self._check(read_query(query))

    def authenticate(self, opening: Opening, body: bytes) -> Authentic:
        """Verify the body, and decrypt it where the mode says so. The message is not parsed yet."""
        params, _, timestamp, nonce = opening
        if self.mode == "plain":
            return Authentic(body, int(timestamp), nonce, params["signature"], None, self.app_id)
        signature = params.get("msg_signature", "")
        encrypted = envelope(body)
        if encrypted is None or not signature:
            # Compatible mode carries both forms; that its query is always signed over the cipher text is
            # unconfirmed.
            if self.mode != "compatible" or encrypted is not None:
                raise BadPush("clear")
            return Authentic(body, int(timestamp), nonce, params["signature"], None, self.app_id)
        if not _SIGNATURE.fullmatch(signature):
            raise BadPush("msg_signature")
        opened = self.crypt.open(encrypted, signature, timestamp, nonce)
        return Authentic(
            opened.message, int(timestamp), nonce, params["signature"], opened.key_index, opened.app_id
        )

    def seal(self, reply: bytes, push: Authentic, now: float) -> bytes:
        """The reply as WeChat wants it for this push: in clear, or encrypted with the key the push came
        with.
        """
        if push.key_index is None:
            return reply
        return self.crypt.seal(reply, str(int(now)), push.nonce, key_index=push.key_index, app_id=push.app_id)

    def _check(self, params: dict[str, str]) -> Opening:
        timestamp, nonce = params.get("timestamp", ""), params.get("nonce", "")
        if not _TIMESTAMP.fullmatch(timestamp) or not _NONCE.fullmatch(nonce):
            raise BadPush("query")
        signature = params.get("signature", "")
        if not _SIGNATURE.fullmatch(signature):
            raise BadPush("signature")
        if not same(sign(self.crypt.token, timestamp, nonce), signature):
            raise BadPush("signature")
        return Opening(params, int(timestamp), timestamp, nonce)


def read_query(query: str) -> dict[str, str]:
    """The parameters of a query string; :class:`BadPush` for one given twice or one too long."""
    if len(query) > _MAX_QUERY:
        raise BadPush("query")
    escaped = "%" in query or "+" in query
    params: dict[str, str] = {}
    for part in query.split("&"):
        name, _, value = part.partition("=")
        if name in params:
            raise BadPush("query")
        params[name] = unquote_plus(value) if escaped else value
    return params
