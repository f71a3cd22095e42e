"""The menu and conditional menus.

Source: https://developers.weixin.qq.com/doc/service/api/custommenu/api_createcustommenu
"""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlsplit

from ..dispatch import OK, Call, endpoint
from ..errcodes import ApiError, refuse
from ..platform import Sandbox
from .tags import tag_ids

KEYED = {
    "click", "scancode_push", "scancode_waitmsg", "pic_sysphoto", "pic_photo_or_album", "pic_weixin",
    "location_select",
}  # fmt: skip
TYPES = KEYED | {"view", "miniprogram", "media_id", "view_limited", "article_id", "article_view_limited"}


def _buttons(call: Call) -> list[dict[str, Any]]:
    refuse(call.escaped, 40033)
    buttons = call.body.get("button")
    refuse(not isinstance(buttons, list), 40016)
    found: list[Any] = buttons  # type: ignore[assignment]
    refuse(not 1 <= len(found) <= 3, 40016)
    return [_button(call, button, top=True) for button in found]


def _button(call: Call, button: Any, top: bool) -> dict[str, Any]:
    """A checked button; the codes differ between the two levels."""
    refuse(not isinstance(button, dict), 47001)
    name = button.get("name")
    refuse(
        not isinstance(name, str) or not 1 <= len(name.encode()) <= (16 if top else 60),
        40018 if top else 40025,
    )
    subs = button.get("sub_button")
    if subs:
        refuse(not top, 40022)
        refuse(not isinstance(subs, list) or len(subs) > 5, 40023)
        return {"name": name, "sub_button": [_button(call, sub, top=False) for sub in subs]}
    kind = button.get("type")
    refuse(kind not in TYPES, 40017 if top else 40024)
    clean: dict[str, Any] = {"type": kind, "name": name}
    if kind in KEYED:
        key = button.get("key")
        refuse(not isinstance(key, str) or not 1 <= len(key.encode()) <= 128, 40019 if top else 40026)
        clean["key"] = key
    if kind in ("view", "miniprogram"):
        url = button.get("url")
        refuse(not isinstance(url, str) or not 1 <= len(url.encode()) <= 1024, 40020 if top else 40027)
        parts = urlsplit(str(url))
        refuse(parts.scheme not in ("http", "https") or not parts.netloc, 40055 if top else 40054)
        clean["url"] = url
    if kind == "miniprogram":
        refuse(button.get("appid") != call.sandbox.account["mini_app_id"], 45064)
        refuse(not button.get("pagepath"), 40165)
        clean.update(appid=button["appid"], pagepath=button["pagepath"])
    if kind in ("media_id", "view_limited"):
        found = call.sandbox.store.value(
            "SELECT count(*) FROM media WHERE media_id = ? AND permanent = 1", (button.get("media_id"),)
        )
        refuse(not found, 40007)
        clean["media_id"] = button["media_id"]
    if kind in ("article_id", "article_view_limited"):
        found = call.sandbox.store.value(
            "SELECT count(*) FROM publishes WHERE article_id = ? AND status = 0", (button.get("article_id"),)
        )
        refuse(not found, 53600)
        clean["article_id"] = button["article_id"]
    clean["sub_button"] = []
    return clean


@endpoint("/cgi-bin/menu/create", right="menu")
def create(call: Call) -> dict[str, Any]:
    """Replace the default menu; conditional ones stay."""
    buttons = _buttons(call)
    store = call.sandbox.store
    store.run("DELETE FROM menus WHERE matchrule = ''")
    store.run(
        "INSERT INTO menus (id, body) VALUES (?, ?)",
        (store.next_id("menu", 430_812_345), json.dumps(buttons, ensure_ascii=False)),
    )
    return OK


@endpoint("/cgi-bin/menu/get", "GET", right="menu")
def get(call: Call) -> dict[str, Any]:
    """The default and the conditional menus."""
    rows = call.sandbox.store.rows("SELECT * FROM menus ORDER BY id DESC")
    default = next((row for row in rows if not row["matchrule"]), None)
    if default is None:
        raise ApiError(46003)
    answer: dict[str, Any] = {"menu": {"button": json.loads(default["body"]), "menuid": default["id"]}}
    conditional = [
        {"button": json.loads(r["body"]), "matchrule": json.loads(r["matchrule"]), "menuid": r["id"]}
        for r in rows
        if r["matchrule"]
    ]
    if conditional:
        answer["conditionalmenu"] = conditional
    return answer


