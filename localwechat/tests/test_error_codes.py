"""A contract for every error code that the platform can answer with."""

from __future__ import annotations

import ast
import base64
import hashlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import localwechat
from localwechat.tests.world import AMR, World, jpeg, png

Answer = dict[str, Any]
Case = Callable[[World], Answer]
CASES: list[tuple[int, str, Case]] = []
ROBOT = "/cgi-bin/webhook/send?key=11111111-2222-3333-4444-555555555555"


def case(code: int, name: str = "") -> Callable[[Case], Case]:
    """Register a call that is answered with `code`."""

    def register(make: Case) -> Case:
        CASES.append((code, name or make.__name__.strip("_"), make))
        return make

    return register


def quick(code: int, name: str, make: Case) -> None:
    """The same for an expression."""
    CASES.append((code, name, make))


def secret(w: World, **changes: Any) -> Answer:
    config = w.sandbox.config
    body = {"grant_type": "client_credential", "appid": config.app_id, "secret": config.app_secret}
    body = {k: v for k, v in (body | changes).items() if v is not None}
    return w.api("/cgi-bin/stable_token", body, token="")


# Tokens, form, quotas

quick(40001, "a stranger's token", lambda w: w.api("/cgi-bin/tags/get", token="88_" + "a" * 60))
quick(40014, "a garbled token", lambda w: w.api("/cgi-bin/tags/get", token="x"))
quick(41001, "no token", lambda w: w.api("/cgi-bin/tags/get", token=""))
quick(40002, "wrong grant_type", lambda w: secret(w, grant_type="x"))
quick(40013, "wrong appid", lambda w: secret(w, appid="wx0000000000000000"))
quick(40125, "wrong secret", lambda w: secret(w, secret="0" * 32))
quick(41002, "no appid", lambda w: secret(w, appid=None))
quick(41004, "no secret", lambda w: secret(w, secret=None))
quick(43001, "POST where GET is needed", lambda w: w.api("/cgi-bin/tags/get", {}))
quick(43002, "GET where POST is needed", lambda w: w.api("/cgi-bin/tags/create"))
quick(40066, "a path that does not exist", lambda w: w.api("/cgi-bin/no/such/path", {}))
quick(44002, "an empty body", lambda w: w.api("/cgi-bin/tags/create", b"", method="POST"))
quick(47001, "a body that is no JSON", lambda w: w.api("/cgi-bin/tags/create", b"name=x"))
quick(41011, "a missing field", lambda w: w.api("/cgi-bin/tags/create", {}))
quick(40097, "a ticket of an unknown type", lambda w: w.api("/cgi-bin/ticket/getticket?type=x"))


@case(40243)
def a_frozen_secret(w: World) -> Answer:
    w.sandbox.settings(secret_frozen=True)
    return secret(w)


@case(42001)
def an_expired_token(w: World) -> Answer:
    token = w.sandbox.access_token()
    w.sandbox.settings(token_s=7200)
    w.sandbox.clock(at="2099-01-01T00:00:00+08:00")
    return w.api("/cgi-bin/tags/get", token=token)


@case(40164)
def a_caller_who_is_not_on_the_list(w: World) -> Answer:
    w.sandbox.settings(ip_whitelist=["203.0.113.0/24"])
    answer = secret(w)
    assert answer["errmsg"].startswith("invalid ip 127.0.0.1 ipv6 ::ffff:127.0.0.1, not in whitelist")
    return answer


@case(45009)
def a_day_that_is_used_up(w: World) -> Answer:
    w.sandbox.settings(limits={"/cgi-bin/tags/get": 2})
    assert [w.api("/cgi-bin/tags/get").get("errcode") for _ in range(2)] == [None, None]
    return w.api("/cgi-bin/tags/get")


@case(48001)
def a_right_that_the_account_lacks(w: World) -> Answer:
    w.sandbox.account(type="subscription")
    return w.send_list(w.sandbox.followers(2))


@case(48006)
def an_eleventh_clearing_of_the_month(w: World) -> Answer:
    body = {"appid": w.sandbox.config.app_id}
    assert [w.api("/cgi-bin/clear_quota", body)["errcode"] for _ in range(10)] == [0] * 10
    return w.api("/cgi-bin/clear_quota", body)


def path_quota(path: str) -> Case:
    return lambda w: w.api("/cgi-bin/openapi/quota/get", {"cgi_path": path})


