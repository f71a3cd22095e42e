"""From the fields of a push to its typed object, and to the key by which a repeat is recognised.

The key is taken from the fields as they came, before anything is rewritten.
Source: developers.weixin.qq.com/doc/subscription/guide/product/message/Passive_user_reply_message.html
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable

from wechat.wire.codec import BadPush, Field, Fields
from wechat.wire.messages import (
    Authorization,
    Choice,
    File,
    Image,
    Link,
    Location,
    LocationReport,
    MassFinished,
    MenuClick,
    MenuLocation,
    MenuMiniProgram,
    MenuPhoto,
    MenuScan,
    MenuView,
    MiniProgramEvent,
    MiniProgramPage,
    PublishFinished,
    Push,
    Qualification,
    Scan,
    SentNotice,
    ServiceSession,
    Subscribe,
    SubscriptionChosen,
    SubscriptionSent,
    TemplateFinished,
    Text,
    Unknown,
    Unsubscribe,
    Video,
    Voice,
)

_NAME = re.compile(r"[A-Za-z0-9_@.=-]{1,64}")
_TIME = re.compile(r"[0-9]{1,11}")
_LONG_KEY = 140

Builder = Callable[[str, str, int, str, Fields], Push]


def parse(fields: Fields) -> Push:
    """One typed object for the fields of a push.

    :class:`BadPush` (``field``) when the header that all pushes share is not there, or a field that is plain
    text has elements in it.
    """
    account, openid = _text(fields, "ToUserName"), _text(fields, "FromUserName")
    created, kind = _text(fields, "CreateTime"), _text(fields, "MsgType")
    if not (_NAME.fullmatch(account) and _NAME.fullmatch(openid) and _TIME.fullmatch(created) and kind):
        raise BadPush("field")
    at = int(created)
    if kind == "event":
        event = _text(fields, "Event")
        build = _EVENTS.get(event.lower(), _unknown_event)
        return build(account, openid, at, _event_key(fields, event, openid, created), fields)
    build = _MESSAGES.get(kind, _unknown_message)
    return build(account, openid, at, _message_key(fields, kind, openid, created), fields)


# Keys: a push is repeated with the same MsgId, time and content, while nonce and signature may differ.
# Message ids
# alone have collided, so the sender and the time belong to them; the sender as a digest, since keys outlive
# people.


def _who(openid: str) -> str:
    return hashlib.blake2b(openid.encode(), digest_size=12).hexdigest()


def _message_key(fields: Fields, kind: str, openid: str, created: str) -> str:
    msg_id = _text(fields, "MsgId") or _text(fields, "MsgID")
    if not msg_id:
        return _short(f"m:{_who(openid)}:{created}:{kind}:{_text(fields, 'Content')}")
    return _short(f"m:{msg_id}:{_who(openid)}:{created}")


def _event_key(fields: Fields, event: str, openid: str, created: str) -> str:
    name = event.upper()
    if name in ("MASSSENDJOBFINISH", "TEMPLATESENDJOBFINISH"):
        return _short(f"j:{name}:{_text(fields, 'MsgID') or _text(fields, 'MsgId')}")
    if name in ("PUBLISHJOBFINISH", "FREEPUBLISHJOBFINISH"):
        info = _inside(fields, "PublishEventInfo")
        return _short(f"p:{_text(info, 'publish_id')}:{_text(info, 'publish_status')}")
    detail = _text(fields, "EventKey")
    if name.startswith("USER_"):  # the platform is the sender, two persons may share a second
        detail = _who(_any_case(fields, "openid"))
    elif name == "WXA_MEDIA_CHECK":
        detail = _text(fields, "trace_id")
    elif name == "SUBSCRIBE_MSG_SENT_EVENT":
        detail = ",".join(_text(item, "MsgID") for item in _listed(fields, "SubscribeMsgSentEvent"))
    return _short(f"e:{_who(openid)}:{created}:{event}:{detail}")


def _short(key: str) -> str:
    if len(key) <= _LONG_KEY and key.isascii():
        return key
    digest = hashlib.blake2b(key.encode("utf-8", "replace"), digest_size=16).hexdigest()
    return f"{key.encode('ascii', 'replace').decode()[:96]}#{digest}"


# Fields


def _text(fields: Fields, name: str) -> str:
    value = fields.get(name, "")
    if isinstance(value, str):
        return value
    raise BadPush("nested")


def _int(fields: Fields, name: str) -> int:
    value = fields.get(name, "")
    text = value.strip() if isinstance(value, str) else ""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else 0  # fits a 64-bit column


def _inside(fields: Fields, name: str) -> Fields:
    """A wrapper's fields; WeChat sends white space or nothing where there is nothing to tell."""
    value = fields.get(name)
    return value if isinstance(value, dict) else {}