@endpoint("/cgi-bin/get_current_selfmenu_info", "GET", right="menu")
def current(call: Call) -> dict[str, Any]:
    """The menu in force, in the other shape."""
    row = call.sandbox.store.row("SELECT body FROM menus WHERE matchrule = ''")
    if row is None:
        return {"is_menu_open": 0}
    buttons = []
    for button in json.loads(row["body"]):
        if button["sub_button"]:
            buttons.append(
                {"name": button["name"], "sub_button": {"list": [_bare(b) for b in button["sub_button"]]}}
            )
        else:
            buttons.append(_bare(button))
    return {"is_menu_open": 1, "selfmenu_info": {"button": buttons}}


def _bare(button: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in button.items() if k != "sub_button"}


@endpoint("/cgi-bin/menu/delete", "GET", right="menu")
def delete(call: Call) -> dict[str, Any]:
    """Delete all menus, the conditional ones too."""
    call.sandbox.store.run("DELETE FROM menus")
    return OK


@endpoint("/cgi-bin/menu/addconditional", right="menu")
def add_conditional(call: Call) -> dict[str, Any]:
    """A menu for a tag or a platform."""
    buttons = _buttons(call)
    store = call.sandbox.store
    refuse(not store.value("SELECT count(*) FROM menus WHERE matchrule = ''"), 65303)
    rule = call.body.get("matchrule")
    rule = rule if isinstance(rule, dict) else {}
    kept = {k: str(rule[k]) for k in ("tag_id", "client_platform_type") if rule.get(k) not in (None, "")}
    refuse(not kept, 65304)
    if "tag_id" in kept:
        refuse(
            not kept["tag_id"].isdigit()
            or not store.value("SELECT count(*) FROM tags WHERE id = ?", (int(kept["tag_id"]),)),
            45159,
        )
    refuse(kept.get("client_platform_type", "1") not in ("1", "2", "3"), 40097)
    hosts = set()
    rows = store.rows("SELECT body FROM menus WHERE matchrule != ''")
    refuse(len(rows) >= 1000, 65305)
    for menu in [json.loads(row["body"]) for row in rows] + [buttons]:
        for button in menu:
            for leaf in button["sub_button"] or [button]:
                hosts.add(urlsplit(leaf.get("url", "")).hostname)
    refuse(len(hosts - {None}) > 3, 65316)
    number = store.next_id("menu", 430_812_345)
    store.run(
        "INSERT INTO menus (id, body, matchrule) VALUES (?, ?, ?)",
        (number, json.dumps(buttons, ensure_ascii=False), json.dumps(kept)),
    )
    return {"menuid": str(number)}


@endpoint("/cgi-bin/menu/delconditional", right="menu")
def delete_conditional(call: Call) -> dict[str, Any]:
    """Delete one conditional menu."""
    number = call.integer("menuid")
    gone = call.sandbox.store.run("DELETE FROM menus WHERE id = ? AND matchrule != ''", (number,))
    refuse(not gone, 65301)
    return OK


def menu_for(sandbox: Sandbox, fid: int, platform: str = "") -> list[dict[str, Any]] | None:
    """The buttons that this follower sees: the newest conditional menu that matches, else the default."""
    tags = tag_ids(sandbox, fid)
    for row in sandbox.store.rows("SELECT * FROM menus WHERE matchrule != '' ORDER BY id DESC"):
        rule = json.loads(row["matchrule"])
        if "tag_id" in rule and (not tags or int(rule["tag_id"]) != tags[0]):
            continue
        if "client_platform_type" in rule and rule["client_platform_type"] != platform:
            continue
        buttons: list[dict[str, Any]] = json.loads(row["body"])
        return buttons
    default = sandbox.store.value("SELECT body FROM menus WHERE matchrule = ''")
    if default is None:
        return None
    found: list[dict[str, Any]] = json.loads(default)
    return found


@endpoint("/cgi-bin/menu/trymatch", right="menu")
def try_match(call: Call) -> dict[str, Any]:
    """The menu that a person would see."""
    row = call.sandbox.person(call.text("user_id"))
    refuse(row is None, 40003)
    assert row is not None
    buttons = menu_for(call.sandbox, int(row["id"]), "1")
    refuse(buttons is None, 46003)
    return {"button": buttons}