quick(76021, "quota of an unknown path", path_quota("/cgi-bin/nothing"))
quick(76022, "quota of an sns path", path_quota("/sns/userinfo"))
quick(76003, "quota of a path without slash", path_quota("cgi-bin/tags/get"))
quick(76002, "a malformed rid", lambda w: w.api("/cgi-bin/openapi/rid/get", {"rid": "x"}))
quick(
    76001,
    "an unknown rid",
    lambda w: w.api("/cgi-bin/openapi/rid/get", {"rid": "0-0-0".replace("0", "0" * 8)}),
)


@case(76004)
def a_rid_of_last_month(w: World) -> Answer:
    rid = w.api("/cgi-bin/no/such")["errmsg"].rsplit(" ", 1)[1]
    w.sandbox.clock(at="2099-01-01T00:00:00+08:00")
    return w.api("/cgi-bin/openapi/rid/get", {"rid": rid})


def check_url(action: str, operator: str) -> Case:
    return lambda w: w.api("/cgi-bin/callback/check", {"action": action, "check_operator": operator})


quick(40201, "a network check without callback URL", check_url("all", "DEFAULT"))
quick(40202, "a network check of an unknown kind", check_url("x", "DEFAULT"))
quick(40203, "a network check by an unknown operator", check_url("all", "x"))

# People


def tagging(openids: list[str], tag_id: int | None = None) -> Case:
    def make(w: World) -> Answer:
        number = w.tag() if tag_id is None else tag_id
        return w.api("/cgi-bin/tags/members/batchtagging", {"openid_list": openids, "tagid": number})

    return make


quick(40003, "tagging someone who does not follow", tagging(["oNobody00000000000000000000A"]))
quick(40032, "tagging 51 people", tagging(["o"] * 51))
quick(45159, "tagging with a tag that is not there", tagging(["o"], 99))
quick(45158, "a tag name of 31 bytes", lambda w: w.api("/cgi-bin/tags/create", {"tag": {"name": "a" * 31}}))
quick(
    45058,
    "renaming a tag of the platform",
    lambda w: w.api("/cgi-bin/tags/update", {"tag": {"id": 2, "name": "x"}}),
)
quick(41009, "user/info without openid", lambda w: w.api("/cgi-bin/user/info"))


@case(45157)
def a_tag_name_that_is_taken(w: World) -> Answer:
    w.tag("第一支部")
    return w.api("/cgi-bin/tags/create", {"tag": {"name": "第一支部"}})


@case(45056)
def a_hundred_and_first_tag(w: World) -> Answer:
    for number in range(100):
        w.tag(f"支部{number}")
    return w.api("/cgi-bin/tags/create", {"tag": {"name": "支部100"}})


@case(45057)
def deleting_a_tag_with_too_many_fans(w: World) -> Answer:
    tag_id = w.tag()
    w.sandbox.followers(100_001, tag_id=tag_id)
    return w.api("/cgi-bin/tags/delete", {"tag": {"id": tag_id}})


@case(45059)
def a_twenty_first_tag_for_one_follower(w: World) -> Answer:
    w.sandbox.settings(tags_per_follower=1)
    people = w.sandbox.followers(1)
    w.tagged("支部甲", people)
    return w.api("/cgi-bin/tags/members/batchtagging", {"openid_list": people, "tagid": w.tag("支部乙")})


@case(45171)
def tagging_that_is_done_in_part(w: World) -> Answer:
    w.sandbox.settings(tags_per_follower=1)
    full, free = w.sandbox.followers(2)
    w.tagged("支部甲", [full])
    tag_id = w.tag("支部乙")
    answer = w.api("/cgi-bin/tags/members/batchtagging", {"openid_list": [full, free], "tagid": tag_id})
    assert answer["fail_openid_list"] == [full]
    assert w.api("/cgi-bin/tags/getidlist", {"openid": free}) == {"tagid_list": [tag_id]}
    return answer


@case(40092)
def a_remark_of_thirty_bytes(w: World) -> Answer:
    body = {"openid": w.sandbox.followers(1)[0], "remark": "备" * 10}
    return w.api("/cgi-bin/user/info/updateremark", body)


def code_for(action: str, scene: Any, **more: Any) -> Case:
    body = {"action_name": action, "action_info": {"scene": scene}, **more}
    return lambda w: w.api("/cgi-bin/qrcode/create", body)


quick(40052, "a QR code of an unknown kind", code_for("QR", {"scene_str": "a"}))
quick(40053, "a QR code without scene", code_for("QR_STR_SCENE", None))
quick(40129, "a lasting QR code of scene 100001", code_for("QR_LIMIT_SCENE", {"scene_id": 100_001}))
quick(40162, "a QR code for 31 days", code_for("QR_STR_SCENE", {"scene_str": "a"}, expire_seconds=2_678_400))


