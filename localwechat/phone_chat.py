"""What a chat on the phone shows: messages of both sides, mass sends, small grey lines."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request

from .article_page import local_pictures
from .clock import shanghai
from .platform import Sandbox
from .routes import answer
from .store import Row

CHAT_PAGE = 200


def tagged(messages: list[dict[str, Any]], following: int) -> Response:
    """The messages with a tag, so that a phone that knows them already gets 304. `following`: 1 or 0."""
    last = messages[-1]["seq"] if messages else 0
    tag = f'"{last}-{following}"'
    if not messages and request.args.get("after", "0") != "0":
        tag = f'"{request.args["after"]}-{following}"'
    if request.headers.get("If-None-Match") == tag:
        response = Response(b"", 304)
    else:
        response = answer({"following": bool(following), "messages": messages})
    response.headers["ETag"] = tag
    response.headers["Cache-Control"] = "no-cache"
    return response


def messages(sandbox: Sandbox, where: str, number: int, after: int) -> list[dict[str, Any]]:
    """The latest ones of a chat (`where` with `number`) that came after the message `after`, the oldest first."""
    rows = sandbox.store.rows(
        f"SELECT * FROM feed WHERE {where} AND seq > ? ORDER BY seq DESC LIMIT ?", (number, after, CHAT_PAGE)
    )
    return [shown(sandbox, row) for row in reversed(rows)]


def shown(sandbox: Sandbox, row: Row) -> dict[str, Any]:
    """One message of a chat as the phone gets it."""
    body = json.loads(row["body"]) if row["body"] else {}
    if row["kind"] == "mass":
        body = _mass_body(sandbox, row["msg_id"])
    elif row["kind"] == "event":
        body = {"type": "event", "content": event_text(sandbox, body)}
    elif row["way"] == "out" and "type" not in body:
        body = {"type": row["kind"], **body}
        if row["kind"] == "image":
            body["media"] = f"/phone/media/{body.pop('MediaId', '')}"
    body = _local(body)
    return {
        "seq": row["seq"],
        "way": row["way"],
        "kind": row["kind"],
        "at": row["at"],
        "time": shanghai(row["at"]).strftime("%Y-%m-%d %H:%M:%S"),
        "msg_id": row["msg_id"],
        **body,
    }


def event_text(sandbox: Sandbox, body: dict[str, Any]) -> str:
    """A small grey line for what the person did; "" for what a chat does not show."""
    texts = {"subscribe": "你关注了该公众号", "unsubscribe": "你取消了关注", "SCAN": "你扫描了二维码"}
    return texts.get(str(body.get("event", "")), "")


def _mass_body(sandbox: Sandbox, msg_id: str) -> dict[str, Any]:
    row = sandbox.store.row("SELECT * FROM mass WHERE msg_id = ?", (int(msg_id),))
    if row is None:
        return {"type": "notice", "content": "消息已不存在"}
    content = json.loads(row["content"])
    if row["msgtype"] == "text":
        return {"type": "text", "content": content["content"]}
    if row["msgtype"] != "mpnews":
        media = content.get("media_id") or (content.get("media_ids") or [""])[0]
        return {
            "type": {"mpvideo": "video"}.get(row["msgtype"], row["msgtype"]),
            "media": f"/phone/media/{media}",
        }
    pages = sandbox.store.rows("SELECT * FROM pages WHERE mid = ? ORDER BY idx", (row["msg_data_id"],))
    articles = []
    for found in pages:
        article = json.loads(found["article"])
        articles.append(
            {
                "title": article["title"],
                "digest": article["digest"],
                "cover": article["thumb_url"],
                "url": f"/phone/article/{found['mid']}/{found['idx']}",
                "deleted": bool(found["deleted"]),
            }
        )
    return {"type": "news", "articles": articles}


def _local(value: Any) -> Any:
    if isinstance(value, str):
        return local_pictures(value)
    if isinstance(value, dict):
        return {k: _local(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_local(v) for v in value]
    return value
