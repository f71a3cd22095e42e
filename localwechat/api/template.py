"""Template messages and their management.

Source: https://developers.weixin.qq.com/doc/service/api/notify/template/api_sendtemplatemessage.html
"""

from __future__ import annotations

import json
import re
from typing import Any

from ..dispatch import OK, Call, endpoint
from ..errcodes import ApiError, refuse
from ..furniture import LIBRARY, content_of
from ..jobevents import announce, deliver_now, rules_for
from ..people import head
from ..platform import Sandbox
from ..store import Row
from ..work import job

FIELD = re.compile(r"\{\{(\w+)\.DATA\}\}")
REPEAT_S = 600
TIME = r"([01]?\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
DATE = r"(\d{4}年\d{1,2}月\d{1,2}日|\d{4}[-/.]\d{1,2}[-/.]\d{1,2})"


def fields_of(content: str) -> list[tuple[str, str]]:
    """(title, key) of each field of a template's content."""
    found, last = [], 0
    for field in FIELD.finditer(content):
        title = content[last : field.start()].rpartition("\n")[2].rpartition("{")[2]
        found.append((title.strip().removesuffix(":").removesuffix("：").strip(), field[1]))
        last = field.end()
    return found


def value_fits(key: str, value: str, allowed: dict[str, list[str]]) -> bool:
    """Whether a value keeps the limits of its key's type."""
    kind = key.rstrip("0123456789")
    if not value:
        return False
    if kind == "thing":
        return len(value) <= 20 and "\n" not in value
    if kind == "short_thing":
        return len(value) <= 10 and "\n" not in value
    if kind == "const":
        return len(value) <= 20 and (key not in allowed or value in allowed[key])
    if kind == "enum":
        return key not in allowed or value in allowed[key]
    if kind == "name":
        return len(value) <= (10 if re.search(r"[一-鿿]", value) else 20) and not re.search(r"\d", value)
    patterns = {
        "number": r"(?=.{1,32}$)\d+(\.\d+)?",
        "letter": r"[A-Za-z]{1,32}",
        "symbol": r"[^\w一-鿿]{1,5}",
        "character_string": r"[\x20-\x7e]{1,32}",
        "time": rf"({DATE}\s*)?{TIME}(\s*~\s*({DATE}\s*)?{TIME})?",
        "date": rf"{DATE}(\s*{TIME})?(\s*~\s*{DATE}(\s*{TIME})?)?",
        "amount": r"\D?\d{1,10}(\.\d+)?元?",
        "phone_number": r"[\d+\-() ]{1,17}",
        "car_number": r"[A-Za-z0-9一-鿿·-]{1,8}",
        "phrase": r"[一-鿿]{1,5}",
    }
    pattern = patterns.get(kind)
    return True if pattern is None else re.fullmatch(pattern, value) is not None


def filled(template: Row, data: object) -> list[dict[str, str]]:
    """The template's fields with the values that were sent. Raises 47001, 47003."""
    refuse(not isinstance(data, dict), 47001)
    assert isinstance(data, dict)
    allowed = json.loads(template["vals"])
    shown = []
    for title, key in fields_of(template["content"]):
        item = data.get(key)
        value = item.get("value") if isinstance(item, dict) else None
        old = key.startswith("keyword") or key in ("first", "remark")
        value = "" if value is None else str(value)
        if key in ("first", "remark"):
            continue  # dropped by the platform since 2023-05
        if old:
            line = value.split("\n")[0]
            value = line[:20] + ("…" if line != value or len(line) > 20 else "")
        elif not value_fits(key, value, allowed):
            raise ApiError(47003, f"argument invalid! data.{key}.value invalid")
        shown.append({"name": title or key, "value": value})
    return shown


def find_template(call: Call, template_id: object, kind: str) -> Row:
    """A template of the account. Raises 40037, 43116."""
    row = (
        call.sandbox.store.row(
            "SELECT * FROM templates WHERE template_id = ? AND kind = ?", (template_id, kind)
        )
        if isinstance(template_id, str)
        else None
    )
    if row is None:
        raise ApiError(40037)
    refuse(row["banned"], 43116)
    return row


def link_of(call: Call, name: str) -> dict[str, Any]:
    """`url` (or `page`) and `miniprogram`. Raises 40165, 40166."""
    body = call.body
    shown: dict[str, Any] = {"url": str(body.get(name) or "")}
    mini = body.get("miniprogram")
    if isinstance(mini, dict) and mini.get("appid"):
        refuse(mini["appid"] != call.sandbox.account["mini_app_id"], 40166)
        refuse("path" in mini and "pagepath" not in mini, 40165)
        shown["miniprogram"] = {"appid": mini["appid"], "pagepath": str(mini.get("pagepath", ""))}
    return shown