# Menu


def menu(button: Any, sub: bool = False) -> Case:
    buttons = [{"name": "更多", "sub_button": [button]}] if sub else [button]
    return lambda w: w.api("/cgi-bin/menu/create", {"button": buttons})


CLICK = {"name": "签到", "type": "click", "key": "CHECKIN"}
VIEW = {"name": "学习", "type": "view", "url": "https://example.org/m"}
quick(40016, "no buttons", lambda w: w.api("/cgi-bin/menu/create", {"button": []}))
quick(40017, "an unknown button type", menu(CLICK | {"type": "x"}))
quick(40018, "a button name of 18 bytes", menu(CLICK | {"name": "一二三四五六"}))
quick(40019, "a key of 129 bytes", menu(CLICK | {"key": "k" * 129}))
quick(40020, "an address of 1,025 bytes", menu(VIEW | {"url": "https://e.org/" + "a" * 1011}))
quick(40055, "an address of another kind", menu(VIEW | {"url": "ftp://example.org"}))
quick(40022, "a menu of three levels", menu({"name": "二", "sub_button": [CLICK]}, sub=True))
quick(
    40023,
    "six sub-buttons",
    lambda w: w.api("/cgi-bin/menu/create", {"button": [{"name": "多", "sub_button": [CLICK] * 6}]}),
)
quick(40024, "an unknown sub-button type", menu(CLICK | {"type": "x"}, sub=True))
quick(40025, "a sub-button name of 61 bytes", menu(CLICK | {"name": "a" * 61}, sub=True))
quick(40026, "a sub-button key of 129 bytes", menu(CLICK | {"key": "k" * 129}, sub=True))
quick(
    40027,
    "a sub-button address of 1,025 bytes",
    menu(VIEW | {"url": "https://e.org/" + "a" * 1011}, sub=True),
)
quick(40054, "a sub-button address of another kind", menu(VIEW | {"url": "example.org"}, sub=True))
quick(
    40033,
    "a menu in escaped JSON",
    lambda w: w.api("/cgi-bin/menu/create", b'{"button":[{"name":"\\u7b7e","type":"click","key":"K"}]}'),
)
quick(
    45064,
    "a mini-program that is not linked",
    menu(VIEW | {"type": "miniprogram", "appid": "wx1", "pagepath": "a"}),
)
quick(46003, "no menu", lambda w: w.api("/cgi-bin/menu/get"))


def conditional(rule: dict[str, Any], button: dict[str, Any] | None = None) -> Case:
    def make(w: World) -> Answer:
        w.api("/cgi-bin/menu/create", {"button": [CLICK]})
        return w.api("/cgi-bin/menu/addconditional", {"button": [button or CLICK], "matchrule": rule})

    return make


quick(65304, "a conditional menu without rule", conditional({}))
quick(
    65301,
    "a conditional menu that is not there",
    lambda w: w.api("/cgi-bin/menu/delconditional", {"menuid": "1"}),
)
quick(
    65303,
    "a conditional menu without default",
    lambda w: w.api(
        "/cgi-bin/menu/addconditional", {"button": [CLICK], "matchrule": {"client_platform_type": "1"}}
    ),
)


@case(65316)
def conditional_menus_to_four_domains(w: World) -> Answer:
    for number in range(3):
        button = VIEW | {"url": f"https://e{number}.org/"}
        assert "menuid" in conditional({"client_platform_type": "1"}, button)(w)
    return conditional({"client_platform_type": "1"}, VIEW | {"url": "https://e3.org/"})(w)


# Media, drafts, publishing

