"""Publishing without telling anybody.

Source: https://developers.weixin.qq.com/doc/service/api/public/api_freepublish_submit
"""

from __future__ import annotations

import json
from typing import Any

from ..dispatch import OK, Call, endpoint, whole
from ..errcodes import ApiError, refuse
from ..jobevents import announce, deliver_now, rules_for
from ..people import head
from ..platform import Sandbox
from ..store import Row
from ..work import job
from .draft import find_draft, make_pages, page_url
from .media import span


@endpoint("/cgi-bin/freepublish/submit", right="publish")
def submit(call: Call) -> dict[str, Any]:
    """Take a publishing task: the draft leaves the box, the result comes later."""
    sandbox = call.sandbox
    row = find_draft(sandbox, call.text("media_id", 41006))
    for state, code in (("auto", 53505), ("site", 53504), ("unchecked", 53503)):
        refuse(row["state"] == state, code)
    publish_id = sandbox.store.next_id("publish", 2_247_000_000)
    now = sandbox.now()
    sandbox.store.run(
        "INSERT INTO publishes (publish_id, article_id, msg_data_id, status, created, updated)"
        " VALUES (?, ?, ?, 1, ?, ?)",
        (publish_id, sandbox.random_text(64), row["msg_data_id"], now, now),
    )
    sandbox.store.run(
        "UPDATE drafts SET used = 'publish', used_at = ? WHERE media_id = ?", (now, row["media_id"])
    )
    delay = sandbox.settings["publish_delay_s"]
    delay = sandbox.rng.uniform(2, 20) if delay is None else delay
    rules = rules_for(sandbox, "publish")
    task = {"publish_id": publish_id, "media_id": row["media_id"], "rules": rules}
    if "early" in rules:  # before the answer of this call

        def early() -> None:
            with sandbox.unit():
                push = _finished(sandbox, task)
            if push:
                deliver_now(sandbox, push)

        call.after.append(early)
    else:
        sandbox.schedule("publish", delay, task)
    return {**OK, "publish_id": str(publish_id), "msg_data_id": str(row["msg_data_id"])}


@job("publish")
def finish(sandbox: Sandbox, data: dict[str, Any]) -> None:
    """The task ends: the pages are there, the event goes out."""
    push = _finished(sandbox, data)
    if push:
        announce(sandbox, push, data["rules"])


def _finished(sandbox: Sandbox, data: dict[str, Any]) -> dict[str, Any] | None:
    """End the task; its event."""
    row = sandbox.store.row("SELECT * FROM publishes WHERE publish_id = ?", (data["publish_id"],))
    draft = sandbox.store.row("SELECT * FROM drafts WHERE media_id = ?", (data["media_id"],))
    if row is None or draft is None:
        return None
    rules: dict[str, float] = data["rules"]
    # err:2 originality, err:3 failure, err:4 refused by review
    status = int(rules.get("err", 3 if {"fail", "fail_silent"} & rules.keys() else 0))
    fail_idx = [1] if status else []
    if not status:
        make_pages(sandbox, draft, notified=False)
    else:
        sandbox.store.run("UPDATE drafts SET used = '' WHERE media_id = ?", (data["media_id"],))
    sandbox.store.run(
        "UPDATE publishes SET status = ?, fail_idx = ?, updated = ? WHERE publish_id = ?",
        (status, json.dumps(fail_idx), sandbox.now(), row["publish_id"]),
    )
    info: dict[str, Any] = {"publish_id": row["publish_id"], "publish_status": status}
    if status:
        info["fail_idx"] = fail_idx
    else:
        items = _urls(sandbox, row["msg_data_id"])
        info["article_id"] = row["article_id"]
        info["article_detail"] = {"count": len(items), "item": items}
    push = head(sandbox, "o" + "MpPublishHelper".ljust(27, "A"), "event")
    push.update(Event="PUBLISHJOBFINISH", PublishEventInfo=info)
    return push


