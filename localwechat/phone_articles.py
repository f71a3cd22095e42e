"""Pictures, files and the public pages of articles, as a follower's phone opens them."""

from __future__ import annotations

import html as entities
import json
from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from . import people, phone_comments
from .api.qr import picture as qr_picture
from .article_page import local_pictures, page, served
from .clock import shanghai
from .platform import Sandbox
from .routes import Routes, answer
from .store import Row

route = Routes()


@route("/phone/code/<ticket>.png", "GET")
def code_picture(sandbox: Sandbox, ticket: str) -> Response:
    """A QR code as a picture."""
    url = sandbox.store.value("SELECT url FROM qrcodes WHERE ticket = ?", (ticket,))
    if url is None:
        return answer({"error": "no such code"}, 404)
    return Response(qr_picture(url, 6), content_type="image/png")


@route("/phone/media/<media_id>", "GET")
def media(sandbox: Sandbox, media_id: str) -> Response:
    """An uploaded file."""
    row = sandbox.store.row("SELECT data, mime FROM media WHERE media_id = ?", (media_id,))
    return _file(row)


@route("/mmbiz_<form>/<picture>/<size>", "GET")
def body_picture(sandbox: Sandbox, form: str, picture: str, size: str) -> Response:
    """A picture of a body, under its address at WeChat."""
    row = sandbox.store.row("SELECT data, mime FROM media WHERE picture = ?", (picture,))
    return _file(row)


@route("/s", "GET")
def public_article(sandbox: Sandbox) -> BaseResponse:
    """A published article under its public address."""
    mid, idx = int(request.args["mid"]), int(request.args["idx"])
    row = sandbox.store.row("SELECT * FROM pages WHERE mid = ? AND idx = ?", (mid, idx))
    if row is None or row["sn"] != request.args.get("sn"):
        return served(page("参数错误", "<p>参数错误</p>"), 404)
    return _article(sandbox, row)


@route("/phone/article/<int:mid>/<int:idx>", "GET")
def article(sandbox: Sandbox, mid: int, idx: int) -> Response:
    """A published article as the chat opens it."""
    row = sandbox.store.row("SELECT * FROM pages WHERE mid = ? AND idx = ?", (mid, idx))
    if row is None:
        return served(page("没有这篇文章", "<p>没有这篇文章</p>"), 404)
    return _article(sandbox, row)


@route("/phone/draft/<media_id>/<int:idx>", "GET")
def draft(sandbox: Sandbox, media_id: str, idx: int) -> BaseResponse:
    """A draft that was previewed; once published, its article."""
    row = sandbox.store.row("SELECT * FROM drafts WHERE media_id = ?", (media_id,))
    articles = json.loads(row["articles"]) if row else []
    if not 1 <= idx <= len(articles):
        return served(page("链接已过期", "<p>链接已过期</p>"), 404)
    if row and row["used"]:
        return redirect(f"/phone/article/{row['msg_data_id']}/{idx}")
    return served(render(sandbox, articles[idx - 1], sandbox.now()))


def _file(row: Row | None) -> Response:
    if row is None:
        return answer({"error": "no such file"}, 404)
    response = Response(row["data"], content_type=row["mime"])
    response.headers["Cache-Control"] = "max-age=86400"
    return response


def _article(sandbox: Sandbox, row: Row) -> Response:
    if row["deleted"]:
        text = "该内容已被发布者删除" if row["deleted"] == "author" else "此内容因违规无法查看"
        return served(page(text, f"<p>{text}</p>"))
    reader = phone_comments.reader(sandbox)
    if reader is not None:
        with sandbox.unit():
            people.read(sandbox, int(reader["id"]), row["mid"], row["idx"], "公众号消息")
    reads = int(
        sandbox.store.value(
            "SELECT count(DISTINCT fid) FROM reads WHERE mid = ? AND idx = ?", (row["mid"], row["idx"])
        )
    )
    below = phone_comments.under(sandbox, row, reader)
    return served(render(sandbox, json.loads(row["article"]), row["created"], reads, below))


def render(sandbox: Sandbox, article: dict[str, Any], at: float, reads: int = 0, comments: str = "") -> str:
    """The public page of an article, with its ``comments`` as HTML."""
    escape = entities.escape
    if article["article_type"] == "newspic":
        pictures = "".join(
            f'<p><img src="{escape(p["url"])}"></p>' for p in article["image_info"]["image_list"]
        )
        content = pictures + "<p>" + escape(article["content"]).replace("\n", "<br>") + "</p>"
    else:
        content = article["content"].replace(" data-src=", " src=")
    moment = shanghai(at)
    time = f"{moment.year}年{moment.month}月{moment.day}日 {moment:%H:%M}"
    source = article.get("content_source_url")
    more = f'<a href="{escape(source)}">阅读原文</a>' if source else ""
    author = f'<span class="author">{escape(article["author"])}</span> ' if article["author"] else ""
    inner = (
        f'<h1 id="activity-name">{escape(article["title"])}</h1>'
        f'<div class="meta">{author}<span class="name" id="js_name">{escape(sandbox.account["name"])}</span>'
        f'<em id="publish_time">{time}</em></div>'
        f'<div class="rich_media_content" id="js_content">{content}</div>'
        f'<div class="foot">{more}阅读 {reads}</div>{comments}'
    )
    return local_pictures(page(article["title"], inner))