quick(40004, "an unknown media type", lambda w: w.sandbox.upload("/cgi-bin/media/upload?type=x", png()))
quick(40005, "a text as a picture", lambda w: w.sandbox.upload("/cgi-bin/media/uploadimg", b"hello"))
quick(
    40009,
    "a body picture over 1 MB",
    lambda w: w.sandbox.upload("/cgi-bin/media/uploadimg", png() + b"\0" * 1_048_576),
)
quick(
    40010,
    "a voice over 2 MB",
    lambda w: w.sandbox.upload("/cgi-bin/media/upload?type=voice", AMR + b"\0" * 2_097_152),
)
quick(
    40011,
    "a video over 10 MB",
    lambda w: w.sandbox.upload("/cgi-bin/media/upload?type=video", b"\0" * 10_485_761),
)
quick(
    40012,
    "a thumb over 64 KB",
    lambda w: w.sandbox.upload("/cgi-bin/media/upload?type=thumb", jpeg() + b"\0" * 65_536),
)
quick(
    40137,
    "a picture that is none",
    lambda w: w.sandbox.upload("/cgi-bin/media/uploadimg", b"\x89PNG\r\n\x1a\n" + b"\0" * 99),
)
quick(
    41005, "no part named media", lambda w: w.sandbox.upload("/cgi-bin/media/uploadimg", png(), name="file")
)
quick(44001, "an empty file", lambda w: w.sandbox.upload("/cgi-bin/media/uploadimg", b""))
quick(
    40007,
    "a cover that is temporary",
    lambda w: w.add_draft(
        thumb_media_id=w.sandbox.upload("/cgi-bin/media/upload?type=image", png())["media_id"]
    ),
)
quick(41006, "draft/get without media_id", lambda w: w.api("/cgi-bin/draft/get", {}))
quick(45106, "the old add_news", lambda w: w.api("/cgi-bin/material/add_news", {}))
quick(45165, "21 drafts at once", lambda w: w.api("/cgi-bin/draft/batchget", {"offset": 0, "count": 21}))
quick(40227, "an empty title", lambda w: w.add_draft(title=" "))
quick(45003, "a title of 33 characters", lambda w: w.add_draft(title="题" * 33))
quick(45110, "an author of 17 characters", lambda w: w.add_draft(author="编" * 17))
quick(45004, "a digest of 129 characters", lambda w: w.add_draft(digest="摘" * 129))
quick(44003, "no text", lambda w: w.add_draft(content="<script>alert(1)</script>"))
quick(45002, "a body of 1 MB", lambda w: w.add_draft(content="a" * 1_000_000))
quick(
    45005,
    "a source address over 1 KB",
    lambda w: w.add_draft(content_source_url="https://e.org/" + "a" * 1024),
)
quick(41039, "a source address of another kind", lambda w: w.add_draft(content_source_url="example.org"))
quick(45008, "nine articles", lambda w: w.api("/cgi-bin/draft/add", {"articles": [w.article()] * 9}))
quick(45162, "an unknown article type", lambda w: w.add_draft(article_type="video"))
quick(
    45166,
    "a link to an article that was not sent",
    lambda w: w.add_draft(content='<a href="http://mp.weixin.qq.com/s?tempkey=x">a</a>'),
)
quick(53402, "a crop of the wrong ratio", lambda w: w.add_draft(pic_crop_235_1="0_0_0.5_1"))
quick(
    40215,
    "a picture article without pictures",
    lambda w: w.add_draft(article_type="newspic", image_info={"image_list": []}),
)
quick(
    53600,
    "an article that is not published",
    lambda w: w.api("/cgi-bin/freepublish/getarticle", {"article_id": "x"}),
)


@case(88000)
def comments_on_an_account_without_them(w: World) -> Answer:
    w.sandbox.settings(comments=False)
    return w.add_draft(need_open_comment=1)


@case(40114)
def an_index_that_is_not_there(w: World) -> Answer:
    body = {"media_id": w.draft(), "index": 1, "articles": w.article()}
    return w.api("/cgi-bin/draft/update", body)


@case(48005)
def deleting_material_that_a_menu_uses(w: World) -> Answer:
    button = {"name": "图", "type": "media_id", "media_id": w.cover()}
    assert w.api("/cgi-bin/menu/create", {"button": [button]})["errcode"] == 0
    return w.api("/cgi-bin/material/del_material", {"media_id": w.cover()})


def submit(state: str) -> Case:
    def make(w: World) -> Answer:
        media_id = w.draft()
        w.sandbox.control("drafts", {"media_id": media_id, "state": state})
        return w.api("/cgi-bin/freepublish/submit", {"media_id": media_id})

    return make


quick(53503, "a draft that does not pass the check", submit("unchecked"))
quick(53504, "a draft of the site", submit("site"))
quick(53505, "a draft that was saved by itself", submit("auto"))


@case(45007)
def a_voice_of_sixty_one_seconds(w: World) -> Answer:
    frame = b"\x3c" + bytes(31)
    return w.sandbox.upload("/cgi-bin/media/upload?type=voice", b"#!AMR\n" + frame * 3051)


# Mass sending