@endpoint("/cgi-bin/message/template/send", right="template")
def send(call: Call) -> dict[str, Any]:
    """One notice to one follower; the same client_msg_id within ten minutes is sent once."""
    sandbox, body, now = call.sandbox, call.body, call.sandbox.now()
    row = sandbox.person(str(body.get("touser")))
    refuse(row is None, 40003)
    assert row is not None
    refuse(not row["subscribed"], 43004)
    template = find_template(call, body.get("template_id"), "template")
    shown = filled(template, body.get("data"))
    link = link_of(call, "url")
    client_id = body.get("client_msg_id") or ""
    refuse(not isinstance(client_id, str), 47001)
    if client_id:
        before = sandbox.store.row(
            "SELECT msg_id, at FROM template_keys WHERE openid = ? AND client_id = ?",
            (row["openid"], client_id),
        )
        if before and 0 <= now - before["at"] < REPEAT_S:
            code = int(sandbox.settings["template_repeat_code"])
            refuse(code, code)
            return {**OK, "msgid": before["msg_id"]}
    msg_id = sandbox.store.next_id("template", 3_428_411_000_000_000_000)
    if client_id:
        sandbox.store.run(
            "INSERT OR REPLACE INTO template_keys VALUES (?, ?, ?, ?)",
            (row["openid"], client_id, msg_id, now),
        )
    delay = sandbox.settings["template_event_delay_s"]
    delay = sandbox.rng.uniform(1, 5) if delay is None else delay
    status = "failed:user block" if row["refuses"] else "success"
    if not row["refuses"]:
        sandbox.show(
            row["id"],
            "in",
            "template",
            {"type": "template", "title": template["title"], "fields": shown, **link},
            msg_id,
            client_id,
        )
    rules = rules_for(sandbox, "template")
    task = {"openid": row["openid"], "msg_id": msg_id, "status": status, "rules": rules}
    if "early" in rules:  # before the answer of this call
        call.after.append(lambda: deliver_now(sandbox, _event(sandbox, task)))
    else:
        sandbox.schedule("template_event", delay, task)
    return {**OK, "msgid": msg_id}


@job("template_event")
def finished(sandbox: Sandbox, data: dict[str, Any]) -> None:
    """TEMPLATESENDJOBFINISH."""
    announce(sandbox, _event(sandbox, data), data["rules"])


def _event(sandbox: Sandbox, data: dict[str, Any]) -> dict[str, Any]:
    push = head(sandbox, data["openid"], "event")
    status = "failed: system failed" if {"fail", "err"} & data["rules"].keys() else data["status"]
    push.update(Event="TEMPLATESENDJOBFINISH", MsgID=data["msg_id"], Status=status)
    return push


@endpoint("/cgi-bin/template/get_all_private_template", "GET", right="template")
def list_all(call: Call) -> dict[str, Any]:
    """The account's templates."""
    rows = call.sandbox.store.rows("SELECT * FROM templates WHERE kind = 'template' ORDER BY rowid")
    return {
        "template_list": [
            {
                "template_id": r["template_id"],
                "title": r["title"],
                "primary_industry": "",
                "deputy_industry": "",
                "content": r["content"],
                "example": r["example"],
            }
            for r in rows
        ]
    }


@endpoint("/cgi-bin/template/api_add_template", right="template")
def add(call: Call) -> dict[str, Any]:
    """Take a template from the library into the account: 25 at most."""
    short, names = call.text("template_id_short"), call.body.get("keyword_name_list")
    refuse(short not in LIBRARY, 40037)
    title, fields = LIBRARY[short]
    refuse(not isinstance(names, list) or not names or not set(map(str, names)) <= set(fields), 40246)
    assert isinstance(names, list)
    store = call.sandbox.store
    refuse(store.value("SELECT count(*) FROM templates WHERE kind = 'template'") >= 25, 45026)
    template_id = call.sandbox.random_text(43)
    store.run(
        "INSERT INTO templates (template_id, kind, title, content) VALUES (?, 'template', ?, ?)",
        (template_id, title, content_of({name: fields[name] for name in names})),
    )
    return {**OK, "template_id": template_id}


@endpoint("/cgi-bin/template/del_private_template", right="template")
def delete(call: Call) -> dict[str, Any]:
    """Give a template back."""
    row = find_template(call, call.text("template_id"), "template")
    call.sandbox.store.run("DELETE FROM templates WHERE template_id = ?", (row["template_id"],))
    return OK


@endpoint("/wxa/sec/queryblocktmplmsg", right="template")
def blocked(call: Call) -> dict[str, Any]:
    """What the platform intercepted: nothing here."""
    return {**OK, "msginfo": []}


@endpoint("/cgi-bin/template/api_set_industry", right="template")
def set_industry(call: Call) -> dict[str, Any]:
    """Obsolete with categories; kept as a number."""
    call.sandbox.store.put("industry", [call.text("industry_id1"), call.text("industry_id2")])
    return OK


@endpoint("/cgi-bin/template/get_industry", "GET", right="template")
def get_industry(call: Call) -> dict[str, Any]:
    """What was set."""
    one, two = call.sandbox.store.get("industry", ["41", "39"])
    return {
        "primary_industry": {"first_class": "政府与公共事业", "second_class": str(one)},
        "secondary_industry": {"first_class": "政府与公共事业", "second_class": str(two)},
    }