def _items(value: Field | None) -> list[Fields]:
    """One item or several: XML repeats an element, JSON gives an object for one and a list for more."""
    found = value if isinstance(value, list) else [value]
    return [item for item in found if isinstance(item, dict)]


def _listed(fields: Fields, wrapper: str) -> list[Fields]:
    return _items(_inside(fields, wrapper).get("List", fields.get("List")))


def _any_case(fields: Fields, name: str) -> str:
    for spelt in fields:
        if spelt.lower() == name:
            return _text(fields, spelt)
    return ""


def _urls(items: list[Fields], place: str, url: str) -> tuple[tuple[int, str], ...]:
    return tuple((_int(item, place), _text(item, url)) for item in items if _text(item, url))


# Builders


def _text_message(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    return Text(a, o, t, k, _text(f, "Content"), _text(f, "bizmsgmenuid"))


def _voice(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    recognition = _text(f, "Recognition")
    return Voice(a, o, t, k, _text(f, "MediaId"), _text(f, "Format"), recognition, _text(f, "MediaId16K"))


def _link(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    return Link(a, o, t, k, _text(f, "Title"), _text(f, "Description"), _text(f, "Url"))


def _page(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    return MiniProgramPage(a, o, t, k, _text(f, "Title"), _text(f, "AppId"), _text(f, "PagePath"))


def _unknown_message(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    return Unknown(a, o, t, k, _text(f, "MsgType")[:64])


def _unknown_event(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    return Unknown(a, o, t, k, f"event:{_text(f, 'Event')[:64]}")


def _subscribe(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    return Subscribe(a, o, t, k, _text(f, "EventKey").removeprefix("qrscene_"), _text(f, "Ticket"))


def _menu_scan(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    info, waits = _inside(f, "ScanCodeInfo"), _text(f, "Event").lower() == "scancode_waitmsg"
    return MenuScan(
        a, o, t, k, _text(f, "EventKey"), _text(info, "ScanType"), _text(info, "ScanResult"), waits
    )


def _menu_photo(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    return MenuPhoto(a, o, t, k, _text(f, "EventKey"), _int(_inside(f, "SendPicsInfo"), "Count"))


def _mass_finished(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    results = _inside(_inside(f, "ArticleUrlResult"), "ResultList")
    return MassFinished(
        a,
        o,
        t,
        k,
        msg_id=_text(f, "MsgID") or _text(f, "MsgId"),
        status=_text(f, "Status").strip(),
        total=_int(f, "TotalCount"),
        filtered=_int(f, "FilterCount"),
        sent=_int(f, "SentCount"),
        errors=_int(f, "ErrorCount"),
        check_state=_int(_inside(f, "CopyrightCheckResult"), "CheckState"),
        article_urls=_urls(_items(results.get("item")), "ArticleIdx", "ArticleUrl"),
    )


def _template_finished(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    return TemplateFinished(a, o, t, k, _text(f, "MsgID") or _text(f, "MsgId"), _text(f, "Status").strip())


def _publish_finished(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    info = _inside(f, "PublishEventInfo")
    failed = info.get("fail_idx", [])
    places = failed if isinstance(failed, list) else [failed]
    return PublishFinished(
        a,
        o,
        t,
        k,
        publish_id=_text(info, "publish_id"),
        status=_int(info, "publish_status"),
        article_id=_text(info, "article_id"),
        article_urls=_urls(_items(_inside(info, "article_detail").get("item")), "idx", "article_url"),
        failed=tuple(_int({"n": place}, "n") for place in places if isinstance(place, str)),
    )


def _subscription(wrapper: str, in_settings: bool) -> Builder:
    def build(a: str, o: str, t: int, k: str, f: Fields) -> Push:
        choices = tuple(
            Choice(
                _text(item, "TemplateId"),
                _text(item, "SubscribeStatusString") == "accept",
                _text(item, "PopupScene"),
            )
            for item in _listed(f, wrapper)
        )
        return SubscriptionChosen(a, o, t, k, choices, in_settings)

    return build


def _subscription_sent(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    results = tuple(
        SentNotice(
            _text(item, "TemplateId"),
            _text(item, "MsgID"),
            _int(item, "ErrorCode"),
            _text(item, "ErrorStatus"),
        )
        for item in _listed(f, "SubscribeMsgSentEvent")
    )
    return SubscriptionSent(a, o, t, k, results)


def _service_session(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    what = _text(f, "Event").lower().removeprefix("kf_").removesuffix("_session")
    agent = _text(f, "KfAccount") or _text(f, "FromKfAccount")
    return ServiceSession(a, o, t, k, what, agent, _text(f, "ToKfAccount"))


def _authorization(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    what = _text(f, "Event").lower().rpartition("_")[2]
    return Authorization(a, o, t, k, what, _any_case(f, "openid")[:64], _any_case(f, "revokeinfo"))


def _qualification(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    event, reason = _text(f, "Event"), _text(f, "FailReason")
    return Qualification(a, o, t, k, event, _int(f, "ExpiredTime"), _int(f, "FailTime"), reason)


def _mini_program(a: str, o: str, t: int, k: str, f: Fields) -> Push:
    suggest = _text(_inside(f, "result"), "suggest")
    return MiniProgramEvent(a, o, t, k, _text(f, "Event"), _text(f, "trace_id"), suggest)


_MESSAGES: dict[str, Builder] = {
    "text": _text_message,
    "image": lambda a, o, t, k, f: Image(a, o, t, k, _text(f, "PicUrl"), _text(f, "MediaId")),
    "voice": _voice,
    "video": lambda a, o, t, k, f: Video(a, o, t, k, _text(f, "MediaId"), _text(f, "ThumbMediaId")),
    "shortvideo": lambda a, o, t, k, f: Video(
        a, o, t, k, _text(f, "MediaId"), _text(f, "ThumbMediaId"), True
    ),
    "location": lambda a, o, t, k, f: Location(a, o, t, k),
    "link": _link,
    "file": lambda a, o, t, k, f: File(a, o, t, k, _text(f, "Title"), _int(f, "FileTotalLen")),
    "miniprogrampage": _page,
}

_EVENTS: dict[str, Builder] = {
    "subscribe": _subscribe,
    "unsubscribe": lambda a, o, t, k, f: Unsubscribe(a, o, t, k),
    "scan": lambda a, o, t, k, f: Scan(a, o, t, k, _text(f, "EventKey"), _text(f, "Ticket")),
    "location": lambda a, o, t, k, f: LocationReport(a, o, t, k),
    "click": lambda a, o, t, k, f: MenuClick(a, o, t, k, _text(f, "EventKey")),
    "view": lambda a, o, t, k, f: MenuView(a, o, t, k, _text(f, "EventKey"), _text(f, "MenuId")),
    "view_miniprogram": lambda a, o, t, k, f: MenuMiniProgram(
        a, o, t, k, _text(f, "EventKey"), _text(f, "MenuId")
    ),
    "scancode_push": _menu_scan,
    "scancode_waitmsg": _menu_scan,
    "pic_sysphoto": _menu_photo,
    "pic_photo_or_album": _menu_photo,
    "pic_weixin": _menu_photo,
    "location_select": lambda a, o, t, k, f: MenuLocation(a, o, t, k, _text(f, "EventKey")),
    "masssendjobfinish": _mass_finished,
    "templatesendjobfinish": _template_finished,
    "publishjobfinish": _publish_finished,
    "freepublishjobfinish": _publish_finished,
    "subscribe_msg_popup_event": _subscription("SubscribeMsgPopupEvent", False),
    "subscribe_msg_change_event": _subscription("SubscribeMsgChangeEvent", True),
    "subscribe_msg_sent_event": _subscription_sent,
    "kf_create_session": _service_session,
    "kf_close_session": _service_session,
    "kf_switch_session": _service_session,
    "user_info_modified": _authorization,
    "user_authorization_revoke": _authorization,
    "user_authorization_cancellation": _authorization,
    "qualification_verify_success": _qualification,
    "naming_verify_success": _qualification,
    "annual_renew": _qualification,
    "verify_expired": _qualification,
    "qualification_verify_fail": _qualification,
    "naming_verify_fail": _qualification,
    "user_enter_tempsession": _mini_program,
    "wxa_media_check": _mini_program,
}
