"""Customer-service messages and their windows.

Source: https://developers.weixin.qq.com/doc/service/api/customer/message/api_sendcustommessage
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from ..dispatch import OK, Call, endpoint
from ..errcodes import ApiError, refuse
from ..platform import Sandbox
from ..store import Row
from .media import find_media

TYPES = (
    "text", "image", "voice", "video", "music", "news", "mpnews", "mpnewsarticle", "msgmenu",
    "miniprogrampage", "wxcard",
)  # fmt: skip
TYPING_S = 15


def _object(call: Call, kind: str) -> dict[str, Any]:
    content = call.body.get(kind)
    refuse(content is None, 40008)
    refuse(not isinstance(content, dict), 47001)
    return dict(content or {})


def _shown(call: Call, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    """The message as the phone shows it; raises the code of what is wrong with it."""
    show = _KINDS.get(kind)
    if show is None:
        raise ApiError(45113 if kind == "wxcard" else 40007)  # mpnews: there is no old news material
    return show(call.sandbox, kind, content)


def _text(_sandbox: Sandbox, _kind: str, content: dict[str, Any]) -> dict[str, Any]:
    text = content.get("content")
    refuse(not isinstance(text, str) or not text, 44004)
    refuse(len(str(text).encode()) > 2048, 45002)
    return {"type": "text", "content": text}


def _medium(sandbox: Sandbox, kind: str, content: dict[str, Any]) -> dict[str, Any]:
    row = find_media(sandbox, content.get("media_id"), ("image", "thumb") if kind == "image" else (kind,))
    return {
        "type": kind,
        "media": f"/phone/media/{row['media_id']}",
        "title": str(content.get("title", "")),
        "digest": str(content.get("description", "")),
    }


def _music(sandbox: Sandbox, _kind: str, content: dict[str, Any]) -> dict[str, Any]:
    find_media(sandbox, content.get("thumb_media_id"), ("thumb", "image"))
    return {"type": "music", "title": str(content.get("title", "")), "url": str(content.get("musicurl", ""))}


def _news(_sandbox: Sandbox, _kind: str, content: dict[str, Any]) -> dict[str, Any]:
    articles = content.get("articles")
    refuse(not isinstance(articles, list), 47001)
    assert isinstance(articles, list)
    refuse(len(articles) != 1, 45008)
    article = articles[0]
    refuse(not isinstance(article, dict), 47001)
    shown = {
        "title": str(article.get("title", "")),
        "digest": str(article.get("description", "")),
        "cover": str(article.get("picurl", "")),
        "url": str(article.get("url", "")),
    }
    return {"type": "news", "articles": [shown]}


def _mini_program(sandbox: Sandbox, _kind: str, content: dict[str, Any]) -> dict[str, Any]:
    refuse(content.get("appid") != sandbox.account["mini_app_id"], 40166)
    refuse(not content.get("pagepath"), 40165)
    row = find_media(sandbox, content.get("thumb_media_id"), ("image", "thumb"))
    return {
        "type": "miniprogram",
        "title": str(content.get("title", "")),
        "cover": f"/phone/media/{row['media_id']}",
        "pagepath": content["pagepath"],
    }


def _article(sandbox: Sandbox, _kind: str, content: dict[str, Any]) -> dict[str, Any]:
    row = sandbox.store.row(
        "SELECT p.mid, p.idx, p.article FROM publishes u JOIN pages p ON p.mid = u.msg_data_id"
        " WHERE u.article_id = ? AND u.status = 0 AND p.deleted = '' ORDER BY p.idx LIMIT 1",
        (str(content.get("article_id")),),
    )
    if row is None:
        raise ApiError(53600)
    article = json.loads(row["article"])
    shown = {
        "title": article["title"],
        "digest": article["digest"],
        "cover": article["thumb_url"],
        "url": f"/phone/article/{row['mid']}/{row['idx']}",
    }
    return {"type": "news", "articles": [shown]}


def _menu(_sandbox: Sandbox, _kind: str, content: dict[str, Any]) -> dict[str, Any]:
    items = content.get("list")
    refuse(not isinstance(items, list) or not items, 45098)
    assert isinstance(items, list)
    refuse(len(items) > 10, 45098)
    kept = []
    for item in items:
        refuse(not isinstance(item, dict), 47001)
        text = str(item.get("content", ""))
        refuse(not 1 <= len(text) <= 60, 45099)
        kept.append({"id": str(item.get("id", "0")), "content": text})
    return {
        "type": "msgmenu",
        "head": str(content.get("head_content", "")),
        "items": kept,
        "tail": str(content.get("tail_content", "")),
    }


_KINDS: dict[str, Callable[[Sandbox, str, dict[str, Any]], dict[str, Any]]] = {
    "text": _text,
    "image": _medium,
    "voice": _medium,
    "video": _medium,
    "music": _music,
    "news": _news,
    "mpnewsarticle": _article,
    "msgmenu": _menu,
    "miniprogrampage": _mini_program,
}


def _use_window(sandbox: Sandbox, row: Row) -> None:
    """Count the message in the short window if it is open, else in the long one. 45015, 45047."""
    now = sandbox.now()
    short, long_ = row["short_until"] >= now, row["long_until"] >= now
    refuse(not short and not long_, 45015)
    if short and row["short_left"] > 0:
        sandbox.store.run("UPDATE followers SET short_left = short_left - 1 WHERE id = ?", (row["id"],))
    elif long_ and row["long_left"] > 0:
        sandbox.store.run("UPDATE followers SET long_left = long_left - 1 WHERE id = ?", (row["id"],))
    else:
        raise ApiError(45047)


def _receiver(call: Call) -> Row:
    row = call.sandbox.person(str(call.body.get("touser")))
    if row is None:
        raise ApiError(40003)
    refuse(not row["subscribed"], 45015)
    return row


@endpoint("/cgi-bin/message/custom/send", right="custom")
def send(call: Call) -> dict[str, Any]:
    """One message to someone who acted lately. No id, no repeat guard."""
    sandbox = call.sandbox
    row = _receiver(call)
    kind = call.body.get("msgtype")
    refuse(kind not in TYPES, 40008)
    shown = _shown(call, str(kind), _object(call, str(kind)))
    refuse(row["refuses"], 48002)
    _use_window(sandbox, row)
    service = call.body.get("customservice")
    if isinstance(service, dict):
        refuse(not _agent(sandbox, service.get("kf_account")), 61452)
        shown["agent"] = service["kf_account"]
    sandbox.show(row["id"], "in", "custom", shown)
    return OK


@endpoint("/cgi-bin/message/custom/typing", right="custom")
def typing(call: Call) -> dict[str, Any]:
    """「对方正在输入」."""
    row = _receiver(call)
    command = call.body.get("command")
    refuse(command not in ("Typing", "CancelTyping"), 45072)
    now = call.sandbox.now()
    refuse(now - row["acted"] > 30, 45080)
    if command == "Typing":
        refuse(0 <= now - row["typing"] < TYPING_S, 45081)
    call.sandbox.store.run(
        "UPDATE followers SET typing = ? WHERE id = ?", (now if command == "Typing" else 0, row["id"])
    )
    return OK


# Agents: /customservice/kfaccount


def _agents(sandbox: Sandbox) -> list[dict[str, str]]:
    found: list[dict[str, str]] = sandbox.store.get("agents", [])
    return found


def _agent(sandbox: Sandbox, account: object) -> dict[str, str] | None:
    return next((agent for agent in _agents(sandbox) if agent["kf_account"] == account), None)


@endpoint("/customservice/kfaccount/add", right="custom")
def add_agent(call: Call) -> dict[str, Any]:
    """A customer-service account."""
    account, name = call.text("kf_account"), str(call.body.get("nickname", ""))
    prefix = account.split("@")[0]
    refuse("@" not in account or not prefix.isascii() or not prefix.replace("_", "").isalnum(), 61455)
    refuse(len(prefix) > 10, 61454)
    refuse(len(name) > 16, 61451)
    agents = _agents(call.sandbox)
    refuse(_agent(call.sandbox, account), 61453)
    refuse(len(agents) >= 100, 61456)
    call.sandbox.store.put(
        "agents", [*agents, {"kf_account": account, "kf_nick": name, "kf_id": str(1001 + len(agents))}]
    )
    return OK


@endpoint("/customservice/kfaccount/update", right="custom")
def update_agent(call: Call) -> dict[str, Any]:
    """Rename an account."""
    account = call.text("kf_account")
    refuse(not _agent(call.sandbox, account), 61452)
    agents = _agents(call.sandbox)
    for agent in agents:
        if agent["kf_account"] == account:
            agent["kf_nick"] = str(call.body.get("nickname", ""))
    call.sandbox.store.put("agents", agents)
    return OK


@endpoint("/customservice/kfaccount/del", "ANY", right="custom")
def delete_agent(call: Call) -> dict[str, Any]:
    """Delete an account."""
    account = call.query.get("kf_account") or call.text("kf_account")
    refuse(not _agent(call.sandbox, account), 61452)
    call.sandbox.store.put("agents", [a for a in _agents(call.sandbox) if a["kf_account"] != account])
    return OK


@endpoint("/cgi-bin/customservice/getkflist", "GET", right="custom")
def list_agents(call: Call) -> dict[str, Any]:
    """All accounts."""
    return {"kf_list": _agents(call.sandbox)}


@endpoint("/cgi-bin/customservice/getonlinekflist", "GET", right="custom")
def online_agents(call: Call) -> dict[str, Any]:
    """Nobody sits at a desk here."""
    return {"kf_online_list": []}
