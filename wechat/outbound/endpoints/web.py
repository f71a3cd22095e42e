"""Pages inside WeChat: OAuth (网页授权) and the JS-SDK.

Pages: https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsaccesstoken , …/api_snsuserinfo.html ,
https://developers.weixin.qq.com/doc/offiaccount/OA_Web_Apps/JS-SDK.html
"""

from __future__ import annotations

import hashlib
import secrets
from typing import Literal
from urllib.parse import quote

import msgspec

from ground import clock
from wechat.outbound.endpoints.base import Caller
from wechat.outbound.endpoints.table import GET_TICKET, OAUTH_REFRESH, OAUTH_TOKEN, OAUTH_USER
from wechat.outbound.tokens import Fetched

Scope = Literal["snsapi_base", "snsapi_userinfo"]


class OAuthUser(msgspec.Struct, frozen=True):
    """Who opened the page.

    ``is_snapshotuser`` 1: a virtual account of the snapshot page (快照页); never bind or record it, ask the person to tap
    使用完整服务. ``access_token`` and ``refresh_token`` (30 days) serve :meth:`WebCalls.oauth_profile` only.
    """

    openid: str
    access_token: str = ""
    refresh_token: str = ""
    expires_in: int = 0
    scope: str = ""
    unionid: str = ""
    is_snapshotuser: int = 0

    def __repr__(self) -> str:
        return "OAuthUser(...)"


class OAuthProfile(msgspec.Struct, frozen=True):
    """What the person agreed to show."""

    openid: str
    nickname: str = ""
    headimgurl: str = ""
    unionid: str = ""

    def __repr__(self) -> str:
        return "OAuthProfile(...)"


class JsConfig(msgspec.Struct, frozen=True):
    """For ``wx.config`` (which spells it ``nonceStr``). ``timestamp`` in unix seconds."""

    app_id: str
    timestamp: int
    nonce: str
    signature: str


class _Ticket(msgspec.Struct):
    ticket: str
    expires_in: int


class WebCalls(Caller):
    """OAuth needs a verified 服务号."""

    def oauth_url(self, redirect_uri: str, state: str, scope: Scope = "snsapi_base") -> str:
        """The page that WeChat sends back to ``redirect_uri?code=…&state=…``.

        ``state``: at most 128 letters and digits. The host of ``redirect_uri`` must be exactly the registered one. The order of
        the parameters matters to WeChat.
        """
        return (
            f"{self.settings.open_base_url}/connect/oauth2/authorize?appid={self.settings.wechat.app_id}"
            f"&redirect_uri={quote(redirect_uri, safe='')}&response_type=code&scope={scope}&state={quote(state)}"
            "#wechat_redirect"
        )

    def oauth_exchange(self, code: str) -> OAuthUser:
        """Who stands behind a code (once, 5 minutes). 40029, 40163, 42003: ``ask-user-again``; keep the first answer.

        Two quick openings can bring the same code twice. Page: …/webdev/access/api_snsaccesstoken
        """
        wechat = self.settings.wechat
        query = {
            "appid": wechat.app_id, "secret": wechat.app_secret, "code": code, "grant_type": "authorization_code",
        }  # fmt: skip
        return self.ask(OAUTH_TOKEN, OAuthUser, query=query)

    def oauth_refresh(self, refresh_token: str) -> OAuthUser:
        """A new OAuth token for an old one."""
        query = {
            "appid": self.settings.wechat.app_id, "grant_type": "refresh_token", "refresh_token": refresh_token,
        }  # fmt: skip
        return self.ask(OAUTH_REFRESH, OAuthUser, query=query)

    def oauth_profile(self, user: OAuthUser) -> OAuthProfile:
        """Nickname and picture of one who agreed (scope ``snsapi_userinfo``), else 48001. Page: …/api_snsuserinfo.html"""
        query = {"access_token": user.access_token, "openid": user.openid, "lang": "zh_CN"}
        return self.ask(OAUTH_USER, OAuthProfile, query=query)

    def jsapi_ticket(self) -> str:
        """The ticket that signs pages, shared by all processes for its 7,200 s. Never log it."""

        def fetch(_force: bool) -> Fetched:
            answer = self.ask(GET_TICKET, _Ticket, query={"type": "jsapi"})
            return Fetched(answer.ticket, answer.expires_in)

        return self.tokens.get(f"jsapi_ticket:{self.settings.wechat.app_id}", fetch)

    def jsapi_config(self, url: str) -> JsConfig:
        """Sign a page; ``url`` exactly as the browser has it (``#…`` is cut off)."""
        nonce, timestamp = secrets.token_hex(8), int(clock.timestamp())
        signature = jsapi_signature(self.jsapi_ticket(), nonce, timestamp, url)
        return JsConfig(self.settings.wechat.app_id, timestamp, nonce, signature)


def jsapi_signature(ticket: str, nonce: str, timestamp: int, url: str) -> str:
    """SHA-1 over the four in this order, values raw. Page: JS-SDK guide, appendix 1."""
    page = url.partition("#")[0]
    text = f"jsapi_ticket={ticket}&noncestr={nonce}&timestamp={timestamp}&url={page}"
    return hashlib.sha1(text.encode()).hexdigest()  # noqa: S324 - WeChat's rule