quick(
    40008,
    "an unknown msgtype",
    lambda w: w.api("/cgi-bin/message/mass/sendall", {"filter": {"is_to_all": True}, "msgtype": "x"}),
)
quick(
    45064,
    "a mini-program in an article that is not linked",
    lambda w: w.add_draft(content='<p>一</p><mp-miniprogram data-miniprogram-appid="wx1"></mp-miniprogram>'),
)
quick(40152, "neither tag nor all", lambda w: w.send_text("a", is_to_all=False))
quick(-1, "a tag that does not exist", lambda w: w.send_text("a", is_to_all=False, tag_id=99))
quick(44004, "an empty text", lambda w: w.send_text(""))
quick(45067, "a key of 33 bytes", lambda w: w.send_all("k" * 33))
quick(
    45113,
    "a card",
    lambda w: w.api(
        "/cgi-bin/message/mass/sendall",
        {"filter": {"is_to_all": True}, "msgtype": "wxcard", "wxcard": {"card_id": "x"}},
    ),
)
quick(40130, "one openid", lambda w: w.send_list(w.sandbox.followers(1)))
quick(40031, "an openid that is no text", lambda w: w.send_list([1, 2]))  # type: ignore[list-item]
quick(45019, "10,001 openids", lambda w: w.send_list(["o"] * 10_001))
quick(40059, "an unknown msg_id", lambda w: w.api("/cgi-bin/message/mass/get", {"msg_id": "1"}))
quick(
    40132,
    "a preview to an unknown name",
    lambda w: w.api(
        "/cgi-bin/message/mass/preview", {"towxname": "x", "msgtype": "text", "text": {"content": "a"}}
    ),
)
quick(45083, "speed 5", lambda w: w.api("/cgi-bin/message/mass/speed/set", {"speed": 5}))
quick(45084, "no speed", lambda w: w.api("/cgi-bin/message/mass/speed/set", {}))


@case(45065)
def a_key_that_was_used(w: World) -> Answer:
    w.sandbox.settings(mass_retry_gap_s=0)
    media_id, tag_id = w.draft(), w.tagged("支部", w.sandbox.followers(1))
    first = w.send_all("key-1", tag_id, media_id)
    answer = w.send_all("key-1", tag_id, media_id)
    assert answer["msg_id"] == first["msg_id"]
    assert "msg_data_id" not in answer
    return answer


@case(45066)
def a_key_that_was_used_just_now(w: World) -> Answer:
    w.sandbox.settings(mass_retry_gap_s=60)
    media_id, tag_id = w.draft(), w.tagged("支部", w.sandbox.followers(1))
    w.send_all("key-1", tag_id, media_id)
    return w.send_all("key-1", tag_id, media_id)


@case(45028)
def a_second_send_to_all_on_one_day(w: World) -> Answer:
    w.sandbox.followers(2)
    assert w.send_all("a")["errcode"] == 0
    return w.send_all("b")


@case(45011)
def a_sixty_first_call_in_a_minute(w: World) -> Answer:
    w.sandbox.settings(mass_calls_per_minute=1)
    w.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    tag_id = w.tagged("支部", w.sandbox.followers(1))
    w.send_text("a", is_to_all=False, tag_id=tag_id)
    return w.send_text("b", is_to_all=False, tag_id=tag_id)


@case(42010)
def two_big_batches_at_once(w: World) -> Answer:
    w.sandbox.settings(mass_fast_gap_s=5, mass_fast_min_batch=2)
    people = w.sandbox.followers(4)
    assert w.send_list(people[:2])["errcode"] == 0
    return w.send_list(people[2:])


@case(48021)
def a_draft_that_was_saved_by_itself(w: World) -> Answer:
    media_id = w.draft()
    w.sandbox.control("drafts", {"media_id": media_id, "state": "auto"})
    return w.send_all("a", media_id=media_id)


@case(40060)
def an_article_that_the_message_does_not_have(w: World) -> Answer:
    w.sandbox.followers(2)
    msg_id = w.send_all("a")["msg_id"]
    w.sandbox.wait_for(
        lambda: w.api("/cgi-bin/message/mass/get", {"msg_id": msg_id})["msg_status"] == "SEND_SUCCESS"
    )
    return w.api("/cgi-bin/message/mass/delete", {"msg_id": msg_id, "article_idx": 2})


# Templates, notices, customer service

