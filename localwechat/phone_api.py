"""What the phone page needs: `/phone/api/…` (contract: README)."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Response, request

from . import people, phone_articles, phone_comments, phone_pages
from .api.menu import menu_for
from .phone_chat import messages, tagged
from .platform import Sandbox
from .routes import Routes, answer, body_of
from .store import Row

route = Routes()


def blueprint(sandbox: Sandbox) -> Blueprint:
    """The phone's routes of one sandbox."""
    phone = Blueprint("phone_api", __name__)
    route.bind(phone, sandbox)
    phone_articles.route.bind(phone, sandbox)
    phone_comments.route.bind(phone, sandbox)
    phone_pages.route.bind(phone, sandbox)
    return phone


@route("/phone/api/account", "GET")
def account(sandbox: Sandbox) -> Response:
    """The account as the phone's head shows it, with clock and log."""
    shown = {k: sandbox.account[k] for k in ("name", "type", "mode", "original_id", "protection")}
    return answer({**shown, "clock": sandbox.clock.state(), "log": sandbox.log.last()})


@route("/phone/api/followers", "GET", "POST")
def followers(sandbox: Sandbox) -> Response:
    """People by name or openid, whoever acted last first; or (POST) a new person."""
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
def one_follower(sandbox: Sandbox, openid: str) -> Response:
    """One person."""
    return answer(_person(people.person(sandbox, openid)))


@route("/phone/api/chat", "GET")
def chat(sandbox: Sandbox) -> Response:
    """A person's chat with the account."""
    openid, after = request.args["openid"], int(request.args.get("after", 0))
    row = people.person(sandbox, openid)
    return tagged(messages(sandbox, "fid = ? AND gid = 0", int(row["id"]), after), row["subscribed"])


@route("/phone/api/say", "POST")
def phone_say(sandbox: Sandbox) -> Response:
    """The person writes."""
    data = body_of()
    text = str(data["text"])
    if not text.strip():
        raise ValueError("text is empty")
    return _done(people.write(sandbox, str(data["openid"]), text, str(data.get("menu_item") or "")))


@route("/phone/api/picture", "POST")
def picture(sandbox: Sandbox) -> Response:
    """The person sends a picture."""
    part = request.files.get("picture")
    return _done(people.send_picture(sandbox, request.form["openid"], part.read() if part else b""))


@route("/phone/api/menu", "GET")
def menu(sandbox: Sandbox) -> Response:
    """The menu that this person sees."""
    row = people.person(sandbox, request.args["openid"]) if "openid" in request.args else None
    buttons = menu_for(sandbox, int(row["id"]) if row else 0, request.args.get("platform", "2"))
    return answer({"button": buttons or []})


@route("/phone/api/menu", "POST")
def tap_menu(sandbox: Sandbox) -> Response:
    """The person taps a button of the menu."""
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
def scan(sandbox: Sandbox) -> Response:
    """The person scans a code, by its ticket or its scene."""
    data = body_of()
    scene = str(data.get("scene") or "")
    if data.get("ticket"):
        code = sandbox.store.row("SELECT * FROM qrcodes WHERE ticket = ?", (data["ticket"],))
        if code is None or (code["expires"] and code["expires"] < sandbox.now()):
            return answer({"error": "二维码已过期"}, 410)
        scene = code["scene"]
    if not scene:
        raise ValueError("ticket or scene is needed")
    return _done(people.scan(sandbox, str(data["openid"]), scene))


@route("/phone/api/follow", "POST")
def follow(sandbox: Sandbox) -> Response:
    """The person follows."""
    data = body_of()
    return _done(people.follow(sandbox, str(data["openid"]), str(data.get("scene") or "")))


@route("/phone/api/unfollow", "POST")
def unfollow(sandbox: Sandbox) -> Response:
    """The person unfollows."""
    return _done(people.unfollow(sandbox, str(body_of()["openid"])))


@route("/phone/api/codes", "GET")
def codes(sandbox: Sandbox) -> Response:
    """The QR codes that were made, the newest first."""
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
def groups(sandbox: Sandbox) -> Response:
    """The ordinary groups; or (POST) a new one."""
    if request.method == "POST":
        name = str(body_of().get("name") or "").strip()[:30] or "党支部群"
        with sandbox.unit():
            sandbox.store.run("INSERT INTO groups (name) VALUES (?)", (name,))
    rows = sandbox.store.rows("SELECT id, name, robot FROM groups ORDER BY id")
    return answer([{"id": r["id"], "name": r["name"], "robot": bool(r["robot"])} for r in rows])


@route("/phone/api/groups/<int:gid>/chat", "GET")
def group_chat(sandbox: Sandbox, gid: int) -> Response:
    """What was written in a group."""
    return tagged(messages(sandbox, "fid = 0 AND gid = ?", gid, int(request.args.get("after", 0))), 1)


@route("/phone/api/groups/<int:gid>/say", "POST")
def group_say(sandbox: Sandbox, gid: int) -> Response:
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
def consent(sandbox: Sandbox) -> Response:
    """The person answers whether notices of a template are wanted."""
    data = body_of()
    return answer(people.consent(sandbox, str(data["openid"]), str(data["template_id"]), str(data["answer"])))


@route("/phone/api/inspector", "GET")
def inspector(sandbox: Sandbox) -> Response:
    """The log of calls and pushes."""
    after, limit = int(request.args.get("after", 0)), int(request.args.get("limit", 200))
    return answer({"last": sandbox.log.last(), "entries": sandbox.log.after(after, limit=limit)})


def _done(outcome: Any) -> Response:
    return answer(
        {"ok": True, **(outcome.wire() if outcome else {"tries": 0, "status": None, "reply": None})}
    )


def _person(row: Row) -> dict[str, Any]:
    return {
        "openid": row["openid"],
        "nickname": row["nickname"],
        "following": bool(row["subscribed"]),
        "refuses": bool(row["refuses"]),
        "followed_at": row["subscribe_time"],
        "scene": row["qr_scene_str"] or (str(row["qr_scene"]) if row["qr_scene"] else ""),
    }


def _count_share(sandbox: Sandbox, fid: int, url: str) -> None:
    found = re.search(r"/phone/article/(\d+)/(\d+)", url)
    if found:
        people.read(sandbox, fid, int(found[1]), int(found[2]), "公众号消息")
        sandbox.store.run(
            "UPDATE reads SET acts = acts || 's' WHERE fid = ? AND mid = ? AND idx = ? AND instr(acts, 's') = 0",
            (fid, int(found[1]), int(found[2])),
        )
