"""Control over HTTP: `/_sandbox/…`, JSON in and out (the README has the table)."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, request

from . import habits, html, massjob, people
from .api.mass import console_send
from .api.mini import new_login_code, new_phone_code
from .api.oauth import new_code
from .clock import month_of
from .platform import Sandbox


def edit_on_site(sandbox: Sandbox, media_id: str) -> int:
    """A person opens and saves the draft on the site, whose editor writes everything anew."""
    with sandbox.unit():
        text = sandbox.store.value(
            "SELECT articles FROM drafts WHERE media_id = ? AND used = ''", (media_id,)
        )
        if text is None:
            return 0
        articles = json.loads(text)
        for article in articles:
            if article["article_type"] == "news":
                article["content"] = html.edited_on_site(article["content"])
        return sandbox.store.run(
            "UPDATE drafts SET articles = ?, updated = ?, state = '' WHERE media_id = ?",
            (json.dumps(articles, ensure_ascii=False), sandbox.now(), media_id),
        )


RECEIPTS = ("mass", "template", "subscribe", "custom", "robot", "preview")


def answer(value: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(
        json.dumps(value, ensure_ascii=False), status, content_type="application/json; charset=utf-8"
    )


def body_of() -> dict[str, Any]:
    """The JSON object that was posted, {} for nothing. Raises ValueError."""
    raw = request.get_data()
    value = json.loads(raw) if raw else {}
    if not isinstance(value, dict):
        raise ValueError("an object is needed")
    return value


def guarded(view: Callable[..., Response]) -> Callable[..., Response]:
    """Turn what a caller did wrong into an answer: 400, and 404 for an unknown person."""

    def wrapped(*args: Any, **values: Any) -> Response:
        try:
            return view(*args, **values)
        except people.UnknownPerson as error:
            return answer({"error": f"unknown openid {error}"}, 404)
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            return answer({"error": f"{type(error).__name__}: {error}"}, 400)

    wrapped.__name__ = view.__name__
    return wrapped


def blueprint(sandbox: Sandbox) -> Blueprint:
    """The control routes of one sandbox."""
    control = Blueprint("control", __name__, url_prefix="/_sandbox")

    def route(path: str, *methods: str) -> Callable[[Callable[..., Response]], Callable[..., Response]]:
        def register(view: Callable[..., Response]) -> Callable[..., Response]:
            control.add_url_rule(path, view.__name__, guarded(view), methods=list(methods))
            return view

        return register

    @route("/followers", "POST")
    def make_followers() -> Response:
        data = body_of()
        count, scene = int(data.get("count", 1)), str(data.get("scene") or "")
        if not 1 <= count <= 200_000:
            raise ValueError("count is 1 to 200000")
        follows = bool(data.get("follow", True)) and not scene
        openids = sandbox.add_followers(count, nickname=str(data.get("nickname", "")), subscribed=follows)
        if scene:  # each one scans the code and follows
            with sandbox.unit():
                for openid in openids:
                    people.act_later(sandbox, openid, _subscribe(sandbox, scene))
        tag = data.get("tag_id")
        if tag is not None:
            with sandbox.unit():
                sandbox.store.db.executemany(
                    "INSERT INTO follower_tags SELECT id, ?, 0 FROM followers WHERE openid = ?",
                    [(int(tag), openid) for openid in openids],
                )
        return answer({"openids": openids})

    @route("/followers", "GET")
    def list_followers() -> Response:
        limit = int(request.args.get("limit", 100))
        rows = sandbox.store.rows(
            "SELECT f.*, coalesce(l.n, 0) AS mass_count FROM followers f"
            " LEFT JOIN mass_ledger l ON l.fid = f.id AND l.month = ? ORDER BY f.id LIMIT ?",
            (month_of(sandbox.now()), limit),
        )
        return answer([{k: row[k] for k in row.keys()} for row in rows])  # noqa: SIM118

    @route("/say", "POST")
    def say() -> Response:
        data = body_of()
        outcome = people.act(sandbox, str(data["openid"]), people.from_wire(data))
        return answer(outcome.wire())

    @route("/act", "POST")
    def act() -> Response:
        return answer(_act(sandbox, body_of()))

    @route("/receipts", "GET")
    def receipts() -> Response:
        kind = request.args.get("kind", "")
        after, limit = int(request.args.get("after", 0)), int(request.args.get("limit", 1_000_000))
        kinds = (kind,) if kind else RECEIPTS
        if kind and kind not in RECEIPTS:
            raise ValueError(f"kind is one of {', '.join(RECEIPTS)}")
        where = f"f.kind IN ({','.join('?' * len(kinds))}) AND f.seq > ?"
        values: list[Any] = [*kinds, after]
        for name in ("msg_id", "client_id"):
            if name in request.args:
                where += f" AND f.{name} = ?"
                values.append(request.args[name])
        if request.args.get("count"):
            number = sandbox.store.value(f"SELECT count(*) FROM feed f WHERE {where}", values)
            return answer({"count": number})
        rows = sandbox.store.rows(
            "SELECT f.seq, f.kind, f.at, f.msg_id, f.client_id, p.openid, g.robot FROM feed f"
            " LEFT JOIN followers p ON p.id = f.fid LEFT JOIN groups g ON g.id = f.gid"
            f" WHERE {where} ORDER BY f.seq LIMIT ?",
            [*values, limit],
        )
        return answer([_receipt(row) for row in rows])

    @route("/clock", "GET", "POST")
    def clock() -> Response:
        if request.method == "POST":
            data = body_of()
            at = data.get("at")
            moment = _moment(at) if at is not None else None
            sandbox.clock.set(moment, data.get("speed"))
            sandbox.save_clock()
            sandbox.poke()
        return answer(sandbox.clock.state())

    @route("/account", "GET", "POST")
    def account() -> Response:
        if request.method == "POST":
            data = body_of()
            renamed = {"encoding_aes_key": "aes_key", "account_type": "type", "message_mode": "mode"}
            sandbox.change_account({renamed.get(k, k): v for k, v in data.items()})
        return answer(sandbox.public_account())

    @route("/settings", "GET", "POST")
    def settings() -> Response:
        if request.method == "POST":
            sandbox.change_settings(body_of())
        return answer(sandbox.settings)

    @route("/habits", "GET", "POST")
    def set_habits() -> Response:
        if request.method == "POST":
            sandbox.habits = habits.checked(body_of())
            with sandbox.unit():
                sandbox.store.put("habits", sandbox.habits)
        return answer(sandbox.habits)

    @route("/faults", "GET", "POST", "DELETE")
    def faults() -> Response:
        if request.method == "DELETE":
            sandbox.faults.set([])
        elif request.method == "POST":
            posted = json.loads(request.get_data() or b"[]")
            rules = posted if isinstance(posted, list) else [posted]
            if request.args.get("add"):
                sandbox.faults.add(rules)
            else:
                sandbox.faults.set(rules)
        return answer(sandbox.faults.wire())

    @route("/protection", "GET", "POST")
    def protection() -> Response:
        if request.method == "POST":
            data = body_of()
            if data.get("answer") not in ("confirm", "refuse"):
                raise ValueError("answer is confirm or refuse")
            massjob.answer_protection(sandbox, int(data["msg_id"]), data["answer"])
        rows = sandbox.store.rows("SELECT msg_id, created FROM mass WHERE status = 'waiting' ORDER BY msg_id")
        return answer([{"msg_id": row["msg_id"], "at": _iso(row["created"])} for row in rows])

    @route("/reset", "POST")
    def reset() -> Response:
        sandbox.reset(bool(body_of().get("all")))
        return answer({"ok": True})

    @route("/verify", "POST")
    def verify() -> Response:
        return answer({"verified": sandbox.courier.verify()})

    @route("/state", "GET")
    def state() -> Response:
        return answer(sandbox.state())

    @route("/log", "GET")
    def log() -> Response:
        after, limit = int(request.args.get("after", 0)), int(request.args.get("limit", 500))
        return answer(sandbox.log.after(after, request.args.get("kind", ""), limit))

    @route("/mass", "GET", "POST")
    def mass() -> Response:
        if request.method == "POST":
            data = body_of()
            tag = data.get("tag_id")
            number = console_send(sandbox, str(data["text"]), None if tag is None else int(tag))
            return answer({"msg_id": number})
        rows = sandbox.store.rows("SELECT * FROM mass ORDER BY msg_id")
        names = ("msg_id", "msg_data_id", "way", "key", "msgtype", "status", "total", "filtered", "sent",
                 "errors", "result")  # fmt: skip
        return answer([{**{n: row[n] for n in names}, "at": _iso(row["created"])} for row in rows])

    @route("/templates", "GET", "POST")
    def templates() -> Response:
        if request.method == "POST":
            data = body_of()
            with sandbox.unit():
                sandbox.store.run(
                    "INSERT INTO templates (template_id, kind, title, content, long_term, banned, vals)"
                    " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (template_id) DO UPDATE SET kind = excluded.kind,"
                    " title = excluded.title, content = excluded.content, long_term = excluded.long_term,"
                    " banned = excluded.banned, vals = excluded.vals",
                    (
                        str(data["template_id"]),
                        str(data.get("kind", "template")),
                        str(data.get("title", "")),
                        str(data["content"]),
                        int(bool(data.get("long_term"))),
                        int(bool(data.get("banned"))),
                        json.dumps(data.get("values") or {}, ensure_ascii=False),
                    ),
                )
        rows = sandbox.store.rows(
            "SELECT template_id, kind, title, content, long_term, banned FROM templates"
        )
        return answer([dict(row) for row in rows])

    @route("/drafts", "POST")
    def draft_state() -> Response:
        data = body_of()
        if data.get("edit"):
            return answer({"changed": edit_on_site(sandbox, str(data["media_id"]))})
        if data.get("state", "") not in ("", "auto", "site", "unchecked"):
            raise ValueError("state is '', auto, site or unchecked")
        with sandbox.unit():
            changed = sandbox.store.run(
                "UPDATE drafts SET state = ? WHERE media_id = ?", (data["state"], data["media_id"])
            )
        return answer({"changed": changed})

    @route("/robots", "GET", "POST")
    def robots() -> Response:
        if request.method == "POST":
            data = body_of()
            with sandbox.unit():
                if data.get("removed"):
                    sandbox.store.run("UPDATE groups SET robot = '' WHERE robot = ?", (str(data["key"]),))
                else:
                    sandbox.store.run(
                        "INSERT INTO groups (name, robot) VALUES (?, ?)",
                        (str(data.get("name") or "党支部群"), str(data["key"])),
                    )
        rows = sandbox.store.rows("SELECT id, name, robot FROM groups ORDER BY id")
        return answer([dict(row) for row in rows])

    @route("/scenes", "GET", "POST")
    def scenes() -> Response:
        """What the phone calls the QR codes of these scenes, which a person would see printed beside them."""
        if request.method == "POST":
            names = {str(scene): str(name)[:40] for scene, name in body_of().items()}
            sandbox.store.put("scenes", sandbox.store.get("scenes", {}) | names)
        return answer(sandbox.store.get("scenes", {}))

    @route("/codes", "POST")
    def codes() -> Response:
        """A code that a client would have got: oauth, login (mini-program) or phone."""
        data = body_of()
        openid = str(data["openid"])
        people.person(sandbox, openid)
        with sandbox.unit():
            if data.get("kind", "oauth") == "oauth":
                code = new_code(sandbox, openid, str(data.get("scope", "snsapi_base")))
            elif data["kind"] == "login":
                code = new_login_code(sandbox, openid)
            elif data["kind"] == "phone":
                code = new_phone_code(sandbox, openid, str(data.get("phone", "")))
            else:
                raise ValueError("kind is oauth, login or phone")
        return answer({"code": code})

    return control


def _subscribe(sandbox: Sandbox, scene: str) -> dict[str, Any]:
    return {"Event": "subscribe", "EventKey": f"qrscene_{scene}", "Ticket": people.ticket_of(sandbox, scene)}


def _receipt(row: Any) -> dict[str, Any]:
    receipt: dict[str, Any] = {"kind": row["kind"]}
    if row["kind"] == "robot":
        receipt["key"] = row["robot"]
    else:
        receipt["openid"] = row["openid"]
    receipt.update(at=_iso(row["at"]), msg_id=row["msg_id"], client_id=row["client_id"], seq=row["seq"])
    return receipt


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="microseconds")


def _moment(text: Any) -> float:
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError("at needs a time zone")
    return moment.timestamp()


def _act(sandbox: Sandbox, data: dict[str, Any]) -> dict[str, Any]:
    """One gesture: follow, unfollow, scan, tap, read, refuse, blacklist, consent, comment, share."""
    openid, what = str(data["openid"]), str(data["do"])
    row = people.person(sandbox, openid)
    if what == "follow":
        return people.follow(sandbox, openid, str(data.get("scene") or "")).wire()
    if what == "unfollow":
        return people.unfollow(sandbox, openid).wire()
    if what == "scan":
        return people.scan(sandbox, openid, str(data["scene"])).wire()
    if what == "tap":
        if not isinstance(data["button"], dict):
            raise ValueError("button is an object, as in the menu")
        outcome = people.tap(sandbox, openid, data["button"], data)
        return outcome.wire() if outcome else {"tries": 0, "status": None, "reply": None}
    if what == "picture":
        return people.send_picture(sandbox, openid, b"").wire()
    if what in ("refuse", "accept"):
        with sandbox.unit():
            sandbox.store.run(
                "UPDATE followers SET refuses = ? WHERE id = ?", (int(what == "refuse"), row["id"])
            )
        return {"ok": True}
    if what in ("risky", "harmless"):
        with sandbox.unit():
            others = [other for other in sandbox.store.get("risky", []) if other != openid]
            sandbox.store.put("risky", [*others, openid] if what == "risky" else others)
        return {"ok": True}
    if what == "read":
        with sandbox.unit():
            people.read(
                sandbox,
                int(row["id"]),
                int(data["mid"]),
                int(data.get("idx", 1)),
                str(data.get("source", "公众号消息")),
            )
        return {"ok": True}
    if what == "consent":
        return people.consent(sandbox, openid, str(data["template_id"]), str(data.get("answer", "accept")))
    if what == "comment":
        with sandbox.unit():
            number = sandbox.store.insert(
                "INSERT INTO comments (mid, idx, openid, content, created) VALUES (?, ?, ?, ?, ?)",
                (int(data["mid"]), int(data.get("idx", 1)), openid, str(data["content"]), sandbox.now()),
            )
        return {"user_comment_id": number}
    raise ValueError(f"unknown gesture {what!r}")
