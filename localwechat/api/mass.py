"""Mass sending: acceptance.

Source: https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html

The order of the checks is ours: token, right, JSON and type, key, minute, content, tag, quota.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from ..clock import day_of, month_of
from ..dispatch import OK, Call, endpoint, per_minute
from ..errcodes import ApiError, refuse
from ..massjob import early_event, start_job
from ..platform import Sandbox
from ..store import Row
from .draft import find_draft, make_pages
from .media import find_media
from .tags import tag_exists

TYPES = ("mpnews", "text", "voice", "image", "mpvideo", "wxcard")
SPEEDS = {0: 80, 1: 60, 2: 45, 3: 30, 4: 10}
DAY_S = 86400


def _message(body: dict[str, Any], preview: bool) -> tuple[str, dict[str, Any]]:
    """The type and its object. Raises 40008, 45113, 47001."""
    kind = body.get("msgtype")
    refuse(kind not in TYPES, 40008)
    refuse(kind == "wxcard", 45113)
    names = (
        ("image", "images")
        if kind == "image" and preview
        else ("images",)
        if kind == "image"
        else (str(kind),)
    )
    content = next((body[name] for name in names if name in body), None)
    refuse(content is None, 40008)
    refuse(not isinstance(content, dict), 47001)
    return str(kind), dict(content or {})


def _check_content(call: Call, kind: str, content: dict[str, Any], preview: bool) -> Row | None:
    """The draft of an mpnews; raises the code of what is wrong with the content."""
    sandbox = call.sandbox
    if kind == "mpnews":
        draft = find_draft(sandbox, content.get("media_id"), used=not preview)
        refuse(draft["state"] == "auto", 48021)
        return draft
    if kind == "text":
        text = content.get("content")
        refuse(not isinstance(text, str) or not text, 44004)
        refuse(len(str(text).encode()) > 2048, 45002)
    elif kind == "image":
        if "media_id" in content and preview:
            find_media(sandbox, content["media_id"], ("image",))
            return None
        pictures = content.get("media_ids")
        refuse(not isinstance(pictures, list) or not 1 <= len(pictures) <= 20, 40215)
        assert isinstance(pictures, list)
        for media_id in pictures:
            find_media(sandbox, media_id, ("image",))
        opened = content.get("need_open_comment")
        refuse(opened and not sandbox.settings["comments"], 88000)
    else:
        find_media(sandbox, content.get("media_id"), ("voice",) if kind == "voice" else ("video",))
    return None


def _check_key(call: Call, key: str) -> None:
    """45067, 45066, 45065: the idempotency key against what was accepted before."""
    sandbox, now = call.sandbox, call.sandbox.now()
    settings = sandbox.settings
    refuse(len(key.encode()) > 32, 45067)
    before = sandbox.store.row(
        "SELECT msg_id, created FROM mass WHERE key = ? AND created > ? ORDER BY created DESC LIMIT 1",
        (key, now - settings["mass_key_window_s"]),
    )
    if before is None:
        return
    early = 0 <= now - float(before["created"]) < settings["mass_retry_gap_s"]
    refuse(early and not call.repeated, 45066)
    raise ApiError(45065, "", msg_id=before["msg_id"])


def _key(body: dict[str, Any], target: dict[str, Any], kind: str, content: dict[str, Any]) -> str:
    own = body.get("clientmsgid")
    if own is None or own == "":
        text = json.dumps([target, kind, content], ensure_ascii=False, sort_keys=True)
        return hashlib.md5(text.encode()).hexdigest()
    refuse(not isinstance(own, str), 47001)
    return str(own)


@endpoint("/cgi-bin/message/mass/sendall", right="mass")
def send_all(call: Call) -> dict[str, Any]:
    """To everybody or to a tag."""
    body = call.body
    target = body.get("filter")
    refuse(not isinstance(target, dict), 41011 if target is None else 47001)
    assert isinstance(target, dict)
    everybody = target.get("is_to_all", False)
    refuse(not isinstance(everybody, bool), 40008)
    tag_id = target.get("tag_id")
    refuse(not everybody and tag_id is None, 40152)
    refuse(tag_id is not None and (isinstance(tag_id, bool) or not str(tag_id).isdigit()), 47001)
    where: dict[str, Any] = {"all": True} if everybody else {"tag_id": int(tag_id or 0)}
    kind, content = _message(body, preview=False)
    key = _key(body, where, kind, content)

    def check_target() -> None:
        refuse(not everybody and not tag_exists(call, where["tag_id"]), -1)

    return _accept(call, "all" if everybody else "tag", where, kind, content, key, check_target)


@endpoint("/cgi-bin/message/mass/send", right="mass_openid", quota="/cgi-bin/message/mass/sendall")
def send_list(call: Call) -> dict[str, Any]:
    """To 2 to 10,000 openids."""
    sandbox, body = call.sandbox, call.body
    people = body.get("touser")
    refuse(not isinstance(people, list), 41011 if people is None else 47001)
    assert isinstance(people, list)
    kind, content = _message(body, preview=False)
    refuse(len(people) < 2, 40130)
    refuse(len(people) > 10_000, 45019)
    refuse(not all(isinstance(openid, str) for openid in people), 40031)
    key = _key(body, {"openids": sorted(set(people))}, kind, content)
    fids: list[int] = []

    def check_target() -> None:
        gap, least = sandbox.settings["mass_fast_gap_s"], sandbox.settings["mass_fast_min_batch"]
        last = sandbox.store.get("mass_batch", {"at": 0, "size": 0})
        since = sandbox.now() - last["at"]
        refuse(gap and last["size"] >= least and len(people) >= least and 0 <= since < gap, 42010)
        for start in range(0, len(people), 500):
            part = people[start : start + 500]
            marks = ",".join("?" * len(part))
            rows = sandbox.store.rows(
                f"SELECT id FROM followers WHERE subscribed = 1 AND openid IN ({marks})", part
            )
            fids.extend(row[0] for row in rows)
        refuse(len(set(fids)) < 2, 40130)

    where: dict[str, Any] = {"fids": fids, "count": len(set(people))}
    answer = _accept(call, "openids", where, kind, content, key, check_target)
    sandbox.store.put("mass_batch", {"at": sandbox.now(), "size": len(people)})
    return answer


def _accept(
    call: Call,
    way: str,
    where: dict[str, Any],
    kind: str,
    content: dict[str, Any],
    key: str,
    check_target: Callable[[], None],
) -> dict[str, Any]:
    sandbox = call.sandbox
    _check_key(call, key)
    per_minute(sandbox, "mass", int(sandbox.settings["mass_calls_per_minute"]))
    draft = _check_content(call, kind, content, preview=False)
    check_target()
    _check_quota(sandbox, way)
    own_key = str(call.body.get("clientmsgid") or "")
    msg_id, data_id = _take(sandbox, way, where, kind, {**content, "client_id": own_key}, key, draft)
    call.after.append(lambda: early_event(sandbox, msg_id))
    return {
        "errcode": 0,
        "errmsg": "send job submission success",
        "msg_id": msg_id,
        "msg_data_id": data_id,
    }


def _take(
    sandbox: Sandbox,
    way: str,
    where: dict[str, Any],
    kind: str,
    content: dict[str, Any],
    key: str,
    draft: Row | None,
) -> tuple[int, int]:
    """Take the job: its msg_id and msg_data_id."""
    now = sandbox.now()
    msg_id = sandbox.job_id()
    data_id = draft["msg_data_id"] if draft is not None else sandbox.data_id()
    if draft is not None:
        make_pages(sandbox, draft, notified=True)
        sandbox.store.run(
            "UPDATE drafts SET used = 'mass', used_at = CASE WHEN used = '' THEN ? ELSE used_at END"
            " WHERE media_id = ?",
            (now, draft["media_id"]),
        )
    waiting = way == "all" and bool(sandbox.account["protection"])
    sandbox.store.run(
        "INSERT INTO mass (msg_id, msg_data_id, way, key, target, msgtype, content, status, created)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        (
            msg_id,
            data_id,
            way,
            key,
            json.dumps(where),
            kind,
            json.dumps(content, ensure_ascii=False),
            "waiting" if waiting else "sending",
            now,
        ),
    )
    if way == "all":
        _count(sandbox, "to_all")
    if sandbox.account["type"] == "subscription":
        _count(sandbox, "mass_day")
    if waiting:
        sandbox.schedule("mass_silence", float(sandbox.settings["protection_wait_s"]), {"msg_id": msg_id})
    else:
        start_job(sandbox, msg_id, no_call=bool(content.get("console")))
    return msg_id, data_id


def _count(sandbox: Sandbox, key: str) -> None:
    """One more of the sends that are counted by day."""
    sandbox.store.run(
        "INSERT INTO usage VALUES (?, ?, 1) ON CONFLICT (day, key) DO UPDATE SET used = used + 1",
        (day_of(sandbox.now()), key),
    )


def console_send(sandbox: Sandbox, text: str, tag_id: int | None = None) -> int:
    """A text that somebody sends by hand on the site, to all or to a tag: it uses up the same quota,
    and mass/get and mass/delete do not know it. Raises ValueError where the quota is used up."""
    with sandbox.unit():
        way = "all" if tag_id is None else "tag"
        try:
            _check_quota(sandbox, way)
        except ApiError as error:
            raise ValueError(error.text) from None
        where: dict[str, Any] = {"all": True} if tag_id is None else {"tag_id": tag_id}
        content = {"content": text, "client_id": "", "console": True}
        return _take(sandbox, way, where, "text", content, "", None)[0]


def _check_quota(sandbox: Sandbox, way: str) -> None:
    """45028: the day's send of a 公众号; the day's and the month's sends to all of a 服务号."""
    now = sandbox.now()
    store = sandbox.store
    if sandbox.account["type"] == "subscription":
        refuse(
            store.value("SELECT used FROM usage WHERE day = ? AND key = 'mass_day'", (day_of(now),)), 45028
        )
        return
    if way == "all":
        refuse(store.value("SELECT used FROM usage WHERE day = ? AND key = 'to_all'", (day_of(now),)), 45028)
        month = store.value(
            "SELECT sum(used) FROM usage WHERE key = 'to_all' AND day LIKE ?", (f"{month_of(now)}%",)
        )
        refuse(int(month or 0) >= int(sandbox.settings["mass_monthly_per_follower"]), 45028)


