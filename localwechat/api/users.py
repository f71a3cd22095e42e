"""Followers, remarks, the blacklist.

Source: https://developers.weixin.qq.com/doc/service/api/usermanage/userinfo/api_userinfo
"""

from __future__ import annotations

from typing import Any

from ..dispatch import OK, Call, endpoint
from ..errcodes import refuse
from .tags import PAGE, _after, page, tag_ids


@endpoint("/cgi-bin/user/get", "GET", right="people")
def followers(call: Call) -> dict[str, Any]:
    """All followers, 10,000 a page."""
    after = _after(call, call.query.get("next_openid"))
    total = int(call.sandbox.store.value("SELECT count(*) FROM followers WHERE subscribed = 1"))
    rows = call.sandbox.store.rows(
        "SELECT openid FROM followers WHERE subscribed = 1 AND id > ? ORDER BY id LIMIT ?", (after, PAGE)
    )
    return page(rows, total)


def _info(call: Call, openid: object) -> dict[str, Any]:
    row = call.sandbox.person(openid) if isinstance(openid, str) else None
    refuse(row is None, 40003)
    assert row is not None
    if not row["subscribed"]:
        return {"subscribe": 0, "openid": row["openid"], "tagid_list": []}
    tags = tag_ids(call.sandbox, int(row["id"]))
    return {
        "subscribe": 1,
        "openid": row["openid"],
        "nickname": "",
        "sex": 0,
        "language": "zh_CN",
        "city": "",
        "province": "",
        "country": "",
        "headimgurl": "",
        "subscribe_time": row["subscribe_time"],
        "unionid": row["unionid"],
        "remark": row["remark"],
        "groupid": tags[0] if tags else 0,
        "tagid_list": tags,
        "subscribe_scene": row["subscribe_scene"],
        "qr_scene": row["qr_scene"],
        "qr_scene_str": row["qr_scene_str"],
    }


@endpoint("/cgi-bin/user/info", "GET", right="people")
def info(call: Call) -> dict[str, Any]:
    """One person; names and places are no longer given."""
    refuse(not call.query.get("openid"), 41009)
    return _info(call, call.query.get("openid"))


@endpoint("/cgi-bin/user/info/batchget", right="people")
def info_many(call: Call) -> dict[str, Any]:
    """Up to 100 followers."""
    users = call.body.get("user_list")
    refuse(not isinstance(users, list), 41011 if users is None else 47001)
    people: list[Any] = users  # type: ignore[assignment]
    refuse(not people or len(people) > 100, 40032)
    refuse(not all(isinstance(user, dict) for user in people), 47001)
    for user in people:
        call.sandbox.follower(user.get("openid"))
    return {"user_info_list": [_info(call, user["openid"]) for user in people]}


@endpoint("/cgi-bin/user/info/updateremark", right="people")
def remark(call: Call) -> dict[str, Any]:
    """Set a follower's remark: fewer than 30 bytes."""
    row = call.sandbox.follower(call.body.get("openid"))
    text = call.body.get("remark", "")
    refuse(not isinstance(text, str), 47001)
    refuse(len(str(text).encode()) >= 30, 40092)
    call.sandbox.store.run("UPDATE followers SET remark = ? WHERE id = ?", (text, row["id"]))
    return OK


@endpoint("/cgi-bin/tags/members/getblacklist", right="people")
def blacklist(call: Call) -> dict[str, Any]:
    """Who is on the blacklist."""
    after = _after(call, call.body.get("begin_openid"))
    total = int(call.sandbox.store.value("SELECT count(*) FROM followers WHERE blacklisted = 1"))
    rows = call.sandbox.store.rows(
        "SELECT openid FROM followers WHERE blacklisted = 1 AND id > ? ORDER BY id LIMIT ?", (after, PAGE)
    )
    return page(rows, total)


def _blacklist(call: Call, value: int) -> dict[str, Any]:
    openids = call.body.get("openid_list")
    refuse(not isinstance(openids, list), 41011 if openids is None else 47001)
    people: list[Any] = openids  # type: ignore[assignment]
    refuse(not people or len(people) > 20, 40032)
    for row in [call.sandbox.follower(openid) for openid in people]:
        call.sandbox.store.run("UPDATE followers SET blacklisted = ? WHERE id = ?", (value, row["id"]))
    return OK


@endpoint("/cgi-bin/tags/members/batchblacklist", right="people")
def block(call: Call) -> dict[str, Any]:
    """Put at most 20 followers on the blacklist."""
    return _blacklist(call, 1)


@endpoint("/cgi-bin/tags/members/batchunblacklist", right="people")
def unblock(call: Call) -> dict[str, Any]:
    """Take at most 20 followers off the blacklist."""
    return _blacklist(call, 0)
