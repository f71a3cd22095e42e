"""Followers, tags, QR codes, the menu, messages with a window, OAuth, the mini-program, robots."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

import requests
from PIL import Image

from localwechat.testing import SandboxControl
from localwechat.tests.error_cases.register import ROBOT
from localwechat.tests.receiver import Receiver
from localwechat.tests.world import World, png

CARD = {
    "card_type": "text_notice",
    "main_title": {"title": "学习"},
    "card_action": {"type": 1, "url": "https://e.org/"},
}


def test_a_text_scene_of_digits_stays_a_text(world: World) -> None:
    scene = {"scene": {"scene_str": "12345"}}
    world.api("/cgi-bin/qrcode/create", {"action_name": "QR_LIMIT_STR_SCENE", "action_info": scene})
    found = {}
    for text in ("12345", "678", "9" * 30, "²"):
        (openid,) = world.sandbox.followers(1, follow=False)
        world.sandbox.act(openid, "scan", scene=text)
        info = world.api(f"/cgi-bin/user/info?openid={openid}")
        found[text] = (info["qr_scene"], info["qr_scene_str"])
    assert found == {"12345": (0, "12345"), "678": (678, ""), "9" * 30: (0, "9" * 30), "²": (0, "²")}


def test_a_robot_reads_escaped_json_and_answers_as_wecom_does(world: World) -> None:
    path = "/cgi-bin/webhook/send?key=11111111-2222-3333-4444-555555555555"
    body = b'{"msgtype":"text","text":{"content":"\\u5b66\\u4e60"}}'
    assert world.api(path, body, token="")["errcode"] == 0
    (group,) = world.sandbox.control("robots")
    _, answer = world.sandbox.request("GET", f"/phone/api/groups/{group['id']}/chat")
    assert json.loads(answer)["messages"][0]["content"] == "学习"
    text = world.api("/cgi-bin/webhook/send?key=no", {"msgtype": "text"}, token="")["errmsg"]
    assert re.fullmatch(
        r"invalid webhook url, hint: \[\d{25}\], from ip: 127\.0\.0\.1, more info at https://\S+=93000", text
    )


def test_followers_come_in_pages_of_ten_thousand(world: World) -> None:
    people = world.sandbox.followers(10_001)
    first = world.api("/cgi-bin/user/get")
    assert (first["total"], first["count"], first["next_openid"]) == (10_001, 10_000, people[9999])
    second = world.api(f"/cgi-bin/user/get?next_openid={first['next_openid']}")
    assert second["data"]["openid"] == people[10_000:]
    last = world.api(f"/cgi-bin/user/get?next_openid={second['next_openid']}")
    assert last == {"total": 10_001, "count": 0, "next_openid": ""}


def test_a_follower_shows_no_name(world: World) -> None:
    (openid,) = world.sandbox.followers(1)
    tag_id = world.tagged("第一支部", [openid])
    info = world.api("/cgi-bin/user/info/batchget", {"user_list": [{"openid": openid}]})["user_info_list"][0]
    assert (info["subscribe"], info["nickname"], info["tagid_list"]) == (1, "", [tag_id])
    body = {"openid": openid, "remark": "三号楼"}
    assert world.api("/cgi-bin/user/info/updateremark", body)["errcode"] == 0
    assert world.api(f"/cgi-bin/user/info?openid={openid}")["remark"] == "三号楼"


def test_one_bad_openid_fails_the_whole_tagging(world: World) -> None:
    (openid,) = world.sandbox.followers(1)
    tag_id = world.tag()
    body = {"openid_list": [openid, "oStranger"], "tagid": tag_id}
    assert world.api("/cgi-bin/tags/members/batchtagging", body)["errcode"] == 40003
    assert world.api("/cgi-bin/tags/getidlist", {"openid": openid}) == {"tagid_list": []}


def test_a_tag_is_renamed_emptied_and_deleted(world: World) -> None:
    people = world.sandbox.followers(2)
    tag_id = world.tagged("第一支部", people)
    body = {"tag": {"id": tag_id, "name": "第二支部"}}
    assert world.api("/cgi-bin/tags/update", body)["errcode"] == 0
    untag = {"openid_list": people[:1], "tagid": tag_id}
    assert world.api("/cgi-bin/tags/members/batchuntagging", untag)["errcode"] == 0
    assert world.api("/cgi-bin/tags/get")["tags"][1] == {"id": tag_id, "name": "第二支部", "count": 1}
    assert world.api("/cgi-bin/tags/delete", {"tag": {"id": tag_id}})["errcode"] == 0
    assert world.api("/cgi-bin/tags/getidlist", {"openid": people[1]}) == {"tagid_list": []}


def test_the_blacklist_has_its_pages(world: World) -> None:
    people = world.sandbox.followers(2)
    world.api("/cgi-bin/tags/members/batchblacklist", {"openid_list": people})
    world.api("/cgi-bin/tags/members/batchunblacklist", {"openid_list": people[:1]})
    listed = world.api("/cgi-bin/tags/members/getblacklist", {"begin_openid": ""})
    assert (listed["total"], listed["data"]["openid"]) == (1, people[1:])


def test_a_lasting_scene_has_one_code_and_a_picture(world: World) -> None:
    body = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "branch-07"}}}
    first, second = (world.api("/cgi-bin/qrcode/create", body) for _ in range(2))
    assert first == second
    status, data = world.sandbox.request("GET", f"/cgi-bin/showqrcode?ticket={first['ticket']}")
    assert (status, Image.open(io.BytesIO(data)).size) == (200, (430, 430))
    assert world.sandbox.request("GET", "/cgi-bin/showqrcode?ticket=x")[0] == 404


def test_scanning_follows_or_reports(world: World, receiver: Receiver) -> None:
    body = {"action_name": "QR_STR_SCENE", "action_info": {"scene": {"scene_str": "act-17"}}}
    ticket = world.api("/cgi-bin/qrcode/create", body | {"expire_seconds": 60})["ticket"]
    status, answer = world.sandbox.request("POST", "/phone/api/followers", {"nickname": "老王"})
    person = json.loads(answer)
    assert (status, person["following"]) == (201, False)
    scan = {"openid": person["openid"], "ticket": ticket}
    world.sandbox.request("POST", "/phone/api/scan", scan)
    world.sandbox.request("POST", "/phone/api/scan", scan)
    assert [m.event for m in receiver.messages] == ["subscribe_scan", "scan"]
    assert {m.ticket for m in receiver.messages} == {ticket}
    world.sandbox.clock(at="2099-01-01T00:00:00+08:00")
    assert world.sandbox.request("POST", "/phone/api/scan", scan)[0] == 410


def test_a_conditional_menu_is_shown_to_its_tag(world: World) -> None:
    one, two = world.sandbox.followers(2)
    tag_id = world.tagged("第一支部", [one])
    default = [{"name": "签到", "type": "click", "key": "A"}]
    special = [{"name": "支部", "type": "click", "key": "B"}]
    world.api("/cgi-bin/menu/create", {"button": default})
    rule = {"tag_id": str(tag_id)}
    menu_id = world.api("/cgi-bin/menu/addconditional", {"button": special, "matchrule": rule})["menuid"]

    def seen(openid: str) -> str:
        return str(world.api("/cgi-bin/menu/trymatch", {"user_id": openid})["button"][0]["key"])

    assert (seen(one), seen(two)) == ("B", "A")
    assert world.api("/cgi-bin/menu/get")["conditionalmenu"][0]["matchrule"] == rule
    assert world.api("/cgi-bin/get_current_selfmenu_info")["selfmenu_info"]["button"][0]["key"] == "A"
    assert world.api("/cgi-bin/menu/delconditional", {"menuid": menu_id})["errcode"] == 0
    assert seen(one) == "A"
    assert world.api("/cgi-bin/menu/delete")["errcode"] == 0
    assert world.api("/cgi-bin/menu/get")["errcode"] == 46003


def test_a_tap_on_the_phone_s_menu_reports_and_opens(world: World, receiver: Receiver) -> None:
    (openid,) = world.sandbox.followers(1)
    sub = [
        {"name": "学习", "type": "view", "url": "https://e.org/"},
        {"name": "扫", "type": "scancode_waitmsg", "key": "S"},
    ]
    world.api(
        "/cgi-bin/menu/create",
        {"button": [{"name": "签到", "type": "click", "key": "A"}, {"name": "更多", "sub_button": sub}]},
    )

    def tap(**where: Any) -> dict[str, Any]:
        return dict(
            json.loads(world.sandbox.request("POST", "/phone/api/menu", {"openid": openid, **where})[1])
        )

    tap(index=0)
    assert tap(index=1, sub=0)["url"] == "https://e.org/"
    tap(index=1, sub=1, result="ACT-17")
    assert [m.event for m in receiver.messages] == ["click", "view", "scancode_waitmsg"]
    assert receiver.messages[2].scan_result == "ACT-17"


def test_a_message_opens_five_within_48_hours(world: World, receiver: Receiver) -> None:
    sandbox = world.sandbox
    sandbox.clock(at="2026-03-05T10:00:00+08:00")
    (openid,) = sandbox.followers(1)
    assert world.custom(openid)["errcode"] == 45015
    sandbox.say(openid, "您好")
    assert [world.custom(openid)["errcode"] for _ in range(6)] == [0, 0, 0, 0, 0, 45047]
    sandbox.say(openid, "还在吗")
    assert world.custom(openid)["errcode"] == 0
    sandbox.clock(at="2026-03-07T10:00:10+08:00")
    assert world.custom(openid)["errcode"] == 45015
    assert sandbox.receipt_count("custom") == 6


def test_a_tap_opens_three_within_a_minute(world: World, receiver: Receiver) -> None:
    sandbox = world.sandbox
    sandbox.clock(at="2026-03-05T10:00:00+08:00")
    (openid,) = sandbox.followers(1)
    sandbox.say(openid, event="CLICK", key="A")
    assert [world.custom(openid)["errcode"] for _ in range(4)] == [0, 0, 0, 45047]
    sandbox.clock(at="2026-03-05T10:01:05+08:00")
    assert world.custom(openid)["errcode"] == 45015
    sandbox.say(openid, event="VIEW", key="https://e.org/")
    assert world.custom(openid)["errcode"] == 45015


def test_the_short_window_is_used_first(world: World, receiver: Receiver) -> None:
    (openid,) = world.sandbox.followers(1)
    world.sandbox.say(openid, "您好")
    world.sandbox.say(openid, event="CLICK", key="A")
    assert [world.custom(openid)["errcode"] for _ in range(9)] == [0] * 8 + [45047]


def test_an_item_of_a_msgmenu_counts_as_a_tap(world: World, receiver: Receiver) -> None:
    (openid,) = world.sandbox.followers(1)
    world.sandbox.say(openid, "您好")
    menu = {"head_content": "能来吗？", "list": [{"id": "101", "content": "参加"}], "tail_content": ""}
    assert world.custom(openid, msgtype="msgmenu", msgmenu=menu)["errcode"] == 0
    assert world.sandbox.chat(openid)[-1]["items"] == [{"id": "101", "content": "参加"}]
    body = {"openid": openid, "text": "参加", "menu_item": "101"}
    world.sandbox.request("POST", "/phone/api/say", body)
    tapped = receiver.messages[-1]
    assert (tapped.content, tapped._data["bizmsgmenuid"]) == ("参加", "101")


def test_a_template_message_is_sent_once_by_its_key(world: World, receiver: Receiver) -> None:
    sandbox = world.sandbox
    sandbox.clock(at="2026-03-05T10:00:00+08:00")
    (openid,) = sandbox.followers(1)
    first = world.template(openid, client_msg_id="p1", url="https://e.org/")
    assert world.template(openid, client_msg_id="p1")["msgid"] == first["msgid"]
    (receipt,) = sandbox.receipts("template")
    assert (receipt["openid"], receipt["client_id"], receipt["msg_id"]) == (openid, "p1", str(first["msgid"]))
    sandbox.clock(at="2026-03-05T10:10:01+08:00")
    assert world.template(openid, client_msg_id="p1")["msgid"] != first["msgid"]
    fields = sandbox.chat(openid)[0]["fields"]
    assert fields[0] == {"name": "活动名称", "value": "主题党日"}


def test_who_refuses_messages_gets_no_template(world: World, receiver: Receiver) -> None:
    (openid,) = world.sandbox.followers(1)
    world.sandbox.act(openid, "refuse")
    assert world.template(openid)["errcode"] == 0
    event = world.sandbox.wait_for(lambda: [m for m in receiver.messages if m.type == "event"])[0]
    assert event._data["Status"] == "failed:user block"
    assert world.sandbox.receipts("template") == []


def test_a_consent_is_good_for_one_notice(world: World, receiver: Receiver) -> None:
    (openid,) = world.sandbox.followers(1)
    world.sandbox.act(openid, "consent", template_id="SANDBOX_NOTICE_ACTIVITY")
    assert [world.notice(openid)["errcode"] for _ in range(2)] == [0, 43101]
    lasting = {"template_id": "SANDBOX_NOTICE_SERVICE"}
    world.sandbox.act(openid, "consent", **lasting)
    assert [world.notice(openid, **lasting)["errcode"] for _ in range(2)] == [0, 0]
    assert world.sandbox.receipt_count("subscribe") == 3


def authorize(sandbox: SandboxControl, openid: str, scope: str) -> dict[str, list[str]]:
    query = {
        "appid": sandbox.config.app_id,
        "redirect_uri": "https://office.example/m/?a=1",
        "response_type": "code",
        "scope": scope,
        "state": "s1",
    }
    answer = requests.get(
        f"{sandbox.url}/connect/oauth2/authorize",
        params=query,
        cookies={"sandbox_openid": openid},
        allow_redirects=False,
        timeout=5,
    )
    assert answer.status_code == 302
    return parse_qs(urlsplit(answer.headers["Location"]).query)


def test_the_oauth_page_sends_the_person_back_with_a_code(world: World) -> None:
    sandbox, config = world.sandbox, world.sandbox.config
    (openid,) = sandbox.followers(1, nickname="老王")
    back = authorize(sandbox, openid, "snsapi_userinfo")
    assert (back["a"], back["state"]) == (["1"], ["s1"])
    query = f"appid={config.app_id}&secret={config.app_secret}&grant_type=authorization_code"
    got = world.api(f"/sns/oauth2/access_token?{query}&code={back['code'][0]}", token="")
    assert (got["openid"], got["scope"]) == (openid, "snsapi_userinfo")
    who = f"access_token={got['access_token']}&openid={openid}"
    assert world.api(f"/sns/userinfo?{who}", token="")["nickname"] == "老王"
    assert world.api(f"/sns/auth?{who}", token="")["errcode"] == 0
    refresh = f"appid={config.app_id}&grant_type=refresh_token&refresh_token={got['refresh_token']}"
    assert world.api(f"/sns/oauth2/refresh_token?{refresh}", token="")["openid"] == openid


def test_a_snapshot_page_has_a_virtual_person(world: World) -> None:
    sandbox, config = world.sandbox, world.sandbox.config
    sandbox.settings(oauth_snapshot=True)
    (openid,) = sandbox.followers(1)
    query = f"appid={config.app_id}&secret={config.app_secret}&grant_type=authorization_code"
    code = authorize(sandbox, openid, "snsapi_userinfo")["code"][0]
    got = world.api(f"/sns/oauth2/access_token?{query}&code={code}", token="")
    assert got["is_snapshotuser"] == 1
    assert got["openid"] != openid
    code = authorize(sandbox, openid, "snsapi_base")["code"][0]
    assert world.api(f"/sns/oauth2/access_token?{query}&code={code}", token="")["openid"] == openid


def test_the_mini_program_logs_in_reads_the_phone_and_checks_texts(world: World) -> None:
    sandbox, config = world.sandbox, world.sandbox.config
    (openid,) = sandbox.followers(1)
    code = sandbox.control("codes", {"openid": openid, "kind": "login"})["code"]
    query = f"appid={config.mini_app_id}&secret={config.mini_app_secret}&grant_type=authorization_code"
    got = world.api(f"/sns/jscode2session?{query}&js_code={code}", token="")
    assert got["openid"].startswith("m")
    assert got["unionid"] == world.api(f"/cgi-bin/user/info?openid={openid}")["unionid"]
    body = {"grant_type": "client_credential", "appid": config.mini_app_id, "secret": config.mini_app_secret}
    token = world.api("/cgi-bin/stable_token", body, token="")["access_token"]
    assert world.api("/cgi-bin/tags/get", token=token)["errcode"] == 40001
    code = sandbox.control("codes", {"openid": openid, "kind": "phone", "phone": "13900000001"})["code"]
    phone = world.api("/wxa/business/getuserphonenumber", {"code": code}, token=token)
    assert phone["phone_info"]["purePhoneNumber"] == "13900000001"
    check = {"version": 2, "scene": 2, "openid": got["openid"], "content": "今天学习"}
    assert world.api("/wxa/msg_sec_check", check, token=token)["result"]["suggest"] == "pass"


def test_a_robot_speaks_twenty_times_a_minute(world: World) -> None:
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    body = {"msgtype": "text", "text": {"content": "今天学习"}}
    answers = [world.api(ROBOT, body, token="")["errcode"] for _ in range(21)]
    assert answers == [0] * 20 + [45009]
    assert {r["key"] for r in world.sandbox.receipts("robot")} == {ROBOT.split("=")[1]}
    world.sandbox.clock(at="2026-03-05T10:01:00+08:00")
    assert world.api(ROBOT, body, token="")["errcode"] == 0


def test_a_robot_sends_cards_pictures_and_files(world: World) -> None:
    data = png(8, 8)
    picture = {"base64": base64.b64encode(data).decode(), "md5": hashlib.md5(data).hexdigest()}
    media_id = world.sandbox.upload(
        ROBOT.replace("send", "upload_media") + "&type=file", b"a,b,c,d", "台账.csv"
    )["media_id"]
    article = {"title": "学习园地", "url": "https://e.org/"}
    for body in (
        {"msgtype": "markdown", "markdown": {"content": "**学习**"}},
        {"msgtype": "image", "image": picture},
        {"msgtype": "news", "news": {"articles": [article]}},
        {"msgtype": "file", "file": {"media_id": media_id}},
        {"msgtype": "template_card", "template_card": CARD},
    ):  # fmt: skip
        assert world.api(ROBOT, body, token="") == {"errcode": 0, "errmsg": "ok"}
    (group,) = json.loads(world.sandbox.request("GET", "/phone/api/groups")[1])
    chat = json.loads(world.sandbox.request("GET", f"/phone/api/groups/{group['id']}/chat")[1])
    assert [m["type"] for m in chat["messages"]] == ["markdown", "image", "news", "file", "template_card"]
    assert chat["messages"][3]["name"] == "台账.csv"


def test_quotas_are_told_and_cleared(world: World) -> None:
    world.sandbox.settings(limits={"/cgi-bin/tags/get": 2})
    for _ in range(2):
        world.api("/cgi-bin/tags/get")
    path = {"cgi_path": "/cgi-bin/tags/get"}
    quota = world.api("/cgi-bin/openapi/quota/get", path)["quota"]
    assert quota == {"daily_limit": 2, "used": 2, "remain": 0}
    config = world.sandbox.config
    by_secret = {"appid": config.app_id, "appsecret": config.app_secret}
    assert world.api("/cgi-bin/clear_quota/v2", by_secret, token="")["errcode"] == 0
    assert "tags" in world.api("/cgi-bin/tags/get")


def test_what_an_account_may_call_follows_its_type(world: World) -> None:
    reads = {
        "/cgi-bin/get_current_selfmenu_info": None,
        "/cgi-bin/tags/get": None,
        "/cgi-bin/template/get_all_private_template": None,
        "/cgi-bin/draft/count": None,
        "/cgi-bin/freepublish/batchget": {"offset": 0, "count": 1},
    }

    def absent(**account: Any) -> set[str]:
        world.sandbox.account(**account)
        return {
            path.rsplit("/", 1)[1]
            for path, body in reads.items()
            if world.api(path, body).get("errcode") == 48001
        }

    assert absent(type="service", verified=True) == set()
    assert absent(type="subscription") == {"get_all_private_template"}
    assert absent(type="subscription", verified=False) == {path.rsplit("/", 1)[1] for path in reads}


def test_the_small_calls_answer(world: World, receiver: Receiver) -> None:
    assert world.api("/cgi-bin/get_api_domain_ip")["ip_list"]
    assert "127.0.0.1" in world.api("/cgi-bin/getcallbackip")["ip_list"]
    assert "dns" in world.api("/cgi-bin/callback/check", {"action": "all", "check_operator": "DEFAULT"})
    first = world.api("/cgi-bin/ticket/getticket?type=jsapi")
    assert world.api("/cgi-bin/ticket/getticket?type=jsapi")["ticket"] == first["ticket"]
    assert world.api("/cgi-bin/message/mass/speed/set", {"speed": 4})["errcode"] == 0
    assert world.api("/cgi-bin/message/mass/speed/get", {}) == {"speed": 4, "realspeed": 10}