quick(40037, "an unknown template", lambda w: w.template(w.sandbox.followers(1)[0], template_id="x"))
quick(
    47003,
    "a value that is too long",
    lambda w: w.template(w.sandbox.followers(1)[0], data={"thing1": {"value": "长" * 21}}),
)
quick(
    40165,
    "path instead of pagepath",
    lambda w: w.template(
        w.sandbox.followers(1)[0], miniprogram={"appid": w.sandbox.config.mini_app_id, "path": "a"}
    ),
)
quick(
    40166,
    "a mini-program that is not linked to the account",
    lambda w: w.template(w.sandbox.followers(1)[0], miniprogram={"appid": "wx1"}),
)
quick(
    40246,
    "an unknown keyword",
    lambda w: w.api(
        "/cgi-bin/template/api_add_template", {"template_id_short": "43001", "keyword_name_list": ["x"]}
    ),
)
quick(43101, "a notice without consent", lambda w: w.notice(w.sandbox.followers(1)[0]))
quick(
    200014,
    "an unknown public template",
    lambda w: w.api("/wxaapi/newtmpl/addtemplate", {"tid": 1, "kidList": [1, 2]}),
)
quick(
    200020, "too few keywords", lambda w: w.api("/wxaapi/newtmpl/addtemplate", {"tid": 5201, "kidList": [1]})
)
quick(
    200021,
    "a scene of 16 characters",
    lambda w: w.api("/wxaapi/newtmpl/addtemplate", {"tid": 5201, "kidList": [1, 2], "sceneDesc": "景" * 16}),
)
quick(
    45109,
    "the withdrawn uniform message",
    lambda w: w.api("/cgi-bin/message/wxopen/template/uniform_send", {}),
)
quick(45015, "a message without window", lambda w: w.custom(w.sandbox.followers(1)[0]))
quick(
    45072,
    "an unknown typing command",
    lambda w: w.api("/cgi-bin/message/custom/typing", {"touser": w.sandbox.followers(1)[0], "command": "x"}),
)
quick(
    45080,
    "typing without conversation",
    lambda w: w.api(
        "/cgi-bin/message/custom/typing", {"touser": w.sandbox.followers(1)[0], "command": "Typing"}
    ),
)


@case(43004)
def a_template_to_someone_who_left(w: World) -> Answer:
    (openid,) = w.sandbox.followers(1)
    w.sandbox.act(openid, "unfollow")
    return w.template(openid)


@case(43116)
def a_banned_template(w: World) -> Answer:
    w.sandbox.control("templates", {"template_id": "BANNED", "content": "{{thing1.DATA}}", "banned": True})
    return w.template(w.sandbox.followers(1)[0], template_id="BANNED")


@case(40241)
def a_template_that_was_sent_just_now(w: World) -> Answer:
    w.sandbox.settings(template_repeat_code=40241)
    (openid,) = w.sandbox.followers(1)
    w.template(openid, client_msg_id="a")
    return w.template(openid, client_msg_id="a")


@case(45026)
def a_twenty_sixth_template(w: World) -> Answer:
    body = {"template_id_short": "43001", "keyword_name_list": ["活动名称"]}
    for _ in range(23):
        w.api("/cgi-bin/template/api_add_template", body)
    return w.api("/cgi-bin/template/api_add_template", body)


@case(45168)
def a_notice_with_a_forbidden_word(w: World) -> Answer:
    (openid,) = w.sandbox.followers(1)
    w.sandbox.act(openid, "consent", template_id="SANDBOX_NOTICE_ACTIVITY")
    data = {"thing1": "违禁内容测试", "time2": "14:30", "thing3": "会议室"}
    return w.notice(openid, data={k: {"value": v} for k, v in data.items()})


def written(w: World) -> str:
    (openid,) = w.sandbox.followers(1)
    w.sandbox.say(openid, "您好")
    return openid


@case(45047)
def a_sixth_message_in_the_window(w: World) -> Answer:
    openid = written(w)
    assert [w.custom(openid)["errcode"] for _ in range(5)] == [0] * 5
    return w.custom(openid)


@case(48002)
def a_message_to_someone_who_refuses(w: World) -> Answer:
    openid = written(w)
    w.sandbox.act(openid, "refuse")
    return w.custom(openid)


@case(45081)
def typing_twice(w: World) -> Answer:
    body = {"touser": written(w), "command": "Typing"}
    assert w.api("/cgi-bin/message/custom/typing", body)["errcode"] == 0
    return w.api("/cgi-bin/message/custom/typing", body)


quick(
    45098, "a msgmenu without items", lambda w: w.custom(written(w), msgtype="msgmenu", msgmenu={"list": []})
)
quick(
    45099,
    "a msgmenu item without text",
    lambda w: w.custom(written(w), msgtype="msgmenu", msgmenu={"list": [{"id": "1"}]}),
)


