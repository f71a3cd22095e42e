"""Subscription notices: bizsend and the newtmpl management.

Source: https://developers.weixin.qq.com/doc/service/guide/product/subscription_messages/push.html
"""

from __future__ import annotations

from typing import Any

from ..dispatch import OK, Call, endpoint, whole
from ..errcodes import ApiError, refuse
from ..furniture import NOTICES, content_of
from ..jobevents import announce, rules_for
from ..people import head
from ..platform import Sandbox
from ..store import Row
from ..work import job
from .template import fields_of, filled, find_template, link_of

BLACKLISTED = "违禁内容测试"


@endpoint("/cgi-bin/message/subscribe/bizsend", right="notice")
def bizsend(call: Call) -> dict[str, Any]:
    """One notice to someone who agreed; a one-time grant is used up by it. No id, no repeat guard."""
    row = call.sandbox.person(str(call.body.get("touser")))
    if row is None:
        raise ApiError(40003)
    return _send(call, row)


@endpoint("/cgi-bin/message/subscribe/send", token="mini")
def mini_send(call: Call) -> dict[str, Any]:
    """The mini-program's notice: its own openid, otherwise the same rules."""
    row = call.sandbox.store.row(
        "SELECT * FROM followers WHERE mini_openid = ?", (str(call.body.get("touser")),)
    )
    if row is None:
        raise ApiError(40003)
    refuse(call.body.get("miniprogram_state", "formal") not in ("developer", "trial", "formal"), 47001)
    return {**_send(call, row), "msgid": call.sandbox.store.next_id("mini_notice", 2_000_000_000_000_000_000)}


def _send(call: Call, row: Row) -> dict[str, Any]:
    sandbox, body = call.sandbox, call.body
    template = find_template(call, body.get("template_id"), "notice")
    shown = filled(template, body.get("data"))
    link = link_of(call, "page")
    refuse(any(BLACKLISTED in item["value"] for item in shown), 45168)
    where = (row["openid"], template["template_id"])
    grants = int(
        sandbox.store.value("SELECT remaining FROM grants WHERE openid = ? AND template_id = ?", where) or 0
    )
    refuse(grants <= 0, 43101)
    if not template["long_term"]:
        sandbox.store.run(
            "UPDATE grants SET remaining = remaining - 1 WHERE openid = ? AND template_id = ?", where
        )
    msg_id = sandbox.store.next_id("notice", 1_864_323_726_000_000_000)
    delay = sandbox.settings["template_event_delay_s"]
    delay = sandbox.rng.uniform(1, 5) if delay is None else delay
    blocked = bool(row["refuses"])
    if not blocked:
        sandbox.show(
            row["id"],
            "in",
            "subscribe",
            {"type": "template", "title": template["title"], "fields": shown, **link},
            msg_id,
        )
    sandbox.schedule(
        "notice_event",
        delay,
        {
            "openid": row["openid"],
            "template_id": template["template_id"],
            "msg_id": msg_id,
            "code": 43101 if blocked else 0,
            "rules": rules_for(sandbox, "subscribe"),
        },
    )
    return OK


@job("notice_event")
def sent(sandbox: Sandbox, data: dict[str, Any]) -> None:
    """subscribe_msg_sent_event."""
    push = head(sandbox, data["openid"], "event")
    push["Event"] = "subscribe_msg_sent_event"
    push["SubscribeMsgSentEvent"] = {
        "List": {
            "TemplateId": data["template_id"],
            "MsgID": data["msg_id"],
            "ErrorCode": data["code"],
            "ErrorStatus": "user block" if data["code"] else "success",
        }
    }
    # No answer of the call could be overtaken: it has no id to match the event with
    announce(sandbox, push, {kind: n for kind, n in data["rules"].items() if kind != "early"})


@endpoint("/wxaapi/newtmpl/getcategory", "GET", right="notice")
def categories(call: Call) -> dict[str, Any]:
    """The account's categories."""
    return {**OK, "data": [{"id": 612, "name": "政务服务"}]}


@endpoint("/wxaapi/newtmpl/getpubtemplatetitles", "GET", right="notice")
def titles(call: Call) -> dict[str, Any]:
    """The public templates of the categories."""
    data = [
        {"tid": tid, "title": title, "type": 3 if lasting else 2, "categoryId": "612"}
        for tid, (title, _, lasting) in NOTICES.items()
    ]
    return {**OK, "count": len(data), "data": data}


@endpoint("/wxaapi/newtmpl/getpubtemplatekeywords", "GET", right="notice")
def keywords(call: Call) -> dict[str, Any]:
    """The keywords of one public template."""
    tid = whole(call.query.get("tid"), 0)
    if tid not in NOTICES:
        raise ApiError(200014, "invalid tid")
    data = [
        {"kid": kid, "name": name, "example": "", "rule": key.rstrip("0123456789")}
        for kid, (name, key) in NOTICES[tid][1].items()
    ]
    return {**OK, "count": len(data), "data": data}


@endpoint("/wxaapi/newtmpl/addtemplate", right="notice")
def add(call: Call) -> dict[str, Any]:
    """Take a public template into the account."""
    tid, kids = call.integer("tid"), call.body.get("kidList")
    if tid not in NOTICES:
        raise ApiError(200014, "invalid tid")
    title, fields, lasting = NOTICES[tid]
    if not isinstance(kids, list) or not 2 <= len(kids) <= 5 or not {whole(k) for k in kids} <= set(fields):
        raise ApiError(200020, "invalid kidList")
    if len(str(call.body.get("sceneDesc", ""))) > 15:
        raise ApiError(200021, "invalid sceneDesc")
    template_id = call.sandbox.random_text(43)
    call.sandbox.store.run(
        "INSERT INTO templates (template_id, kind, title, content, long_term) VALUES (?, 'notice', ?, ?, ?)",
        (template_id, title, content_of(dict(fields[whole(kid)] for kid in kids)), int(lasting)),
    )
    return {**OK, "priTmplId": template_id}


@endpoint("/wxaapi/newtmpl/gettemplate", "GET", right="notice")
def own(call: Call) -> dict[str, Any]:
    """The account's notices."""
    rows = call.sandbox.store.rows("SELECT * FROM templates WHERE kind = 'notice' ORDER BY rowid")
    return {
        **OK,
        "data": [
            {
                "priTmplId": r["template_id"],
                "title": r["title"],
                "content": "\n".join(f"{title}:{{{{{key}.DATA}}}}" for title, key in fields_of(r["content"])),
                "example": "",
                "type": 3 if r["long_term"] else 2,
            }
            for r in rows
        ],
    }


@endpoint("/wxaapi/newtmpl/deltemplate", right="notice")
def delete(call: Call) -> dict[str, Any]:
    """Give a notice back."""
    row = find_template(call, call.text("priTmplId"), "notice")
    call.sandbox.store.run("DELETE FROM templates WHERE template_id = ?", (row["template_id"],))
    return OK


def _mini_only(call: Call) -> dict[str, Any]:
    raise ApiError(45109)


endpoint("/cgi-bin/message/wxopen/template/uniform_send", token="any")(_mini_only)
