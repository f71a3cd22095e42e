"""Control of people over HTTP: who there is, what they do, what reached them."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from . import people
from .api.mini import new_login_code, new_phone_code
from .api.oauth import new_code
from .clock import iso, month_of
from .platform import Sandbox
from .routes import Routes, answer, body_of

RECEIPTS = ("mass", "template", "subscribe", "custom", "robot", "preview")

route = Routes()


@route("/followers", "POST")
def make_followers(sandbox: Sandbox) -> Response:
    """New people; with a scene each one scans the code and follows."""
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
def list_followers(sandbox: Sandbox) -> Response:
    """People with all that is known of them, and how many mass messages they had this month."""
    limit = int(request.args.get("limit", 100))
    rows = sandbox.store.rows(
        "SELECT f.*, coalesce(l.n, 0) AS mass_count FROM followers f"
        " LEFT JOIN mass_ledger l ON l.fid = f.id AND l.month = ? ORDER BY f.id LIMIT ?",
        (month_of(sandbox.now()), limit),
    )
    return answer([{k: row[k] for k in row.keys()} for row in rows])  # noqa: SIM118


@route("/say", "POST")
def say(sandbox: Sandbox) -> Response:
    """Somebody writes, or an event of theirs is pushed; what the product answered."""
    data = body_of()
    outcome = people.act(sandbox, str(data["openid"]), people.from_wire(data))
    return answer(outcome.wire())


@route("/act", "POST")
def act(sandbox: Sandbox) -> Response:
    """One gesture of somebody."""
    return answer(_act(sandbox, body_of()))


@route("/receipts", "GET")
def receipts(sandbox: Sandbox) -> Response:
    """What reached whom, in order."""
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


@route("/codes", "POST")
def codes(sandbox: Sandbox) -> Response:
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


def _subscribe(sandbox: Sandbox, scene: str) -> dict[str, Any]:
    return {"Event": "subscribe", "EventKey": f"qrscene_{scene}", "Ticket": people.ticket_of(sandbox, scene)}


def _receipt(row: Any) -> dict[str, Any]:
    receipt: dict[str, Any] = {"kind": row["kind"]}
    if row["kind"] == "robot":
        receipt["key"] = row["robot"]
    else:
        receipt["openid"] = row["openid"]
    receipt.update(at=iso(row["at"]), msg_id=row["msg_id"], client_id=row["client_id"], seq=row["seq"])
    return receipt


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
        number = people.comment(
            sandbox, openid, int(data["mid"]), int(data.get("idx", 1)), str(data["content"])
        )
        return {"user_comment_id": number}
    raise ValueError(f"unknown gesture {what!r}")