@endpoint("/cgi-bin/message/mass/preview", right="mass")
def preview(call: Call) -> dict[str, Any]:
    """To one person, at no quota, with no event."""
    sandbox, body = call.sandbox, call.body
    kind, content = _message(body, preview=True)
    row: Row | None = None
    if body.get("towxname"):
        row = sandbox.store.row(
            "SELECT * FROM followers WHERE nickname = ? AND subscribed = 1", (body["towxname"],)
        )
        refuse(row is None, 40132)
    else:
        refuse(not body.get("touser"), 41009)
        row = sandbox.follower(body.get("touser"))
    assert row is not None
    draft = _check_content(call, kind, content, preview=True)
    shown = mass_body(sandbox, kind, content, draft)
    msg_id = sandbox.job_id()
    sandbox.show(row["id"], "in", "preview", {**shown, "preview": True}, msg_id)
    return {"errcode": 0, "errmsg": "preview success", "msg_id": msg_id}


def mass_body(sandbox: Sandbox, kind: str, content: dict[str, Any], draft: Row | None) -> dict[str, Any]:
    """What the phone shows of a mass message."""
    if kind == "mpnews" and draft is not None:
        articles = json.loads(draft["articles"])
        return {
            "type": "news",
            "articles": [
                {
                    "title": a["title"],
                    "digest": a["digest"],
                    "cover": a["thumb_url"],
                    "url": f"/phone/draft/{draft['media_id']}/{idx}",
                }
                for idx, a in enumerate(articles, 1)
            ],
        }
    if kind == "text":
        return {"type": "text", "content": content["content"]}
    media = content.get("media_id") or (content.get("media_ids") or [""])[0]
    return {"type": {"mpvideo": "video"}.get(kind, kind), "media": f"/phone/media/{media}"}


