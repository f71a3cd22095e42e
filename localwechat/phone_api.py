"""What the phone page needs: `/phone/api/…`, pictures, article pages (contract: README)."""

from __future__ import annotations

import html as entities
import json
import re
from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from . import people
from .api.menu import menu_for
from .api.qr import picture as qr_picture
from .article_page import page, served
from .clock import shanghai
from .control import answer, body_of, guarded
from .platform import Sandbox
from .store import Row

CHAT_PAGE = 200


def blueprint(sandbox: Sandbox) -> Blueprint:
    """The phone's routes of one sandbox."""
    phone = Blueprint("phone_api", __name__)

    def route(path: str, *methods: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        def register(view: Callable[..., Any]) -> Callable[..., Any]:
            phone.add_url_rule(path, view.__name__, guarded(view), methods=list(methods))
            return view

        return register

    def done(outcome: Any) -> Response:
        return answer(
            {"ok": True, **(outcome.wire() if outcome else {"tries": 0, "status": None, "reply": None})}
        )

    @route("/phone/api/account", "GET")
    def account() -> Response:
        shown = {k: sandbox.account[k] for k in ("name", "type", "mode", "original_id", "protection")}
        return answer({**shown, "clock": sandbox.clock.state(), "log": sandbox.log.last()})

    @route("/phone/api/followers", "GET", "POST")
    def followers() -> Response:
        if request.method == "POST":
            data = body_of()
            (openid,) = sandbox.add_followers(
                1, nickname=str(data.get("nickname") or "").strip()[:20], subscribed=False
            )
            if data.get("scene"):
                people.follow(sandbox, openid, str(data["scene"]))
            elif data.get("follow"):
                people.follow(sandbox, openid)
            return answer(_person(people.person(sandbox, openid)), 201)
        limit, text = int(request.args.get("limit", 50)), request.args.get("q", "")
        # Whoever acted last comes first, then the newest: the phone's own list of people
        rows = sandbox.store.rows(
            "SELECT * FROM followers WHERE ? = '' OR instr(nickname, ?) OR openid = ?"
            " ORDER BY acted DESC, id DESC LIMIT ?",
            (text, text, text, limit),
        )
        total = sandbox.store.value("SELECT count(*) FROM followers")
        return answer({"total": total, "followers": [_person(row) for row in rows]})

    @route("/phone/api/followers/<openid>", "GET")
    def one_follower(openid: str) -> Response:
        return answer(_person(people.person(sandbox, openid)))

    @route("/phone/api/chat", "GET")
    def chat() -> Response:
        openid, after = request.args["openid"], int(request.args.get("after", 0))
        row = people.person(sandbox, openid)
        return _tagged(_messages(sandbox, "fid = ? AND gid = 0", int(row["id"]), after), row["subscribed"])

    @route("/phone/api/say", "POST")
    def phone_say() -> Response:
        data = body_of()
        text = str(data["text"])
        if not text.strip():
            raise ValueError("text is empty")
        return done(people.write(sandbox, str(data["openid"]), text, str(data.get("menu_item") or "")))

    @route("/phone/api/picture", "POST")
    def picture() -> Response:
        part = request.files.get("picture")
        return done(people.send_picture(sandbox, request.form["openid"], part.read() if part else b""))

    @route("/phone/api/menu", "GET")
    def menu() -> Response:
        row = people.person(sandbox, request.args["openid"]) if "openid" in request.args else None
        buttons = menu_for(sandbox, int(row["id"]) if row else 0, request.args.get("platform", "2"))
        return answer({"button": buttons or []})

    @route("/phone/api/menu", "POST")
    def tap_menu() -> Response:
        data = body_of()
        row = people.person(sandbox, str(data["openid"]))
        buttons = menu_for(sandbox, int(row["id"]), "2") or []
        button = buttons[int(data["index"])]
        if data.get("sub") is not None:
            button = button["sub_button"][int(data["sub"])]
        if not row["subscribed"]:
            raise ValueError("only a follower sees the menu")
        outcome = people.tap(sandbox, row["openid"], button, data)
        reached = outcome.wire() if outcome else {"tries": 0, "status": None, "reply": None}
        return answer({"ok": True, "url": button.get("url", ""), "type": button.get("type", ""), **reached})

    @route("/phone/api/scan", "POST")
    def scan() -> Response:
        data = body_of()
        scene = str(data.get("scene") or "")
        if data.get("ticket"):
            code = sandbox.store.row("SELECT * FROM qrcodes WHERE ticket = ?", (data["ticket"],))
            if code is None or (code["expires"] and code["expires"] < sandbox.now()):
                return answer({"error": "二维码已过期"}, 410)
            scene = code["scene"]
        if not scene:
            raise ValueError("ticket or scene is needed")
        return done(people.scan(sandbox, str(data["openid"]), scene))

    @route("/phone/api/follow", "POST")
    def follow() -> Response:
        data = body_of()
        return done(people.follow(sandbox, str(data["openid"]), str(data.get("scene") or "")))

    @route("/phone/api/unfollow", "POST")
    def unfollow() -> Response:
        return done(people.unfollow(sandbox, str(body_of()["openid"])))

    @route("/phone/api/codes", "GET")
    def codes() -> Response:
        rows = sandbox.store.rows("SELECT * FROM qrcodes ORDER BY created DESC, rowid DESC LIMIT 300")
        now, names = sandbox.now(), sandbox.store.get("scenes", {})
        return answer(
            [
                {
                    "ticket": row["ticket"],
                    "scene": row["scene"],
                    "name": names.get(row["scene"], row["scene"]),
                    "lasting": not row["expires"],
                    "expired": bool(row["expires"]) and row["expires"] < now,
                    "picture": f"/phone/code/{row['ticket']}.png",
                }
                for row in rows
            ]
        )

    @route("/phone/api/groups", "GET", "POST")
    def groups() -> Response:
        if request.method == "POST":
            name = str(body_of().get("name") or "").strip()[:30] or "党支部群"
            with sandbox.unit():
                sandbox.store.run("INSERT INTO groups (name) VALUES (?)", (name,))
        rows = sandbox.store.rows("SELECT id, name, robot FROM groups ORDER BY id")
        return answer([{"id": r["id"], "name": r["name"], "robot": bool(r["robot"])} for r in rows])

    @route("/phone/api/groups/<int:gid>/chat", "GET")
    def group_chat(gid: int) -> Response:
        return _tagged(_messages(sandbox, "fid = 0 AND gid = ?", gid, int(request.args.get("after", 0))), 1)

    @route("/phone/api/groups/<int:gid>/say", "POST")
    def group_say(gid: int) -> Response:
        """Write into a group, or forward something: {"openid", "text"} or {"openid", "forward": {card}}."""
        data = body_of()
        row = people.person(sandbox, str(data["openid"]))
        shown: dict[str, Any] = {"type": "text", "content": str(data.get("text", ""))}
        if data.get("forward"):
            card = data["forward"]
            shown = {"type": "card"} | {k: str(card.get(k, "")) for k in ("title", "digest", "cover", "url")}
        shown["sender"] = row["nickname"]
        with sandbox.unit():
            seq = sandbox.show(0, "out", "group", shown, gid=gid)
            if data.get("forward"):
                _count_share(sandbox, int(row["id"]), shown["url"])
        return answer({"ok": True, "seq": seq})

    @route("/phone/api/consent", "POST")
    def consent() -> Response:
        data = body_of()
        return answer(
            people.consent(sandbox, str(data["openid"]), str(data["template_id"]), str(data["answer"]))
        )

    @route("/phone/api/inspector", "GET")
    def inspector() -> Response:
        after, limit = int(request.args.get("after", 0)), int(request.args.get("limit", 200))
        return answer({"last": sandbox.log.last(), "entries": sandbox.log.after(after, limit=limit)})

    # Pictures, media, articles

    @route("/phone/code/<ticket>.png", "GET")
    def code_picture(ticket: str) -> Response:
        url = sandbox.store.value("SELECT url FROM qrcodes WHERE ticket = ?", (ticket,))
        if url is None:
            return answer({"error": "no such code"}, 404)
        return Response(qr_picture(url, 6), content_type="image/png")

    @route("/phone/media/<media_id>", "GET")
    def media(media_id: str) -> Response:
        row = sandbox.store.row("SELECT data, mime FROM media WHERE media_id = ?", (media_id,))
        return _file(row)

    @route("/mmbiz_<form>/<picture>/<size>", "GET")
    def body_picture(form: str, picture: str, size: str) -> Response:
        row = sandbox.store.row("SELECT data, mime FROM media WHERE picture = ?", (picture,))
        return _file(row)

    @route("/s", "GET")
    def public_article() -> BaseResponse:
        mid, idx = int(request.args["mid"]), int(request.args["idx"])
        row = sandbox.store.row("SELECT * FROM pages WHERE mid = ? AND idx = ?", (mid, idx))
        if row is None or row["sn"] != request.args.get("sn"):
            return served(page("参数错误", "<p>参数错误</p>"), 404)
        return _article(sandbox, row)

    @route("/phone/article/<int:mid>/<int:idx>", "GET")
    def article(mid: int, idx: int) -> Response:
        row = sandbox.store.row("SELECT * FROM pages WHERE mid = ? AND idx = ?", (mid, idx))
        if row is None:
            return served(page("没有这篇文章", "<p>没有这篇文章</p>"), 404)
        return _article(sandbox, row)

    @route("/phone/draft/<media_id>/<int:idx>", "GET")
    def draft(media_id: str, idx: int) -> BaseResponse:
        row = sandbox.store.row("SELECT * FROM drafts WHERE media_id = ?", (media_id,))
        articles = json.loads(row["articles"]) if row else []
        if not 1 <= idx <= len(articles):
            return served(page("链接已过期", "<p>链接已过期</p>"), 404)
        if row and row["used"]:
            return redirect(f"/phone/article/{row['msg_data_id']}/{idx}")
        return served(render(sandbox, articles[idx - 1], sandbox.now()))

    return phone


def _person(row: Row) -> dict[str, Any]:
    return {
        "openid": row["openid"],
        "nickname": row["nickname"],
        "following": bool(row["subscribed"]),
        "refuses": bool(row["refuses"]),
        "followed_at": row["subscribe_time"],
        "scene": row["qr_scene_str"] or (str(row["qr_scene"]) if row["qr_scene"] else ""),
    }


def _file(row: Row | None) -> Response:
    if row is None:
        return answer({"error": "no such file"}, 404)
    response = Response(row["data"], content_type=row["mime"])
    response.headers["Cache-Control"] = "max-age=86400"
    return response


def _tagged(messages: list[dict[str, Any]], following: int) -> Response:
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


def _messages(sandbox: Sandbox, where: str, number: int, after: int) -> list[dict[str, Any]]:
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


def local_pictures(text: str) -> str:
    """WeChat's picture addresses, which nothing here reaches, as the sandbox's own."""
    return re.sub(r"https?://mmbiz\.(?:qpic|qlogo)\.cn/", "/", text)


def _local(value: Any) -> Any:
    if isinstance(value, str):
        return local_pictures(value)
    if isinstance(value, dict):
        return {k: _local(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_local(v) for v in value]
    return value


def _count_share(sandbox: Sandbox, fid: int, url: str) -> None:
    found = re.search(r"/phone/article/(\d+)/(\d+)", url)
    if found:
        people.read(sandbox, fid, int(found[1]), int(found[2]), "公众号消息")
        sandbox.store.run(
            "UPDATE reads SET acts = acts || 's' WHERE fid = ? AND mid = ? AND idx = ? AND instr(acts, 's') = 0",
            (fid, int(found[1]), int(found[2])),
        )


def _article(sandbox: Sandbox, row: Row) -> Response:
    if row["deleted"]:
        text = "该内容已被发布者删除" if row["deleted"] == "author" else "此内容因违规无法查看"
        return served(page(text, f"<p>{text}</p>"))
    reader = sandbox.person(request.args.get("openid") or request.cookies.get("sandbox_openid") or "")
    if reader is not None:
        with sandbox.unit():
            people.read(sandbox, int(reader["id"]), row["mid"], row["idx"], "公众号消息")
    reads = int(
        sandbox.store.value(
            "SELECT count(DISTINCT fid) FROM reads WHERE mid = ? AND idx = ?", (row["mid"], row["idx"])
        )
    )
    return served(render(sandbox, json.loads(row["article"]), row["created"], reads))


def render(sandbox: Sandbox, article: dict[str, Any], at: float, reads: int = 0) -> str:
    """The public page of an article."""
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
        f'<div class="foot">{more}阅读 {reads}</div>'
    )
    return local_pictures(page(article["title"], inner))
