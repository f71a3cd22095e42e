"""Control over HTTP: `/_sandbox/…`, JSON in and out (the README has the table)."""

from __future__ import annotations

import json
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, request

from . import control_people, habits, massjob, site_html
from .api.mass import console_send
from .clock import iso
from .platform import Sandbox
from .routes import Routes, answer, body_of

route = Routes()


def blueprint(sandbox: Sandbox) -> Blueprint:
    """The control routes of one sandbox."""
    control = Blueprint("control", __name__, url_prefix="/_sandbox")
    for routes in (control_people.route, route):
        routes.bind(control, sandbox)
    return control


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
                article["content"] = site_html.edited_on_site(article["content"])
        return sandbox.store.run(
            "UPDATE drafts SET articles = ?, updated = ?, state = '' WHERE media_id = ?",
            (json.dumps(articles, ensure_ascii=False), sandbox.now(), media_id),
        )


@route("/clock", "GET", "POST")
def clock(sandbox: Sandbox) -> Response:
    """The clock, which may be set."""
    if request.method == "POST":
        data = body_of()
        at = data.get("at")
        moment = _moment(at) if at is not None else None
        sandbox.clock.set(moment, data.get("speed"))
        sandbox.save_clock()
        sandbox.poke()
    return answer(sandbox.clock.state())


@route("/account", "GET", "POST")
def account(sandbox: Sandbox) -> Response:
    """The account, which may be changed."""
    if request.method == "POST":
        data = body_of()
        renamed = {"encoding_aes_key": "aes_key", "account_type": "type", "message_mode": "mode"}
        sandbox.change_account({renamed.get(k, k): v for k, v in data.items()})
    return answer(sandbox.public_account())


@route("/settings", "GET", "POST")
def settings(sandbox: Sandbox) -> Response:
    """How this world behaves, which may be changed."""
    if request.method == "POST":
        sandbox.change_settings(body_of())
    return answer(sandbox.settings)


@route("/habits", "GET", "POST")
def set_habits(sandbox: Sandbox) -> Response:
    """What people do by themselves."""
    if request.method == "POST":
        sandbox.habits = habits.checked(body_of())
        with sandbox.unit():
            sandbox.store.put("habits", sandbox.habits)
    return answer(sandbox.habits)


@route("/faults", "GET", "POST", "DELETE")
def faults(sandbox: Sandbox) -> Response:
    """What shall go wrong."""
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
def protection(sandbox: Sandbox) -> Response:
    """Mass sends that wait for their administrator, and his answer."""
    if request.method == "POST":
        data = body_of()
        if data.get("answer") not in ("confirm", "refuse"):
            raise ValueError("answer is confirm or refuse")
        massjob.answer_protection(sandbox, int(data["msg_id"]), data["answer"])
    rows = sandbox.store.rows("SELECT msg_id, created FROM mass WHERE status = 'waiting' ORDER BY msg_id")
    return answer([{"msg_id": row["msg_id"], "at": iso(row["created"])} for row in rows])


@route("/reset", "POST")
def reset(sandbox: Sandbox) -> Response:
    """An empty world."""
    sandbox.reset(bool(body_of().get("all")))
    return answer({"ok": True})


@route("/verify", "POST")
def verify(sandbox: Sandbox) -> Response:
    """Ask the product whether its callback is the right one."""
    return answer({"verified": sandbox.courier.verify()})


@route("/state", "GET")
def state(sandbox: Sandbox) -> Response:
    """Counts of everything."""
    return answer(sandbox.state())


@route("/log", "GET")
def log(sandbox: Sandbox) -> Response:
    """What went in and out."""
    after, limit = int(request.args.get("after", 0)), int(request.args.get("limit", 500))
    return answer(sandbox.log.after(after, request.args.get("kind", ""), limit))


@route("/mass", "GET", "POST")
def mass(sandbox: Sandbox) -> Response:
    """Mass sends; or (POST) one that somebody makes by hand on the site."""
    if request.method == "POST":
        data = body_of()
        tag = data.get("tag_id")
        number = console_send(sandbox, str(data["text"]), None if tag is None else int(tag))
        return answer({"msg_id": number})
    rows = sandbox.store.rows("SELECT * FROM mass ORDER BY msg_id")
    names = ("msg_id", "msg_data_id", "way", "key", "msgtype", "status", "total", "filtered", "sent",
             "errors", "result")  # fmt: skip
    return answer([{**{n: row[n] for n in names}, "at": iso(row["created"])} for row in rows])


@route("/templates", "GET", "POST")
def templates(sandbox: Sandbox) -> Response:
    """Templates; or (POST) a new or changed one."""
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
    rows = sandbox.store.rows("SELECT template_id, kind, title, content, long_term, banned FROM templates")
    return answer([dict(row) for row in rows])


@route("/drafts", "POST")
def draft_state(sandbox: Sandbox) -> Response:
    """A draft's state at the site, or a person who saves it there."""
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
def robots(sandbox: Sandbox) -> Response:
    """Groups with a robot; or (POST) a new one, or one less."""
    if request.method == "POST":
        data = body_of()
        with sandbox.unit():
            if data.get("removed"):
                sandbox.store.run("UPDATE groups SET robot = '' WHERE robot = ?", (str(data["key"]),))
                sandbox.store.run(
                    "INSERT OR IGNORE INTO usage VALUES ('robot_gone', ?, 1)", (str(data["key"]),)
                )
            else:
                sandbox.store.run(
                    "INSERT INTO groups (name, robot) VALUES (?, ?)",
                    (str(data.get("name") or "党支部群"), str(data["key"])),
                )
    rows = sandbox.store.rows("SELECT id, name, robot FROM groups ORDER BY id")
    return answer([dict(row) for row in rows])


@route("/scenes", "GET", "POST")
def scenes(sandbox: Sandbox) -> Response:
    """What the phone calls the QR codes of these scenes, which a person would see printed beside them."""
    if request.method == "POST":
        names = {str(scene): str(name)[:40] for scene, name in body_of().items()}
        sandbox.store.put("scenes", sandbox.store.get("scenes", {}) | names)
    return answer(sandbox.store.get("scenes", {}))


def _moment(text: Any) -> float:
    moment = datetime.fromisoformat(str(text))
    if moment.tzinfo is None:
        raise ValueError("at needs a time zone")
    return moment.timestamp()
