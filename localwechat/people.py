"""What people do on their phones, and what that sets off: windows, events, replies in the chat."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

from .clock import day_of
from .courier import FAILURE_NOTICE, Outcome

if TYPE_CHECKING:
    from .platform import Sandbox
    from .store import Row

# Events that a person waits for: only these end with the failure notice
WAITED = {"subscribe", "SCAN", "CLICK", "scancode_waitmsg", "scancode_push", "location_select"}
SHORT_WINDOW = {"subscribe", "SCAN", "CLICK", "scancode_push", "scancode_waitmsg"}


class UnknownPerson(Exception):
    """There is no such openid."""


def person(sandbox: Sandbox, openid: str) -> Row:
    """The row of this openid. Raises UnknownPerson."""
    row = sandbox.person(openid)
    if row is None:
        raise UnknownPerson(openid)
    return row


def head(sandbox: Sandbox, openid: str, kind: str) -> dict[str, Any]:
    """The fields that every push begins with."""
    return {
        "ToUserName": sandbox.account["original_id"],
        "FromUserName": openid,
        "CreateTime": int(sandbox.now()),
        "MsgType": kind,
    }


def write(sandbox: Sandbox, openid: str, text: str, menu_item: str = "") -> Outcome:
    """Send a text; `menu_item` when a msgmenu item was tapped. Waits for the answer."""
    fields: dict[str, Any] = {"MsgType": "text", "Content": text}
    if menu_item:
        fields["bizmsgmenuid"] = menu_item
    return act(sandbox, openid, fields)


def act(sandbox: Sandbox, openid: str, fields: dict[str, Any]) -> Outcome:
    """Any message or event by its fields (the common ones may be left out). Waits for the answer."""
    row = person(sandbox, openid)
    with sandbox.unit():
        push = _push(sandbox, row, fields)
    world = sandbox.world
    outcome = sandbox.courier.deliver(push)
    if world != sandbox.world:
        return outcome
    with sandbox.unit():
        _show_outcome(sandbox, int(row["id"]), push, outcome)
    return outcome


def act_later(sandbox: Sandbox, openid: str, fields: dict[str, Any]) -> None:
    """As `act`, in the background."""
    row = person(sandbox, openid)
    push = _push(sandbox, row, fields)

    def shown(outcome: Outcome) -> None:
        with sandbox.unit():
            _show_outcome(sandbox, int(row["id"]), push, outcome)

    sandbox.defer(lambda: sandbox.courier.post(push, shown))


def _push(sandbox: Sandbox, row: Row, fields: dict[str, Any]) -> dict[str, Any]:
    kind = str(fields.get("MsgType") or ("event" if "Event" in fields else "text"))
    push = head(sandbox, row["openid"], kind)
    push.update({k: v for k, v in fields.items() if k != "MsgType"})
    event = str(push.get("Event", ""))
    if kind != "event" and "MsgId" not in push:
        push["MsgId"] = sandbox.message_id()
    elif "MsgId" in push:
        push["MsgId"] = int(push["MsgId"])
    _change_state(sandbox, row, push, kind, event)
    if kind == "event":
        sandbox.show(row["id"], "out", "event", {"event": event, "key": str(push.get("EventKey", ""))})
    else:
        sandbox.show(row["id"], "out", kind, _shown_message(push), push["MsgId"])
        sandbox.count_daily(f"up:{kind}", row["id"])
    return push


def _change_state(sandbox: Sandbox, row: Row, push: dict[str, Any], kind: str, event: str) -> None:
    settings, created = sandbox.settings, float(push["CreateTime"])
    if event == "subscribe":
        scene = str(push.get("EventKey", "")).removeprefix("qrscene_")
        number = _scene_number(sandbox, scene, str(push.get("Ticket", "")))
        sandbox.store.run(
            "UPDATE followers SET subscribed = 1, subscribe_time = ?, subscribe_scene = ?,"
            " qr_scene = ?, qr_scene_str = ? WHERE id = ?",
            (
                int(created),
                "ADD_SCENE_QR_CODE" if scene else "ADD_SCENE_SEARCH",
                number,
                "" if number else scene,
                row["id"],
            ),
        )
        if not row["subscribed"]:
            sandbox.count_daily("new", n=1)
    elif event == "unsubscribe":
        sandbox.store.run(
            "UPDATE followers SET subscribed = 0, long_until = 0, long_left = 0, short_until = 0, short_left = 0"
            " WHERE id = ?",
            (row["id"],),
        )
        sandbox.store.run("DELETE FROM follower_tags WHERE fid = ?", (row["id"],))
        if row["subscribed"]:
            sandbox.count_daily("cancel", n=1)
        return
    if event in SHORT_WINDOW or "bizmsgmenuid" in push:
        sandbox.store.run(
            "UPDATE followers SET short_until = ?, short_left = ?, acted = ? WHERE id = ?",
            (created + settings["custom_tap_s"], settings["custom_tap_count"], created, row["id"]),
        )
    elif kind != "event":
        sandbox.store.run(
            "UPDATE followers SET long_until = ?, long_left = ?, acted = ? WHERE id = ?",
            (created + settings["custom_message_s"], settings["custom_message_count"], created, row["id"]),
        )


def _scene_number(sandbox: Sandbox, scene: str, ticket: str) -> int:
    """The scene as a number, 0 for one that is text (a code made with scene_str may hold digits only)."""
    if not (scene.isascii() and scene.isdigit() and len(scene) <= 10):
        return 0
    is_text = sandbox.store.value("SELECT is_text FROM qrcodes WHERE ticket = ?", (ticket,))
    return 0 if is_text else int(scene)


def _shown_message(push: dict[str, Any]) -> dict[str, Any]:
    hidden = {"ToUserName", "FromUserName", "CreateTime", "MsgType", "MsgId"}
    shown = {k: v for k, v in push.items() if k not in hidden}
    if "Content" in shown:
        shown["content"] = shown.pop("Content")
    return shown


def _show_outcome(sandbox: Sandbox, fid: int, push: dict[str, Any], outcome: Outcome) -> None:
    if sandbox.store.closed:
        return
    if outcome.kind == "reply" and outcome.reply is not None:
        if push.get("Event") != "unsubscribe":
            sandbox.show(fid, "in", "reply", chat_body(outcome.reply, _most_articles(push)))
    elif (
        outcome.kind == "failed"
        and outcome.tries
        and (push["MsgType"] != "event" or push.get("Event") in WAITED)
    ):
        sandbox.show(fid, "in", "notice", {"type": "notice", "content": FAILURE_NOTICE})


def _most_articles(push: dict[str, Any]) -> int:
    """How many articles of a news reply are shown: one to a message, eight to an event."""
    return 8 if push["MsgType"] == "event" else 1


def chat_body(reply: dict[str, Any], most: int = 8) -> dict[str, Any]:
    """A passive reply as the phone shows it, with at most so many articles."""
    kind = str(reply["MsgType"])
    if kind == "text":
        return {"type": "text", "content": reply["Content"]}
    if kind == "news":
        items = reply["Articles"]["item"]
        items = items if isinstance(items, list) else [items]
        return {
            "type": "news",
            "articles": [
                {
                    "title": item.get("Title", ""),
                    "digest": item.get("Description", ""),
                    "cover": item.get("PicUrl", ""),
                    "url": item.get("Url", ""),
                }
                for item in items[:most]
            ],
        }
    if kind in ("image", "voice", "video"):
        inner = reply[kind.capitalize()]
        return {
            "type": kind,
            "media": f"/phone/media/{inner['MediaId']}",
            "title": inner.get("Title", ""),
            "digest": inner.get("Description", ""),
        }
    if kind == "music":
        inner = reply["Music"]
        return {"type": "music", "title": inner.get("Title", ""), "url": inner.get("MusicUrl", "")}
    return {"type": "notice", "content": "已转接人工客服"}


# Single gestures


def follow(sandbox: Sandbox, openid: str, scene: str = "") -> Outcome:
    """Follow, with the scene of the code that was scanned."""
    fields: dict[str, Any] = {"Event": "subscribe", "EventKey": ""}
    if scene:
        fields["EventKey"] = f"qrscene_{scene}"
        fields["Ticket"] = ticket_of(sandbox, scene)
    return act(sandbox, openid, fields)


def unfollow(sandbox: Sandbox, openid: str) -> Outcome:
    """Stop following."""
    return act(sandbox, openid, {"Event": "unsubscribe", "EventKey": ""})


def scan(sandbox: Sandbox, openid: str, scene: str) -> Outcome:
    """Scan a scene code: SCAN for a follower, subscribe for everybody else."""
    if not person(sandbox, openid)["subscribed"]:
        return follow(sandbox, openid, scene)
    return act(sandbox, openid, {"Event": "SCAN", "EventKey": scene, "Ticket": ticket_of(sandbox, scene)})


def ticket_of(sandbox: Sandbox, scene: str) -> str:
    """The newest ticket of a scene; an invented one when no code was made for it."""
    found = sandbox.store.value(
        "SELECT ticket FROM qrcodes WHERE scene = ? ORDER BY created DESC LIMIT 1", (scene,)
    )
    return str(found or "gQ" + sandbox.random_text(60))


def tap(sandbox: Sandbox, openid: str, button: dict[str, Any], extra: dict[str, Any]) -> Outcome | None:
    """Tap a menu button. None for buttons that report nothing."""
    kind = str(button.get("type", ""))
    fields: dict[str, Any] = {"Event": kind, "EventKey": str(button.get("key", ""))}
    if kind == "click":
        fields["Event"] = "CLICK"
    elif kind == "view":
        fields.update(Event="VIEW", EventKey=button["url"], MenuId=menu_id(sandbox))
    elif kind == "miniprogram":
        fields.update(Event="view_miniprogram", EventKey=button["pagepath"], MenuId=menu_id(sandbox))
    elif kind in ("scancode_push", "scancode_waitmsg"):
        result = str(extra.get("result", ""))
        fields["ScanCodeInfo"] = {"ScanType": "qrcode", "ScanResult": result}
    elif kind in ("pic_sysphoto", "pic_photo_or_album", "pic_weixin"):
        md5 = str(extra.get("md5", "0f343b0931126a20f133d67c2b018a3b"))
        fields["SendPicsInfo"] = {"Count": 1, "PicList": {"item": {"PicMd5Sum": md5}}}
    elif kind == "location_select":
        place = {"Location_X": "30.123456", "Location_Y": "120.654321", "Scale": "15", "Label": ""}
        place.update({k: str(v) for k, v in extra.items() if k in place})
        fields["SendLocationInfo"] = {**place, "Poiname": ""}
    else:
        return None
    outcome = act(sandbox, openid, fields)
    if kind == "location_select":
        inner = fields["SendLocationInfo"]
        act(sandbox, openid, {"MsgType": "location", **{k: inner[k] for k in place}})
    elif kind.startswith("pic_"):
        send_picture(sandbox, openid, b"")
    return outcome


def menu_id(sandbox: Sandbox) -> int:
    """The number of the menu in force."""
    return int(sandbox.store.value("SELECT id FROM menus WHERE matchrule = ''") or 0)


def send_picture(sandbox: Sandbox, openid: str, data: bytes) -> Outcome:
    """Send a picture: it becomes temporary material that the account may fetch."""
    from .api.media import keep_media

    with sandbox.unit():
        row = keep_media(sandbox, False, "image", "photo.png", data or BLANK_PNG, "image/png")
    return act(
        sandbox,
        openid,
        {
            "MsgType": "image",
            "PicUrl": sandbox.picture_url(row["picture"], "png"),
            "MediaId": row["media_id"],
        },
    )


BLANK_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010802000000907753de0000000c4944415408d763f8ff"
    "ff3f0005fe02fedccc59e70000000049454e44ae426082"
)


def from_wire(data: dict[str, Any]) -> dict[str, Any]:
    """The fields of a `/_sandbox/say` body. Raises ValueError."""
    if "xml" in data:
        if not isinstance(data["xml"], dict):
            raise ValueError("xml is an object of fields")
        return dict(data["xml"].items())
    if "event" in data:
        fields: dict[str, Any] = {"Event": str(data["event"]), "EventKey": str(data.get("key", ""))}
        if "scene" in data:
            prefix = "qrscene_" if data["event"] == "subscribe" else ""
            fields["EventKey"] = prefix + str(data["scene"])
        if "ticket" in data:
            fields["Ticket"] = str(data["ticket"])
        return fields
    if "text" not in data:
        raise ValueError("text, event or xml is needed")
    fields = {"MsgType": "text", "Content": str(data["text"])}
    if data.get("menu_item"):
        fields["bizmsgmenuid"] = str(data["menu_item"])
    return fields


def links_in(text: str) -> list[dict[str, str]]:
    """The msgmenu links in a text: `weixin://bizmsgmenu?msgmenucontent=签到&msgmenuid=101`."""
    found = re.findall(
        r'weixin://bizmsgmenu\?msgmenucontent=([^&"]+)&(?:amp;)?msgmenuid=([^"&]+)', text[:4096]
    )
    return [{"content": content, "id": number} for content, number in found]


def loads(text: str | None) -> dict[str, Any]:
    """A stored JSON object, empty for NULL."""
    return json.loads(text) if text else {}


def read(sandbox: Sandbox, fid: int, mid: int, idx: int, source: str) -> None:
    """Open an article: counted once a person and day."""
    sandbox.store.run(
        "INSERT OR IGNORE INTO reads (fid, mid, idx, day, source) VALUES (?, ?, ?, ?, ?)",
        (fid, mid, idx, day_of(sandbox.now()), source),
    )


def comment(sandbox: Sandbox, openid: str, mid: int, idx: int, content: str) -> int:
    """The person comments on an article; the comment's number. It is shown to others once the account selects it."""
    with sandbox.unit():
        return int(
            sandbox.store.insert(
                "INSERT INTO comments (mid, idx, openid, content, created) VALUES (?, ?, ?, ?, ?)",
                (mid, idx, openid, content, sandbox.now()),
            )
        )


