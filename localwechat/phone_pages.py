"""What a page in the phone's browser may ask of WeChat: the check of its signature, and the pop-up of subscription notices.

Source: https://developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html
"""

from __future__ import annotations

import hashlib
import json
from typing import Any

from flask import Response

from . import people
from .platform import Sandbox
from .routes import Routes, answer, body_of
from .store import Row

route = Routes()
_MOST = 5


@route("/phone/api/jsapi", "POST")
def jsapi(sandbox: Sandbox) -> Response:
    """`wx.config` of a page: right account, and a signature by the ticket that is in use."""
    data = body_of()
    kept = sandbox.store.get("ticket")
    page = str(data["page"]).partition("#")[0]
    text = f"jsapi_ticket={kept['ticket'] if kept else ''}&noncestr={data['nonceStr']}&timestamp={data['timestamp']}&url={page}"
    if data["appId"] != sandbox.account["app_id"]:
        return answer({"errMsg": "config:fail, invalid appid"})
    if not kept or kept["expires"] <= sandbox.now():
        return answer({"errMsg": "config:fail, invalid signature"})
    right = hashlib.sha1(text.encode()).hexdigest() == data["signature"]
    return answer({"errMsg": "config:ok" if right else "config:fail, invalid signature"})


@route("/phone/api/subscribe/ask", "POST")
def ask(sandbox: Sandbox) -> Response:
    """The button of these templates was tapped: what the pop-up shows, with remembered answers; or why it does not open."""
    data = body_of()
    row = people.person(sandbox, str(data["openid"]))
    names = [str(one) for one in data["templates"]]
    found = [_template(sandbox, one) for one in names]
    if not names:
        return _refused(10001, "template is empty")
    if len(names) > _MOST:
        return _refused(20003, "too many templates")
    if None in found:
        return _refused(20001, "no such template")
    known = [one for one in found if one is not None]
    if len({bool(one["long_term"]) for one in known}) > 1:
        return _refused(20002, "one-time and long-term are mixed")
    if row["refuses"]:
        return _refused(20004, "the user's main switch is off")
    return answer(
        {
            "templates": [
                {
                    "template_id": one["template_id"],
                    "title": one["title"],
                    "long_term": bool(one["long_term"]),
                    "remembered": _remembered(sandbox, row, one["template_id"]),
                }
                for one in known
            ]
        }
    )


@route("/phone/api/subscribe/answer", "POST")
def answered(sandbox: Sandbox) -> Response:
    """The person's answers by template, and whether they hold for good. What is remembered counts without an event.

    Events: only what was said in a pop-up is told to the account (README).
    """
    data = body_of()
    row = people.person(sandbox, str(data["openid"]))
    answers: dict[str, str] = data.get("answers") or {}
    said: dict[str, str] = {}
    for name in (str(one) for one in data["templates"]):
        remembered = _remembered(sandbox, row, name)
        said[name] = remembered or ("accept" if answers.get(name) == "accept" else "reject")
        if remembered:
            people.count_consent(sandbox, row["openid"], name, remembered)
            continue
        if data.get("always"):
            sandbox.store.put(_key(row, name), said[name])
        people.consent(sandbox, row["openid"], name, said[name])
    details = {name: json.dumps({"status": status}) for name, status in said.items()}
    return answer({"errMsg": "subscribe:ok", "subscribeDetails": json.dumps(details)})


def _template(sandbox: Sandbox, template_id: str) -> Row | None:
    return sandbox.store.row(
        "SELECT * FROM templates WHERE template_id = ? AND kind = 'notice'", (template_id,)
    )


def _remembered(sandbox: Sandbox, row: Row, template_id: str) -> str:
    return str(sandbox.store.get(_key(row, template_id), ""))


def _key(row: Row, template_id: str) -> str:
    return f"subscribe:{row['id']}:{template_id}"


def _refused(code: int, why: str) -> Response:
    refused: dict[str, Any] = {"errCode": code, "errMsg": f"subscribe:fail {why}"}
    return answer(refused)