def _urls(sandbox: Sandbox, mid: int) -> list[dict[str, Any]]:
    rows = sandbox.store.rows("SELECT idx FROM pages WHERE mid = ? ORDER BY idx", (mid,))
    return [{"idx": r["idx"], "article_url": page_url(sandbox, mid, r["idx"])} for r in rows]


@endpoint("/cgi-bin/freepublish/get", right="publish")
def get(call: Call) -> dict[str, Any]:
    """How far a task is."""
    publish_id = whole(call.body.get("publish_id"))
    row = call.sandbox.store.row("SELECT * FROM publishes WHERE publish_id = ?", (publish_id,))
    if row is None:
        raise ApiError(40002, "invalid publish_id")
    answer: dict[str, Any] = {"publish_id": str(publish_id), "publish_status": row["status"]}
    if row["status"] in (0, 5, 6):
        items = _urls(call.sandbox, row["msg_data_id"])
        answer["article_id"] = row["article_id"]
        answer["article_detail"] = {"count": len(items), "item": items}
    answer["fail_idx"] = json.loads(row["fail_idx"])
    return answer


def _items(sandbox: Sandbox, row: Row, content: bool) -> list[dict[str, Any]]:
    items = []
    for page in sandbox.store.rows("SELECT * FROM pages WHERE mid = ? ORDER BY idx", (row["msg_data_id"],)):
        item = json.loads(page["article"])
        if not content:
            item.pop("content", None)
        if item["article_type"] == "newspic":
            item.pop("article_type", None)
            item.pop("image_info", None)
        item["url"] = page_url(sandbox, page["mid"], page["idx"])
        item["is_deleted"] = bool(page["deleted"])
        items.append(item)
    return items


@endpoint("/cgi-bin/freepublish/batchget", right="publish")
def batch_get(call: Call) -> dict[str, Any]:
    """What was published this way (mass-sent articles never show up here)."""
    offset, count = span(call)
    content = not whole(call.body.get("no_content"), 0)
    store = call.sandbox.store
    total = store.value("SELECT count(*) FROM publishes WHERE status = 0")
    rows = store.rows(
        "SELECT * FROM publishes WHERE status = 0 ORDER BY updated DESC, publish_id DESC LIMIT ? OFFSET ?",
        (count, offset),
    )
    item = [
        {
            "article_id": r["article_id"],
            "content": {
                "news_item": _items(call.sandbox, r, content),
                "create_time": int(r["created"]),
                "update_time": int(r["updated"]),
            },
            "update_time": int(r["updated"]),
        }
        for r in rows
    ]
    return {"item": item, "total_count": total, "item_count": len(item)}


def _published(call: Call) -> Row:
    row = call.sandbox.store.row(
        "SELECT * FROM publishes WHERE article_id = ? AND status IN (0, 5, 6)",
        (str(call.body.get("article_id")),),
    )
    if row is None:
        raise ApiError(53600)
    return row


@endpoint("/cgi-bin/freepublish/getarticle", right="publish")
def get_article(call: Call) -> dict[str, Any]:
    """One published set of articles."""
    row = _published(call)
    return {
        "news_item": _items(call.sandbox, row, True),
        "create_time": int(row["created"]),
        "update_time": int(row["updated"]),
    }


@endpoint("/cgi-bin/freepublish/delete", right="publish")
def delete(call: Call) -> dict[str, Any]:
    """Delete one article (index from 1) or all of them."""
    row = _published(call)
    refuse(row["status"] != 0, 53600)
    index = call.integer("index", 0)
    store, mid = call.sandbox.store, row["msg_data_id"]
    total = store.value("SELECT count(*) FROM pages WHERE mid = ?", (mid,))
    refuse(not 0 <= index <= total, 40114)
    store.run("UPDATE pages SET deleted = 'author' WHERE mid = ? AND (? = 0 OR idx = ?)", (mid, index, index))
    if not store.value("SELECT count(*) FROM pages WHERE mid = ? AND deleted = ''", (mid,)):
        store.run("UPDATE publishes SET status = 5 WHERE publish_id = ?", (row["publish_id"],))
    return OK
