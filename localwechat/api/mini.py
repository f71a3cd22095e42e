"""The mini-program: login, phone number, content check.

Source: https://developers.weixin.qq.com/miniprogram/dev/server/API/user-login/api_code2session
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from ..dispatch import OK, Call, endpoint, per_minute
from ..errcodes import ApiError, refuse
from ..platform import Sandbox
from ..store import Row

CODE_S = 300
RISKY = ("违禁内容测试", "加微信领红包")


def _code(sandbox: Sandbox, kind: str, openid: str, data: dict[str, Any]) -> str:
    code = ("0" if kind == "login" else "p") + sandbox.random_text(31)
    sandbox.store.run(
        "INSERT INTO codes (code, kind, openid, scope, created, data) VALUES (?, ?, ?, '', ?, ?)",
        (code, kind, openid, sandbox.now(), json.dumps(data)),
    )
    return code


def new_login_code(sandbox: Sandbox, openid: str) -> str:
    """What wx.login would give this person."""
    return _code(sandbox, "login", openid, {})


def new_phone_code(sandbox: Sandbox, openid: str, phone: str) -> str:
    """What the phone-number button would give this person."""
    return _code(sandbox, "phone", openid, {"phone": phone})


def _take(sandbox: Sandbox, code: object, kind: str, used: int) -> Row:
    kept = sandbox.store.row("SELECT * FROM codes WHERE code = ? AND kind = ?", (code, kind))
    if kept is None:
        raise ApiError(40029)
    refuse(kept["used"], used)
    refuse(kept["created"] + CODE_S < sandbox.now(), 40029)
    sandbox.store.run("UPDATE codes SET used = 1 WHERE code = ?", (kept["code"],))
    return kept


def _owner(sandbox: Sandbox, kept: Row) -> Row:
    row = sandbox.person(kept["openid"])
    if row is None:
        raise ApiError(40029)
    return row


@endpoint("/sns/jscode2session", "GET", token="")
def login(call: Call) -> dict[str, Any]:
    """A login code against openid and session_key."""
    account, query = call.sandbox.account, call.query
    refuse(not query.get("appid"), 41002)
    refuse(query["appid"] != account["mini_app_id"], 40013)
    refuse(query.get("secret") != account["mini_app_secret"], 40125)
    refuse(query.get("grant_type") != "authorization_code", 40002)
    refuse(not query.get("js_code"), 41008)
    kept = _take(call.sandbox, query["js_code"], "login", 40163)
    row = _owner(call.sandbox, kept)
    refuse(row["openid"] in call.sandbox.store.get("risky", []), 40226)
    per_minute(call.sandbox, f"jscode2session:{row['id']}", 100)
    key = base64.b64encode(call.sandbox.noise.randbytes(16)).decode()
    call.sandbox.store.put(f"session:{row['mini_openid']}", key)
    return {"openid": row["mini_openid"], "session_key": key, "unionid": row["unionid"]}


@endpoint("/wxa/checksession", "GET", token="mini")
def check_session(call: Call) -> dict[str, Any]:
    """Whether the session_key is the present one."""
    key = call.sandbox.store.get(f"session:{call.query.get('openid', '')}")
    refuse(key is None, 40003)
    wanted = hmac.new(str(key).encode(), b"", hashlib.sha256).hexdigest()
    refuse(call.query.get("signature") != wanted, 87009)
    return OK


@endpoint("/wxa/business/getuserphonenumber", token="mini")
def phone_number(call: Call) -> dict[str, Any]:
    """A phone code against the number."""
    kept = _take(call.sandbox, call.body.get("code"), "phone", 40029)
    row = _owner(call.sandbox, kept)
    openid = call.body.get("openid")
    refuse(openid and openid != row["mini_openid"], 40003)
    number = json.loads(kept["data"])["phone"] or row["phone"] or f"139{row['id']:08d}"
    return {
        **OK,
        "phone_info": {
            "phoneNumber": number,
            "purePhoneNumber": number,
            "countryCode": "86",
            "watermark": {
                "timestamp": int(call.sandbox.now()),
                "appid": call.sandbox.account["mini_app_id"],
            },
        },
    }


@endpoint("/wxa/img_sec_check", token="mini")
def check_picture(call: Call) -> dict[str, Any]:
    """The old picture check: a file whose name says so is risky."""
    part = call.request.files.get("media")
    refuse(part is None or not part.filename, 41005)
    assert part is not None
    refuse("risky" in str(part.filename), 87014)
    return OK


@endpoint("/wxa/msg_sec_check", token="mini")
def check_text(call: Call) -> dict[str, Any]:
    """The content check, version 2."""
    body = call.body
    refuse(body.get("version") != 2, 47001)
    refuse(body.get("scene") not in (1, 2, 3, 4), 40129)
    content = call.text("content", 44002)
    refuse(len(content) > 2500, 45002)
    person = call.sandbox.store.row("SELECT id FROM followers WHERE mini_openid = ?", (body.get("openid"),))
    refuse(person is None, 40003)
    per_minute(call.sandbox, "msg_sec_check", 4000)
    risky = any(word in content for word in RISKY)
    verdict = {"suggest": "risky" if risky else "pass", "label": 10001 if risky else 100}
    return {
        **OK,
        "trace_id": call.sandbox.noise.randbytes(8).hex(),
        "result": verdict,
        "detail": [{"strategy": "content_model", "errcode": 0, **verdict, "prob": 90}],
    }
