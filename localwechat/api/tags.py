"""Tags.

Source: https://developers.weixin.qq.com/doc/service/api/usermanage/tag/api_createtag
"""

from __future__ import annotations

import re
from typing import Any

from ..dispatch import OK, Call, endpoint, whole
from ..errcodes import ApiError, refuse
from ..platform import Sandbox

SYSTEM_TAGS = {0: "未分组", 1: "黑名单", 2: "星标组"}
FIRST_ID = 100
PAGE = 10_000
MAX_TAGGING = 50


def tag_exists(call: Call, tag_id: int) -> bool:
    """Whether the account has this tag (the platform's own star group included)."""
    if tag_id == 2:
        return True
    return bool(call.sandbox.store.value("SELECT count(*) FROM tags WHERE id = ?", (tag_id,)))


def _tag(call: Call) -> dict[str, Any]:
    tag = call.body.get("tag")
    refuse(not isinstance(tag, dict), 41011 if tag is None else 47001)
    found: dict[str, Any] = tag  # type: ignore[assignment]
    return found


def _name(call: Call, tag: dict[str, Any], own_id: int = 0) -> str:
    name = tag.get("name")
    refuse(not isinstance(name, str) or not name.strip(), 45157)
    refuse(len(str(name).encode()) > 30, 45158)
    # An escaped name is stored as typed: the letters of the escape are what the office sees
    refuse(re.search(r"[\x00-\x1f]", str(name)), 45157)
    taken = call.sandbox.store.value("SELECT id FROM tags WHERE name = ?", (name,))
    refuse((taken is not None and taken != own_id) or name in SYSTEM_TAGS.values(), 45157)
    return str(name)


@endpoint("/cgi-bin/tags/create", right="people")
def create(call: Call) -> dict[str, Any]:
    """Make a tag."""
    tag = _tag(call)
    count = int(call.sandbox.store.value("SELECT count(*) FROM tags"))
    name = _name(call, tag)
    refuse(count >= call.sandbox.settings["tag_limit"], 45056)
    number = call.sandbox.store.next_id("tag", FIRST_ID)
    call.sandbox.store.run("INSERT INTO tags VALUES (?, ?)", (number, name))
    return {"tag": {"id": number, "name": name}}


@endpoint("/cgi-bin/tags/get", "GET", right="people")
def get(call: Call) -> dict[str, Any]:
    """All tags with their counts."""
    rows = call.sandbox.store.rows(
        "SELECT t.id, t.name, count(f.fid) AS n FROM tags t LEFT JOIN follower_tags f ON f.tag_id = t.id"
        " GROUP BY t.id ORDER BY t.id"
    )
    star = int(call.sandbox.store.value("SELECT count(*) FROM follower_tags WHERE tag_id = 2"))
    tags = [{"id": 2, "name": SYSTEM_TAGS[2], "count": star}]
    return {"tags": tags + [{"id": r["id"], "name": r["name"], "count": r["n"]} for r in rows]}


@endpoint("/cgi-bin/tags/update", right="people")
def update(call: Call) -> dict[str, Any]:
    """Rename a tag."""
    tag = _tag(call)
    number = whole(tag.get("id"))
    refuse(number in SYSTEM_TAGS, 45058)
    refuse(not tag_exists(call, number), 45159)
    call.sandbox.store.run("UPDATE tags SET name = ? WHERE id = ?", (_name(call, tag, number), number))
    return OK


@endpoint("/cgi-bin/tags/delete", right="people")
def delete(call: Call) -> dict[str, Any]:
    """Delete a tag."""
    number = whole(_tag(call).get("id"))
    refuse(number in SYSTEM_TAGS, 45058)
    refuse(not tag_exists(call, number), 45159)
    fans = int(call.sandbox.store.value("SELECT count(*) FROM follower_tags WHERE tag_id = ?", (number,)))
    refuse(fans > 100_000, 45057)
    call.sandbox.store.run("DELETE FROM follower_tags WHERE tag_id = ?", (number,))
    call.sandbox.store.run("DELETE FROM tags WHERE id = ?", (number,))
    return OK


