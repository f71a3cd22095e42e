"""留言 under an article as its readers see and write it: what the account has selected is shown to all, the own to oneself."""

from __future__ import annotations

import html as entities
import json
from urllib.parse import quote

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from . import people
from .article_page import page, served
from .clock import shanghai
from .platform import Sandbox
from .routes import Routes
from .store import Row

route = Routes()
MOST_CHARS = 600


@route("/phone/comment/<int:mid>/<int:idx>", "GET", "POST")
def comment(sandbox: Sandbox, mid: int, idx: int) -> BaseResponse:
    """写留言: the form, and what was written in it."""
    row = sandbox.store.row("SELECT * FROM pages WHERE mid = ? AND idx = ?", (mid, idx))
    writer = reader(sandbox)
    if row is None or row["deleted"]:
        return served(page("没有这篇文章", "<p>没有这篇文章</p>"), 404)
    text = request.form.get("content", "").strip()
    if refusal := _refusal(sandbox, row, writer):
        return _form(row, text, refusal, 403, writable=False)
    if request.method == "GET":
        return _form(row, "", "", 200)
    if not 1 <= len(text) <= MOST_CHARS:
        return _form(row, text, f"留言须为 1 到 {MOST_CHARS} 个字，现在是 {len(text)} 个字", 400)
    assert writer is not None
    people.comment(sandbox, writer["openid"], mid, idx, text)
    return redirect(_address("article", mid, idx), 303)


def under(sandbox: Sandbox, row: Row, who: Row | None) -> str:
    """The part of an article's page below its text."""
    openid = who["openid"] if who is not None else ""
    shown = sandbox.store.rows(
        "SELECT c.*, f.nickname FROM comments c JOIN followers f ON f.openid = c.openid"
        " WHERE c.mid = ? AND c.idx = ? AND (c.elected = 1 OR c.openid = ?) ORDER BY c.elected DESC, c.id",
        (row["mid"], row["idx"], openid),
    )
    is_open = bool(row["comments"]) and sandbox.settings["comments"]
    if not shown and not is_open:
        return ""
    write = f'<a href="{_address("comment", row["mid"], row["idx"])}">写留言</a>' if is_open else "留言已关闭"
    count = sum(1 for one in shown if one["elected"])
    return (
        f'<section class="remarks" aria-label="留言"><h2>留言 {count}</h2>{write}'
        f"<ul>{''.join(map(_line, shown))}</ul></section>"
    )


def _line(one: Row) -> str:
    escape, moment = entities.escape, shanghai(one["created"])
    waits = "" if one["elected"] else '<p class="waits">只有您自己看得到，精选后公开显示</p>'
    reply = f'<p class="reply"><b>作者</b> {escape(one["reply"])}</p>' if one["reply"] else ""
    return (
        f'<li><p class="who">{escape(one["nickname"])}<span>{moment.month}月{moment.day}日</span></p>'
        f"<p>{escape(one['content'])}</p>{waits}{reply}</li>"
    )


def reader(sandbox: Sandbox) -> Row | None:
    """Who holds the phone."""
    return sandbox.person(request.args.get("openid") or request.cookies.get("sandbox_openid") or "")


def _address(what: str, mid: int, idx: int) -> str:
    openid = request.args.get("openid")
    return f"/phone/{what}/{mid}/{idx}" + (f"?openid={quote(openid)}" if openid else "")


def _refusal(sandbox: Sandbox, row: Row, writer: Row | None) -> str:
    if writer is None:
        return "请先在手机上选一位微信用户"
    if not (row["comments"] and sandbox.settings["comments"]):
        return "这篇文章的留言已关闭"
    if json.loads(row["article"]).get("only_fans_can_comment") and not writer["subscribed"]:
        return "关注公众号后才能留言"
    return ""


def _form(row: Row, text: str, refusal: str, status: int, *, writable: bool = True) -> Response:
    """Nothing of the article's body is on this page, so that it alone may send a form."""
    said = f'<p class="refused" role="alert">{refusal}</p>' if refusal else ""
    form = (
        f'<form method="post"><textarea name="content" rows="6" aria-label="留言">{entities.escape(text)}</textarea>'
        '<button type="submit">提交</button></form><p class="waits">留言经公众号精选后公开显示</p>'
    )
    back = f'<p><a href="{_address("article", row["mid"], row["idx"])}">返回文章</a></p>'
    inner = f'<h1>{entities.escape(row["title"])}</h1><div class="remarks">{said}{form if writable else ""}{back}</div>'
    return served(page("写留言", inner), status, sends=True)
