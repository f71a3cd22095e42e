"""The WeCom group robot, with errors of its own.

Source: https://developer.work.weixin.qq.com/document/path/91770
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from typing import Any

from ..dispatch import Call, endpoint, per_minute
from ..errcodes import ApiError, refuse
from ..store import Row
from .media import MB, keep_media, kind_of

KEY = re.compile(r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$")
MEDIA_S = 3 * 86400


def _group(call: Call) -> Row:
    key = call.query.get("key", "")
    store = call.sandbox.store
    row = store.row("SELECT * FROM groups WHERE robot = ?", (key,)) if key else None
    if row is None and call.sandbox.settings["robot_auto"] and KEY.match(key):
        gone = store.value("SELECT count(*) FROM usage WHERE day = 'robot_gone' AND key = ?", (key,))
        if not gone:
            number = store.insert("INSERT INTO groups (name, robot) VALUES ('党支部群', ?)", (key,))
            row = store.row("SELECT * FROM groups WHERE id = ?", (number,))
    if row is None:
        raise ApiError(93000)
    return row


def _part(call: Call, kind: str) -> dict[str, Any]:
    part = call.body.get(kind)
    refuse(not isinstance(part, dict), 40058, f"{kind} missing. invalid Request Parameter")
    return dict(part)  # type: ignore[arg-type]


def _text(part: dict[str, Any], name: str, most: int, kind: str) -> str:
    text = part.get(name)
    refuse(not isinstance(text, str) or not text, 44004, "empty content")
    refuse(
        len(str(text).encode()) > most,
        40058,
        f"{kind}.{name} exceed max length {most}. invalid Request Parameter",
    )
    return str(text)


def _shown(call: Call, group: Row, kind: str) -> dict[str, Any]:
    part = _part(call, kind)
    if kind == "text":
        names = [str(n) for n in part.get("mentioned_list") or []]
        return {"type": "text", "content": _text(part, "content", 2048, kind), "mentioned": names}
    if kind in ("markdown", "markdown_v2"):
        return {"type": "markdown", "content": _text(part, "content", 4096, kind)}
    if kind == "image":
        try:
            data = base64.b64decode(str(part.get("base64", "")), validate=True)
        except binascii.Error:
            raise ApiError(40058, "image.base64 invalid. invalid Request Parameter") from None
        refuse(len(data) > 2 * MB, 40009)
        refuse(hashlib.md5(data).hexdigest() != part.get("md5"), 301019)
        form = kind_of(data)
        refuse(form not in ("png", "jpeg"), 40058, "image format. invalid Request Parameter")
        row = keep_media(call.sandbox, True, "image", "robot", data, f"image/{form}")
        return {"type": "image", "media": f"/phone/media/{row['media_id']}"}
    if kind == "news":
        articles = part.get("articles")
        refuse(
            not isinstance(articles, list) or not 1 <= len(articles) <= 8,
            40058,
            "news.articles size. invalid Request Parameter",
        )
        assert isinstance(articles, list)
        kept = []
        for article in articles:
            refuse(not isinstance(article, dict), 40058, "news.articles. invalid Request Parameter")
            title = _text(article, "title", 128, "news.articles")
            refuse(not article.get("url"), 40058, "news.articles.url missing. invalid Request Parameter")
            digest = str(article.get("description", "")).encode()[:512].decode(errors="ignore")
            kept.append(
                {
                    "title": title,
                    "digest": digest,
                    "cover": str(article.get("picurl", "")),
                    "url": article["url"],
                }
            )
        return {"type": "news", "articles": kept}
    if kind in ("file", "voice"):
        media = call.sandbox.store.row(
            "SELECT * FROM media WHERE media_id = ? AND introduction = ?",
            (part.get("media_id"), f"robot:{group['robot']}"),
        )
        if media is None or media["created"] + MEDIA_S < call.sandbox.now():
            raise ApiError(40007)
        return {"type": "file", "name": media["name"], "media": f"/phone/media/{media['media_id']}"}
    return _card(part)


def _card(part: dict[str, Any]) -> dict[str, Any]:
    """A template card, its lengths unchecked as there."""
    refuse(
        part.get("card_type") not in ("text_notice", "news_notice"),
        40058,
        "card_type. invalid Request Parameter",
    )
    refuse(
        not isinstance(part.get("card_action"), dict), 40058, "card_action missing. invalid Request Parameter"
    )
    named = part.get("main_title")
    title: dict[str, Any] = named if isinstance(named, dict) else {}
    refuse(
        not title.get("title") and not part.get("sub_title_text"),
        40058,
        "main_title missing. invalid Request Parameter",
    )
    image = part.get("card_image")
    refuse(
        part["card_type"] == "news_notice" and not isinstance(image, dict),
        40058,
        "card_image missing. invalid Request Parameter",
    )
    text = str(part.get("sub_title_text", "")) if title.get("title") else ""
    return {
        "type": "template_card",
        "title": str(title.get("title") or part.get("sub_title_text")),
        "digest": str(title.get("desc", "")),
        "text": text,
        "cover": str(image.get("url", "")) if isinstance(image, dict) else "",
        "url": str(part["card_action"].get("url", "")),
        "source": str(_inner(part, "source").get("desc", "")),
        "emphasis": {k: str(v) for k, v in _inner(part, "emphasis_content").items()},
        "fields": [
            {"name": str(one.get("keyname", "")), "value": str(one.get("value", ""))}
            for one in _several(part, "horizontal_content_list", 6)
        ],
        "jumps": [
            {"title": str(one.get("title", "")), "url": str(one.get("url", ""))}
            for one in _several(part, "jump_list", 3)
        ],
    }


def _inner(part: dict[str, Any], name: str) -> dict[str, Any]:
    inner = part.get(name)
    return inner if isinstance(inner, dict) else {}


def _several(part: dict[str, Any], name: str, most: int) -> list[dict[str, Any]]:
    found = part.get(name, [])
    fits = isinstance(found, list) and len(found) <= most and all(isinstance(one, dict) for one in found)
    refuse(not fits, 40058, f"{name}. invalid Request Parameter")
    return list(found)


TYPES = ("text", "markdown", "markdown_v2", "image", "news", "file", "voice", "template_card")


@endpoint("/cgi-bin/webhook/send", token="")
def send(call: Call) -> dict[str, Any]:
    """Into the robot's group: 20 a minute."""
    group = _group(call)
    kind = call.body.get("msgtype")
    refuse(kind not in TYPES, 40008)
    shown = _shown(call, group, str(kind))
    try:
        per_minute(call.sandbox, f"robot:{group['robot']}", int(call.sandbox.settings["robot_per_minute"]))
    except ApiError:
        raise ApiError(45009, "api freq out of limit") from None
    call.sandbox.show(0, "in", "robot", {**shown, "sender": "群机器人"}, gid=group["id"])
    return {"errcode": 0, "errmsg": "ok"}


@endpoint("/cgi-bin/webhook/upload_media", token="")
def upload(call: Call) -> dict[str, Any]:
    """A file for this robot, three days."""
    group = _group(call)
    kind = call.query.get("type", "")
    refuse(kind not in ("file", "voice"), 40004)
    part = call.request.files.get("media")
    if part is None or not part.filename:
        raise ApiError(41005)
    data = part.read()
    refuse(len(data) <= 5, 44001)
    refuse(len(data) > (20 if kind == "file" else 2) * MB, 45001)
    refuse(kind == "voice" and kind_of(data) != "amr", 40005)
    row = keep_media(
        call.sandbox, False, "file", part.filename, data, "application/octet-stream",
        introduction=f"robot:{group['robot']}",
    )  # fmt: skip
    return {
        "errcode": 0,
        "errmsg": "ok",
        "type": kind,
        "media_id": row["media_id"],
        "created_at": str(int(row["created"])),
    }