@endpoint("/cgi-bin/user/tag/get", right="people")
def fans(call: Call) -> dict[str, Any]:
    """The fans of a tag, 10,000 a page."""
    number = call.integer("tagid")
    refuse(not tag_exists(call, number), 45159)
    after = _after(call, call.body.get("next_openid"))
    rows = call.sandbox.store.rows(
        "SELECT f.openid FROM follower_tags t JOIN followers f ON f.id = t.fid"
        " WHERE t.tag_id = ? AND t.fid > ? AND f.subscribed = 1 ORDER BY t.fid LIMIT ?",
        (number, after, PAGE),
    )
    return page(rows)


def _after(call: Call, openid: object) -> int:
    if not openid:
        return 0
    refuse(not isinstance(openid, str), 40003)
    found = call.sandbox.store.value("SELECT id FROM followers WHERE openid = ?", (openid,))
    refuse(found is None, 40003)
    return int(found)


def page(rows: list[Any], total: int | None = None) -> dict[str, Any]:
    """A page of openids; an empty one has no `data`."""
    openids = [row[0] for row in rows]
    answer: dict[str, Any] = {} if total is None else {"total": total}
    answer["count"] = len(openids)
    if openids:
        answer["data"] = {"openid": openids}
    answer["next_openid"] = openids[-1] if openids else ""
    return answer


def _batch(call: Call) -> tuple[int, list[Any]]:
    openids = call.body.get("openid_list")
    refuse(not isinstance(openids, list), 41011 if openids is None else 47001)
    people: list[Any] = openids  # type: ignore[assignment]
    refuse(not people or len(people) > MAX_TAGGING, 40032)
    number = call.integer("tagid")
    refuse(number in (0, 1, 2) or not tag_exists(call, number), 45159)
    return number, [call.sandbox.follower(openid) for openid in people]


@endpoint("/cgi-bin/tags/members/batchtagging", right="people")
def batch_tag(call: Call) -> dict[str, Any]:
    """Give a tag to at most 50 followers."""
    number, people = _batch(call)
    store, most = call.sandbox.store, int(call.sandbox.settings["tags_per_follower"])
    failed: list[str] = []
    given = call.sandbox.store.next_id("given", 1)
    for row in people:
        own = {r[0] for r in store.rows("SELECT tag_id FROM follower_tags WHERE fid = ?", (row["id"],))}
        if number not in own and len(own) >= most:
            failed.append(row["openid"])
            continue
        store.run(
            "INSERT INTO follower_tags VALUES (?, ?, ?) ON CONFLICT (fid, tag_id) DO UPDATE SET given = ?",
            (row["id"], number, given, given),
        )
    if failed and len(failed) == len(people):
        raise ApiError(45059)
    if failed:  # done in part: the code comes as an ordinary answer, what was done stays
        return {"errcode": 45171, "errmsg": "some openid fail", "fail_openid_list": failed}
    return OK


@endpoint("/cgi-bin/tags/members/batchuntagging", right="people")
def batch_untag(call: Call) -> dict[str, Any]:
    """Take a tag from at most 50 followers."""
    number, people = _batch(call)
    for row in people:
        call.sandbox.store.run("DELETE FROM follower_tags WHERE fid = ? AND tag_id = ?", (row["id"], number))
    return OK


@endpoint("/cgi-bin/tags/getidlist", right="people")
def tags_of(call: Call) -> dict[str, Any]:
    """The tags of a follower."""
    row = call.sandbox.follower(call.body.get("openid"))
    return {"tagid_list": tag_ids(call.sandbox, int(row["id"]))}


def tag_ids(sandbox: Sandbox, fid: int) -> list[int]:
    """Tag ids, the last given first."""
    rows = sandbox.store.rows(
        "SELECT tag_id FROM follower_tags WHERE fid = ? ORDER BY given DESC, tag_id DESC", (fid,)
    )
    return [row[0] for row in rows]
