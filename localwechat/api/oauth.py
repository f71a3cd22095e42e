"""Web OAuth: the page and the sns calls.

Source: https://developers.weixin.qq.com/doc/service/api/webdev/access/api_snsaccesstoken
"""

from __future__ import annotations

import html
import json
from typing import Any
from urllib.parse import urlencode, urlsplit

from flask import Response, redirect

from ..dispatch import Call, endpoint, per_minute
from ..errcodes import ApiError, refuse
from ..platform import Sandbox
from ..store import Row

CODE_S = 300
TOKEN_S = 7200
REFRESH_S = 30 * 86400


def new_code(sandbox: Sandbox, openid: str, scope: str, snapshot: bool = False) -> str:
    """A code for one exchange within five minutes."""
    code = "0" + sandbox.random_text(31)
    sandbox.store.run(
        "INSERT INTO codes (code, kind, openid, scope, created, data) VALUES (?, 'oauth', ?, ?, ?, ?)",
        (code, openid, scope, sandbox.now(), json.dumps({"snapshot": snapshot})),
    )
    return code


def _error_page(code: int, text: str) -> Response:
    return Response(
        f'<!doctype html><meta charset="utf-8"><title>错误</title><p>{html.escape(text)}</p><p>错误码:{code}</p>',
        200,
        content_type="text/html; charset=utf-8",
    )


@endpoint("/connect/oauth2/authorize", "GET", token="", raw=True)
def authorize(call: Call) -> Any:
    """The page that sends a person back with a code: who it is, the cookie of the phone page says."""
    query, sandbox = call.query, call.sandbox
    if not query.get("appid"):
        return _error_page(10012, "appid 不能为空")
    if query["appid"] != sandbox.account["app_id"]:
        return _error_page(10004, "该公众号被封禁或不存在")
    if sandbox.account["type"] != "service" or not sandbox.account["verified"]:
        return _error_page(10005, "该公众号没有这些 scope 的权限")
    target, scope = query.get("redirect_uri", ""), query.get("scope", "")
    if not target:
        return _error_page(10011, "redirect_uri 不能为空")
    if scope not in ("snsapi_base", "snsapi_userinfo"):
        return _error_page(10010, "scope 不能为空")
    domain = sandbox.settings["oauth_domain"]
    if domain and urlsplit(target).netloc != domain:
        return _error_page(10003, "redirect_uri 域名与后台配置不一致")
    openid = query.get("_openid") or call.request.cookies.get("sandbox_openid") or ""
    row = sandbox.person(openid)
    if row is None:
        return _choose(call)
    snapshot = bool(sandbox.settings["oauth_snapshot"]) and scope == "snsapi_userinfo"
    code = new_code(sandbox, row["openid"], scope, snapshot)
    joint = "&" if "?" in target else "?"
    return redirect(target + joint + urlencode({"code": code, "state": query.get("state", "")}), 302)


def _choose(call: Call) -> Response:
    rows = call.sandbox.store.rows(
        "SELECT openid, nickname FROM followers ORDER BY acted DESC, id DESC LIMIT 20"
    )
    links = "".join(
        f'<p><a href="?{html.escape(urlencode({**call.query, "_openid": r["openid"]}))}">{html.escape(r["nickname"])}</a></p>'
        for r in rows
    )
    return Response(
        '<!doctype html><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>选择微信用户</title><h3>以谁的身份打开</h3>{links or '<p>还没有粉丝，请先在手机页面添加</p>'}",
        200,
        content_type="text/html; charset=utf-8",
    )


def _check_account(call: Call, need_secret: bool = True) -> None:
    account = call.sandbox.account
    refuse(not call.query.get("appid"), 41002)
    refuse(call.query["appid"] != account["app_id"], 40013)
    if need_secret:
        refuse(not call.query.get("secret"), 41004)
        refuse(call.query["secret"] != account["app_secret"], 40125)