def agent(account: str, name: str = "小王") -> Case:
    return lambda w: w.api("/customservice/kfaccount/add", {"kf_account": account, "nickname": name})


quick(61451, "a nickname of 17 characters", agent("a@x", "王" * 17))
quick(61452, "an unknown agent", lambda w: w.api("/customservice/kfaccount/update", {"kf_account": "a@x"}))
quick(61454, "an agent of 11 characters", agent("abcdefghijk@x"))
quick(61455, "an agent without @", agent("abc"))


@case(61453)
def an_agent_who_exists(w: World) -> Answer:
    agent("a@x")(w)
    return agent("a@x")(w)


@case(61456)
def a_hundred_and_first_agent(w: World) -> Answer:
    for number in range(100):
        agent(f"a{number}@x")(w)
    return agent("b@x")(w)


# OAuth, mini-program


def sns(w: World, call: str, **query: str) -> Answer:
    config = w.sandbox.config
    fields = {"appid": config.app_id, "secret": config.app_secret} | query
    return w.api(f"/sns/{call}?" + "&".join(f"{k}={v}" for k, v in fields.items()), token="")


def exchange(w: World, code: str) -> Answer:
    return sns(w, "oauth2/access_token", code=code, grant_type="authorization_code")


def oauth_code(w: World, scope: str = "snsapi_base") -> str:
    (openid,) = w.sandbox.followers(1)
    return str(w.sandbox.control("codes", {"openid": openid, "scope": scope})["code"])


quick(40029, "an invented code", lambda w: exchange(w, "x"))
quick(41008, "no code", lambda w: exchange(w, ""))
quick(
    40030,
    "an invented refresh token",
    lambda w: sns(w, "oauth2/refresh_token", grant_type="refresh_token", refresh_token="x"),
)
quick(41003, "no refresh token", lambda w: sns(w, "oauth2/refresh_token", grant_type="refresh_token"))


@case(40163)
def a_code_used_twice(w: World) -> Answer:
    code = oauth_code(w)
    assert "openid" in exchange(w, code)
    return exchange(w, code)


@case(42003)
def a_code_of_yesterday(w: World) -> Answer:
    code = oauth_code(w)
    w.sandbox.clock(at="2099-01-01T00:00:00+08:00")
    return exchange(w, code)


@case(42002)
def a_refresh_token_of_last_year(w: World) -> Answer:
    token = exchange(w, oauth_code(w))["refresh_token"]
    w.sandbox.clock(at="2099-01-01T00:00:00+08:00")
    return sns(w, "oauth2/refresh_token", grant_type="refresh_token", refresh_token=token)


def mini_token(w: World) -> str:
    config = w.sandbox.config
    return str(secret(w, appid=config.mini_app_id, secret=config.mini_app_secret)["access_token"])


@case(87009)
def a_session_signature_that_is_wrong(w: World) -> Answer:
    (openid,) = w.sandbox.followers(1)
    config = w.sandbox.config
    code = w.sandbox.control("codes", {"openid": openid, "kind": "login"})["code"]
    answer = sns(
        w, "jscode2session", appid=config.mini_app_id, secret=config.mini_app_secret,
        grant_type="authorization_code", js_code=code,
    )  # fmt: skip
    return w.api(f"/wxa/checksession?openid={answer['openid']}&signature=0", token=mini_token(w))


@case(40226)
def a_risky_person_logs_in(w: World) -> Answer:
    (openid,) = w.sandbox.followers(1)
    w.sandbox.act(openid, "risky")
    config = w.sandbox.config
    code = w.sandbox.control("codes", {"openid": openid, "kind": "login"})["code"]
    return sns(
        w, "jscode2session", appid=config.mini_app_id, secret=config.mini_app_secret,
        grant_type="authorization_code", js_code=code,
    )  # fmt: skip


@case(87014)
def a_risky_picture(w: World) -> Answer:
    return w.sandbox.upload("/wxa/img_sec_check", png(), "risky.png", token=mini_token(w))


# Statistics, comments


def cube(name: str, first: str, last: str = "") -> Case:
    return lambda w: w.api(f"/datacube/{name}", {"begin_date": first, "end_date": last or first})


quick(61500, "a date that is none", cube("getusersummary", "2026-13-01"))
quick(61501, "today", cube("getusersummary", "2099-01-01"))
quick(47009, "a statistic that is gone", cube("getuserread", "2026-01-01"))


@case(61503)
def yesterday_before_eight(w: World) -> Answer:
    w.sandbox.clock(at="2026-03-05T07:59:00+08:00")
    return cube("getusersummary", "2026-03-04")(w)