def consent(sandbox: Sandbox, openid: str, template_id: str, answer: str) -> dict[str, Any]:
    """Answer a subscription pop-up: accept gives one notice, reject none; cancel takes it back."""
    if answer not in ("accept", "reject", "cancel"):
        raise ValueError("answer is accept, reject or cancel")
    count_consent(sandbox, openid, template_id, answer)
    item = {"TemplateId": template_id, "SubscribeStatusString": "accept" if answer == "accept" else "reject"}
    if answer == "cancel":
        fields: dict[str, Any] = {
            "Event": "subscribe_msg_change_event",
            "SubscribeMsgChangeEvent": {"List": item},
        }
    else:
        fields = {
            "Event": "subscribe_msg_popup_event",
            "SubscribeMsgPopupEvent": {"List": {**item, "PopupScene": 1}},
        }
    return act(sandbox, openid, fields).wire()


def count_consent(sandbox: Sandbox, openid: str, template_id: str, answer: str) -> None:
    """What an answer does at the platform; the account hears nothing of it by this."""
    with sandbox.unit():
        if answer == "accept":
            sandbox.store.run(
                "INSERT INTO grants VALUES (?, ?, 1) ON CONFLICT (openid, template_id)"
                " DO UPDATE SET remaining = remaining + 1",
                (openid, template_id),
            )
        elif answer == "cancel":
            sandbox.store.run(
                "DELETE FROM grants WHERE openid = ? AND template_id = ?", (openid, template_id)
            )