def _tokens(sandbox: Sandbox, row: Row, scope: str, openid: str, refresh: str = "") -> dict[str, Any]:
    token = sandbox.random_text(90)
    data = json.dumps({"openid": openid})
    sandbox.store.run(
        "INSERT INTO codes (code, kind, openid, scope, created, data) VALUES (?, 'oauth_token', ?, ?, ?, ?)",
        (token, row["openid"], scope, sandbox.now(), data),
    )
    if not refresh:
        refresh = sandbox.random_text(90)
        sandbox.store.run(
            "INSERT INTO codes (code, kind, openid, scope, created, data) VALUES (?, 'refresh', ?, ?, ?, ?)",
            (refresh, row["openid"], scope, sandbox.now(), data),
        )
    return {
        "access_token": token,
        "expires_in": TOKEN_S,
        "refresh_token": refresh,
        "openid": openid,
        "scope": scope,
    }


def _kept(sandbox: Sandbox, code: object, kind: str) -> Row | None:
    return sandbox.store.row("SELECT * FROM codes WHERE code = ? AND kind = ?", (code, kind))


@endpoint("/sns/oauth2/access_token", "ANY", token="")
def exchange(call: Call) -> dict[str, Any]:
    """A code against a token and the openid."""
    sandbox = call.sandbox
    _check_account(call)
    refuse(call.query.get("grant_type") != "authorization_code", 40002)
    refuse(not call.query.get("code"), 41008)
    per_minute(sandbox, "sns/oauth2/access_token", 50_000)
    kept = _kept(sandbox, call.query["code"], "oauth")
    if kept is None:
        raise ApiError(40029)
    refuse(kept["used"], 40163)
    refuse(kept["created"] + CODE_S < sandbox.now(), 42003)
    sandbox.store.run("UPDATE codes SET used = 1 WHERE code = ?", (kept["code"],))
    row = sandbox.person(kept["openid"])
    refuse(row is None, 40029)
    assert row is not None
    snapshot = json.loads(kept["data"]).get("snapshot")
    openid = "o" + sandbox.random_text(27) if snapshot else row["openid"]
    answer = _tokens(sandbox, row, kept["scope"], openid)
    if snapshot:
        answer["is_snapshotuser"] = 1
    elif kept["scope"] == "snsapi_userinfo":
        answer["unionid"] = row["unionid"]
    return answer


@endpoint("/sns/oauth2/refresh_token", "ANY", token="")
def refresh_token(call: Call) -> dict[str, Any]:
    """A new token from the refresh token."""
    sandbox = call.sandbox
    _check_account(call, need_secret=False)
    refuse(call.query.get("grant_type") != "refresh_token", 40002)
    refuse(not call.query.get("refresh_token"), 41003)
    kept = _kept(sandbox, call.query["refresh_token"], "refresh")
    if kept is None:
        raise ApiError(40030)
    refuse(kept["created"] + REFRESH_S < sandbox.now(), 42002)
    row = sandbox.person(kept["openid"])
    refuse(row is None, 40030)
    assert row is not None
    return _tokens(sandbox, row, kept["scope"], json.loads(kept["data"])["openid"], kept["code"])


def _oauth_token(call: Call) -> Row:
    kept = _kept(call.sandbox, call.query.get("access_token"), "oauth_token")
    if kept is None:
        raise ApiError(40001)
    refuse(kept["created"] + TOKEN_S < call.sandbox.now(), 42001)
    return kept


@endpoint("/sns/userinfo", "ANY", token="")
def user_info(call: Call) -> dict[str, Any]:
    """Nickname and picture, of whoever agreed."""
    kept = _oauth_token(call)
    openid = json.loads(kept["data"])["openid"]
    refuse(call.query.get("openid") != openid, 40003)
    refuse(kept["scope"] != "snsapi_userinfo" or openid != kept["openid"], 48001)
    row = call.sandbox.person(openid)
    assert row is not None
    return {
        "openid": openid,
        "nickname": row["nickname"],
        "sex": 0,
        "language": "",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "privilege": [],
        "unionid": row["unionid"],
    }


@endpoint("/sns/auth", "ANY", token="")
def auth(call: Call) -> dict[str, Any]:
    """Whether a token is good for this openid."""
    kept = _oauth_token(call)
    refuse(call.query.get("openid") != json.loads(kept["data"])["openid"], 40003)
    return {"errcode": 0, "errmsg": "ok"}
