"""Who asks: the address that counts, the browser in plain words, and whether a name has signed in here before.

A browser in which somebody has signed in keeps a signed cookie that says so. It opens nothing; it only keeps the mistakes of
this browser apart from those of strangers (:mod:`accounts.delays`).
"""

from __future__ import annotations

import secrets
from typing import Any

from flask import current_app, request
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response

from accounts import delays
from accounts.delays import Origin
from accounts.names import normal_username
from accounts.sessions import Browser
from web.proxies import masked, network_of

_KEPT_S = 180 * 24 * 3600
_MOST_NAMES = 8

_BROWSERS = (
    ("MicroMessenger/", "微信"),
    ("DingTalk/", "钉钉"),
    ("Edg", "Edge"),
    ("QQBrowser/", "QQ 浏览器"),
    ("MetaSr", "搜狗浏览器"),
    ("HuaweiBrowser/", "华为浏览器"),
    ("MiuiBrowser/", "小米浏览器"),
    ("UCBrowser/", "UC 浏览器"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("HarmonyOS", "鸿蒙"),
    ("OpenHarmony", "鸿蒙"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "安卓"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


def origin(username: str) -> Origin:
    """Where this request comes from, as far as tries at this name are concerned."""
    address = request.remote_addr or ""
    return Origin(network_of(address), masked(address), _device_of(normal_username(username[:200])))


def is_known() -> bool:
    """Whether the name of a posted sign-in form has signed in from this browser before."""
    return bool(_device_of(normal_username(request.form.get("username", "")[:200])))


def browser() -> Browser:
    """What the owner of the session will recognise it by."""
    return Browser(browser_name(request.headers.get("User-Agent", "")), masked(request.remote_addr or ""))


def browser_name(agent: str) -> str:
    """``Chrome，Windows``: family and system, nothing that would tell one browser from another of its kind."""
    agent = agent[:512]
    family = next((name for mark, name in _BROWSERS if mark in agent), "其他浏览器")
    system = next((name for mark, name in _SYSTEMS if mark in agent), "其他系统")
    return f"{family}，{system}"


def remember(response: Response, username: str) -> None:
    """Note in the browser that this name has signed in here."""
    known, mark = _cookie(), delays.name_mark(normal_username(username))
    names = [mark, *(name for name in known["names"] if name != mark)][:_MOST_NAMES]
    response.set_cookie(
        _cookie_name(),
        _signer().dumps({"id": known["id"] or secrets.token_urlsafe(12), "names": names}),
        max_age=_KEPT_S,
        httponly=True,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        samesite="Lax",
    )


def _device_of(name: str) -> str:
    known = _cookie()
    return str(known["id"]) if known["names"] and delays.name_mark(name) in known["names"] else ""


def _cookie() -> dict[str, Any]:
    nothing: dict[str, Any] = {"id": "", "names": []}
    try:
        found = _signer().loads(request.cookies.get(_cookie_name(), "")[:2000], max_age=_KEPT_S)
    except BadData:
        return nothing
    return found if isinstance(found, dict) and found.keys() == nothing.keys() else nothing


def _cookie_name() -> str:
    return f"{current_app.config['SESSION_COOKIE_NAME']}-known"


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(current_app.config["SECRET_KEY"], salt="known browser")
