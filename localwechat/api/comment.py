"""Comments under articles.

Source: https://developers.weixin.qq.com/doc/service/Comments_management/Image_Comments_Management_Interface.html
"""

from __future__ import annotations

from typing import Any

from ..dispatch import OK, Call, endpoint
from ..errcodes import ApiError, refuse
from ..store import Row

MOST_ELECTED = 100


def _page(call: Call) -> Row:
    refuse(not call.sandbox.settings["comments"], 88000)
    mid, index = call.integer("msg_data_id"), call.integer("index", 0)
    row = call.sandbox.store.row("SELECT * FROM pages WHERE mid = ? AND idx = ?", (mid, index + 1))
    if row is None:
        raise ApiError(88001)
    return row


def _comment(call: Call) -> Row:
    page = _page(call)
    row = call.sandbox.store.row(
        "SELECT * FROM comments WHERE id = ? AND mid = ? AND idx = ?",
        (call.integer("user_comment_id"), page["mid"], page["idx"]),
    )
    if row is None:
        raise ApiError(88008)
    return row


def _switch(call: Call, value: int) -> dict[str, Any]:
    page = _page(call)
    call.sandbox.store.run(
        "UPDATE pages SET comments = ? WHERE mid = ? AND idx = ?", (value, page["mid"], page["idx"])
    )
    return OK


@endpoint("/cgi-bin/comment/open", right="comment")
def open_comments(call: Call) -> dict[str, Any]:
    """Let readers comment."""
    return _switch(call, 1)


@endpoint("/cgi-bin/comment/close", right="comment")
def close_comments(call: Call) -> dict[str, Any]:
    """No more comments."""
    return _switch(call, 0)


@endpoint("/cgi-bin/comment/list", right="comment")
def list_comments(call: Call) -> dict[str, Any]:
    """The comments of an article."""
    page = _page(call)
    begin, count, kind = call.integer("begin", 0), call.integer("count", 20), call.integer("type", 0)
    refuse(not 1 <= count < 50, 88010)
    elected = {0: (0, 1), 1: (0, 0), 2: (1, 1)}.get(kind, (0, 1))
    where = "mid = ? AND idx = ? AND elected BETWEEN ? AND ?"
    values = (page["mid"], page["idx"], *elected)
    total = call.sandbox.store.value(f"SELECT count(*) FROM comments WHERE {where}", values)
    rows = call.sandbox.store.rows(
        f"SELECT * FROM comments WHERE {where} ORDER BY id LIMIT ? OFFSET ?", (*values, count, begin)
    )
    return {**OK, "total": total, "comment": [_wire(row) for row in rows]}


def _wire(row: Row) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "user_comment_id": row["id"],
        "openid": row["openid"],
        "create_time": int(row["created"]),
        "content": row["content"],
        "comment_type": row["elected"],
    }
    if row["reply"]:
        shown["reply"] = {"content": row["reply"], "create_time": int(row["reply_at"])}
    return shown


def _elect(call: Call, value: int) -> dict[str, Any]:
    row = _comment(call)
    store = call.sandbox.store
    have = store.value(
        "SELECT count(*) FROM comments WHERE mid = ? AND idx = ? AND elected = 1", (row["mid"], row["idx"])
    )
    refuse(value and have >= MOST_ELECTED, 88003)
    store.run("UPDATE comments SET elected = ? WHERE id = ?", (value, row["id"]))
    return OK


@endpoint("/cgi-bin/comment/markelect", right="comment")
def elect(call: Call) -> dict[str, Any]:
    """Select a comment."""
    return _elect(call, 1)


@endpoint("/cgi-bin/comment/unmarkelect", right="comment")
def unelect(call: Call) -> dict[str, Any]:
    """Unselect a comment."""
    return _elect(call, 0)


@endpoint("/cgi-bin/comment/delete", right="comment")
def delete(call: Call) -> dict[str, Any]:
    """Delete a comment."""
    call.sandbox.store.run("DELETE FROM comments WHERE id = ?", (_comment(call)["id"],))
    return OK


@endpoint("/cgi-bin/comment/reply/add", right="comment")
def reply(call: Call) -> dict[str, Any]:
    """Answer a comment."""
    row = _comment(call)
    text = call.body.get("content")
    refuse(not isinstance(text, str) or not 1 <= len(str(text)) <= 600, 88007)
    refuse(row["reply"], 88005)
    call.sandbox.store.run(
        "UPDATE comments SET reply = ?, reply_at = ? WHERE id = ?", (text, call.sandbox.now(), row["id"])
    )
    return OK


@endpoint("/cgi-bin/comment/reply/delete", right="comment")
def delete_reply(call: Call) -> dict[str, Any]:
    """Take an answer back."""
    row = _comment(call)
    refuse(not row["reply"], 88009)
    call.sandbox.store.run("UPDATE comments SET reply = '' WHERE id = ?", (row["id"],))
    return OK
