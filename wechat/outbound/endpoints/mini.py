"""The mini-program's calls; its openids and its token are its own.

Pages: https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session ,
https://developers.weixin.qq.com/miniprogram/dev/server/API/user-info/phone-number/api_getphonenumber
"""

from __future__ import annotations

import hashlib
import hmac

import msgspec

from wechat.outbound.endpoints.base import Caller
from wechat.outbound.endpoints.table import MINI_CHECK, MINI_PHONE, MINI_SESSION, MINI_TEXT_CHECK
from wechat.outbound.failures import CallFailed

_SIGNATURE_INVALID = 87009


class MiniSession(msgspec.Struct, frozen=True):
    """``session_key`` must never leave the server. ``unionid`` only if both are bound to one Open Platform account."""

    openid: str
    session_key: str
    unionid: str = ""

    def __repr__(self) -> str:
        return "MiniSession(...)"


class Phone(msgspec.Struct, frozen=True):
    """``number`` with area code if foreign, ``pure`` without."""

    number: str = msgspec.field(name="phoneNumber")
    pure: str = msgspec.field(name="purePhoneNumber")

    def __repr__(self) -> str:
        return "Phone(...)"


class _PhoneAnswer(msgspec.Struct):
    phone_info: Phone


class _Suggestion(msgspec.Struct):
    suggest: str
    label: int = 100


class _TextCheck(msgspec.Struct):
    result: _Suggestion


class MiniCalls(Caller):
    """Needs ``[mini_program]`` in the configuration."""

    def code2session(self, js_code: str) -> MiniSession:
        """Who logged in; a code serves once, 5 minutes. 100 a minute a user. Page: …/user-login/api_code2session"""
        mini = self.settings.mini_program
        query = {
            "appid": mini.app_id, "secret": mini.app_secret, "js_code": js_code, "grant_type": "authorization_code",
        }  # fmt: skip
        return self.ask(MINI_SESSION, MiniSession, query=query)

    def mini_session_valid(self, session: MiniSession) -> bool:
        """Whether WeChat still holds this session key."""
        signature = hmac.new(session.session_key.encode(), b"", hashlib.sha256).hexdigest()
        query = {"openid": session.openid, "signature": signature, "sig_method": "hmac_sha256"}
        try:
            self.call(MINI_CHECK, query=query)
        except CallFailed as failed:
            if failed.code != _SIGNATURE_INVALID:
                raise
            return False
        return True

    def phone_number(self, code: str) -> Phone:
        """The phone of one who tapped the phone button; its code serves once, 5 minutes, and is not the login code.

        Page: …/user-info/phone-number/api_getphonenumber
        """
        return self.ask(MINI_PHONE, _PhoneAnswer, body={"code": code}).phone_info

    def text_check(self, openid: str, text: str, scene: int = 2) -> str:
        """``pass``, ``review`` or ``risky`` for a text (≤ 2,500 characters) of one who visited in the last 2 hours.

        ``scene`` 1 profile, 2 comment, 3 forum, 4 social log. 4,000 a minute. Page:
        https://developers.weixin.qq.com/minigame/dev/api-backend/open-api/sec-check/security.msgSecCheck.html
        """
        body = {"version": 2, "openid": openid, "scene": scene, "content": text}
        return self.ask(MINI_TEXT_CHECK, _TextCheck, body=body).result.suggest