def comment(call: str, **body: Any) -> Case:
    def make(w: World) -> Answer:
        w.sandbox.followers(2)
        data_id = w.send_all("a")["msg_data_id"]
        number = w.sandbox.act(w.sandbox.followers(1)[0], "comment", mid=data_id, content="好")[
            "user_comment_id"
        ]
        fields: dict[str, Any] = {"msg_data_id": data_id, "user_comment_id": number} | body
        w.api("/cgi-bin/comment/reply/add", fields | {"content": "谢谢"}) if call == "reply/add" and body.get(
            "content"
        ) == "再谢" else None
        return w.api(f"/cgi-bin/comment/{call}", fields)

    return make


quick(88001, "comments of an unknown article", lambda w: w.api("/cgi-bin/comment/open", {"msg_data_id": 1}))
quick(88005, "a second reply", comment("reply/add", content="再谢"))
quick(88007, "an empty reply", comment("reply/add", content=""))
quick(88008, "an unknown comment", comment("markelect", user_comment_id=999))
quick(88009, "a reply that is not there", comment("reply/delete"))
quick(88010, "50 comments at once", comment("list", begin=0, count=50))


@case(88003)
def a_hundred_and_first_selected_comment(w: World) -> Answer:
    people = w.sandbox.followers(2)
    data_id = w.send_all("a")["msg_data_id"]
    answer: Answer = {}
    for _ in range(101):
        number = w.sandbox.act(people[0], "comment", mid=data_id, content="好")["user_comment_id"]
        answer = w.api("/cgi-bin/comment/markelect", {"msg_data_id": data_id, "user_comment_id": number})
    return answer


# The WeCom robot


def robot(body: dict[str, Any]) -> Case:
    return lambda w: w.api(ROBOT, body, token="")


quick(
    93000, "an unknown robot", lambda w: w.api("/cgi-bin/webhook/send?key=x", {"msgtype": "text"}, token="")
)
quick(40058, "a text of 2,049 bytes", robot({"msgtype": "text", "text": {"content": "a" * 2049}}))
quick(
    301019,
    "a picture with another md5",
    robot({"msgtype": "image", "image": {"base64": base64.b64encode(png()).decode(), "md5": "0"}}),
)
quick(
    45001,
    "a file over 20 MB",
    lambda w: w.sandbox.upload(ROBOT.replace("send", "upload_media") + "&type=file", b"\0" * 20_971_521),
)


@pytest.mark.parametrize(
    ("code", "make"), [(c, m) for c, _, m in CASES], ids=[f"{c} {n}" for c, n, _ in CASES]
)
def test_the_platform_refuses_with_its_own_code(world: World, code: int, make: Case) -> None:
    answer = make(world)
    assert answer["errcode"] == code
    assert answer["errmsg"]


# Codes that need more than a test may take: a hundred thousand codes or files, a thousand menus
TOO_MANY = {45029, 45034, 65305}


def test_every_code_in_the_source_has_a_case() -> None:
    folder = Path(localwechat.__file__).parent
    raised: set[int] = set()
    for path in [*folder.glob("*.py"), *folder.glob("api/*.py")]:
        for node in ast.walk(ast.parse(path.read_text())):
            name = ""
            if isinstance(node, ast.Call):
                name = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
            if name in ("refuse", "_refuse", "ApiError", "follower", "text", "integer", "whole"):
                assert isinstance(node, ast.Call)
                raised |= _codes(node)
    known = {code for code, _, _ in CASES}
    assert raised - known - TOO_MANY == set()


def _codes(call: ast.Call) -> set[int]:
    """The error codes among a call's own arguments (not inside the condition)."""
    found = set()
    for argument in [*call.args[1:], *call.args[:1]]:
        parts = [argument.body, argument.orelse] if isinstance(argument, ast.IfExp) else [argument]
        for part in parts:
            if isinstance(part, ast.Constant) and type(part.value) is int and part.value >= 40000:
                found.add(part.value)
    return found - {50_000}


def test_an_error_text_ends_with_a_rid_that_the_platform_explains(world: World) -> None:
    answer = world.api("/cgi-bin/tags/create", {"tag": {"name": ""}})
    text, rid = answer["errmsg"].rsplit(" rid: ", 1)
    assert text == "invalid tag name"
    told = world.api("/cgi-bin/openapi/rid/get", {"rid": rid})["request"]
    assert (
        hashlib.sha1(told["request_body"].encode()).digest()
        == hashlib.sha1(b'{"tag": {"name": ""}}').digest()
    )