def _job(call: Call, msg_id: object) -> Row:
    refuse(isinstance(msg_id, bool) or not str(msg_id).isdigit(), 40059)
    row = call.sandbox.store.row("SELECT * FROM mass WHERE msg_id = ?", (int(str(msg_id)),))
    if row is None or json.loads(row["content"]).get("console"):
        raise ApiError(40059)
    return row


@endpoint("/cgi-bin/message/mass/get", right="mass")
def get(call: Call) -> dict[str, Any]:
    """The job's status: no counts, no names."""
    row = _job(call, call.body.get("msg_id"))
    blind = float(call.sandbox.settings["mass_get_blind_s"])
    refuse(call.sandbox.now() - row["created"] < blind, 40059)
    status = {"done": "SEND_SUCCESS", "failed": "SEND_FAIL", "deleted": "DELETE"}
    return {"msg_id": row["msg_id"], "msg_status": status.get(row["status"], "SENDING")}


@endpoint("/cgi-bin/message/mass/delete", right="mass")
def delete(call: Call) -> dict[str, Any]:
    """Take the article's page away; the card stays in the chats."""
    sandbox, body = call.sandbox, call.body
    index = 0
    if body.get("msg_id") is not None:
        row = _job(call, body["msg_id"])
        index = call.integer("article_idx", 0)
    else:
        refuse(not body.get("url"), 40059)
        found = sandbox.store.row(
            "SELECT m.*, p.idx FROM pages p JOIN mass m ON m.msg_data_id = p.mid WHERE instr(?, p.sn) > 0",
            (str(body["url"]),),
        )
        if found is None:
            raise ApiError(40059)
        row, index = found, found["idx"]
    refuse(row["status"] not in ("done", "deleted") or row["msgtype"] not in ("mpnews", "mpvideo"), 40059)
    total = sandbox.store.value("SELECT count(*) FROM pages WHERE mid = ?", (row["msg_data_id"],))
    refuse(not 0 <= index <= max(total, 1), 40060)
    sandbox.store.run(
        "UPDATE pages SET deleted = 'author' WHERE mid = ? AND (? = 0 OR idx = ?)",
        (row["msg_data_id"], index, index),
    )
    left = sandbox.store.value(
        "SELECT count(*) FROM pages WHERE mid = ? AND deleted = ''", (row["msg_data_id"],)
    )
    if not left:
        sandbox.store.run(
            "UPDATE mass SET status = 'deleted' WHERE msg_data_id = ? AND status = 'done'",
            (row["msg_data_id"],),
        )
    return OK


@endpoint("/cgi-bin/message/mass/speed/get", "ANY", right="mass")
def get_speed(call: Call) -> dict[str, Any]:
    """The level and what it means in ten thousands a minute."""
    level = call.sandbox.account["speed"]
    return {"speed": level, "realspeed": SPEEDS[level]}


@endpoint("/cgi-bin/message/mass/speed/set", right="mass")
def set_speed(call: Call) -> dict[str, Any]:
    """Set the level, 0 to 4."""
    level = call.body.get("speed")
    refuse(level is None, 45084)
    refuse(isinstance(level, bool) or not isinstance(level, int) or not 0 <= int(level or 0) <= 4, 45083)
    sandbox = call.sandbox
    sandbox.account["speed"] = level
    sandbox.store.put("account", sandbox.changed_account())
    return OK
