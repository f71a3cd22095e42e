"""The other direction: what the application is sent, and what the platform makes of its answers."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from flask import Response
from wechatpy.crypto import WeChatCrypto
from wechatpy.replies import ArticlesReply, TextReply

from localwechat.courier import FAILURE_NOTICE
from localwechat.testing import SandboxControl
from localwechat.tests.receiver import Receiver
from localwechat.tests.world import World

MODES = ("plain", "compatible", "safe")

MESSAGES: list[tuple[str, dict[str, Any]]] = [
    ("text", {"MsgType": "text", "Content": "签到 😀 ]]> <b>"}),
    ("image", {"MsgType": "image", "PicUrl": "http://mmbiz.qpic.cn/a/0", "MediaId": "M"}),
    ("voice", {"MsgType": "voice", "MediaId": "M", "Format": "amr", "Recognition": "签到。"}),
    ("video", {"MsgType": "video", "MediaId": "M", "ThumbMediaId": "T"}),
    ("shortvideo", {"MsgType": "shortvideo", "MediaId": "M", "ThumbMediaId": "T"}),
    (
        "location",
        {"MsgType": "location", "Location_X": 30.1, "Location_Y": 120.6, "Scale": 15, "Label": "文化路1号"},
    ),
    ("link", {"MsgType": "link", "Title": "通知", "Description": "摘要", "Url": "https://example.org/a"}),
]
SCANNED = {"ScanType": "qrcode", "ScanResult": "1"}
PICTURES = {"Count": 1, "PicList": {"item": {"PicMd5Sum": "0"}}}
PLACE = {"Location_X": "1", "Location_Y": "2", "Scale": "15", "Label": "a", "Poiname": ""}
EVENTS: list[tuple[str, dict[str, Any]]] = [
    ("subscribe", {"Event": "subscribe", "EventKey": ""}),
    ("subscribe_scan", {"Event": "subscribe", "EventKey": "qrscene_branch-07", "Ticket": "T"}),
    ("scan", {"Event": "SCAN", "EventKey": "branch-07", "Ticket": "T"}),
    ("click", {"Event": "CLICK", "EventKey": "CHECKIN"}),
    ("view", {"Event": "VIEW", "EventKey": "https://example.org/", "MenuId": 1}),
    ("location", {"Event": "LOCATION", "Latitude": 30.1, "Longitude": 120.6, "Precision": 65.0}),
    ("scancode_waitmsg", {"Event": "scancode_waitmsg", "EventKey": "K", "ScanCodeInfo": SCANNED}),
    ("pic_sysphoto", {"Event": "pic_sysphoto", "EventKey": "K", "SendPicsInfo": PICTURES}),
    ("location_select", {"Event": "location_select", "EventKey": "K", "SendLocationInfo": PLACE}),
    ("unsubscribe", {"Event": "unsubscribe", "EventKey": ""}),
]  # fmt: skip


@pytest.mark.parametrize("mode", MODES)
def test_an_independent_receiver_understands_every_message(
    sandbox: SandboxControl, receiver: Receiver, mode: str
) -> None:
    sandbox.account(mode=mode)
    assert sandbox.control("verify", {})["verified"]
    (openid,) = sandbox.followers(1)
    for kind, fields in MESSAGES:
        said = sandbox.say(openid, xml=fields)
        assert (said.tries, said.status, said.reply_text) == (1, 200, f"收到{kind}")
        assert receiver.messages[-1].type == kind
    assert receiver.messages[0].content == "签到 😀 ]]> <b>"
    assert receiver.messages[0].id > 2**53
    assert len({message.id for message in receiver.messages}) == len(MESSAGES)


@pytest.mark.parametrize("mode", MODES)
def test_an_independent_receiver_understands_every_event(
    sandbox: SandboxControl, receiver: Receiver, mode: str
) -> None:
    sandbox.account(mode=mode)
    (openid,) = sandbox.followers(1)
    for event, fields in EVENTS:
        assert sandbox.say(openid, xml=fields).status == 200
        assert receiver.messages[-1].event == event
    assert receiver.messages[1].scene_id == "branch-07"
    assert receiver.messages[6].scan_result == "1"


@pytest.mark.parametrize("mode", MODES)
def test_an_independent_receiver_understands_the_platform_s_own_events(
    world: World, receiver: Receiver, mode: str
) -> None:
    sandbox = world.sandbox
    sandbox.account(mode=mode)
    one, two = sandbox.followers(2)
    sent = world.send_all("k1")
    world.template(one)
    sandbox.act(two, "consent", template_id="SANDBOX_NOTICE_ACTIVITY")
    world.notice(two)
    world.publish()

    def all_there() -> bool:
        found = {str(getattr(m, "_data", {}).get("Event", "")) for m in receiver.messages}
        return found >= {
            "MASSSENDJOBFINISH",
            "TEMPLATESENDJOBFINISH",
            "PUBLISHJOBFINISH",
            "subscribe_msg_popup_event",
            "subscribe_msg_sent_event",
        }

    sandbox.wait_for(all_there)
    by_name = {m._data["Event"]: m for m in receiver.messages}
    mass = by_name["MASSSENDJOBFINISH"]
    assert (mass.id, mass.status) == (sent["msg_id"], "send success")
    counts = [mass._data[name] for name in ("TotalCount", "FilterCount", "SentCount", "ErrorCount")]
    assert counts == ["2", "2", "2", "0"]
    assert by_name["TEMPLATESENDJOBFINISH"].status == "success"
    info = by_name["PUBLISHJOBFINISH"]._data["PublishEventInfo"]
    assert info["publish_status"] == "0"
    assert info["article_detail"]["item"]["idx"] == "1"
    notice = by_name["subscribe_msg_sent_event"]._data["SubscribeMsgSentEvent"]["List"]
    assert notice["ErrorStatus"] == "success"


def test_safe_mode_shows_nothing_in_clear(sandbox: SandboxControl, receiver: Receiver) -> None:
    (openid,) = sandbox.followers(1)
    sandbox.say(openid, "签到")
    assert b"<Content>" not in receiver.bodies[0]
    assert list(receiver.queries[0]) == [
        "signature", "timestamp", "nonce", "openid", "encrypt_type", "msg_signature",
    ]  # fmt: skip


def test_what_the_app_says_is_on_the_phone(sandbox: SandboxControl, receiver: Receiver) -> None:
    (openid,) = sandbox.followers(1)
    sandbox.say(openid, "签到")
    assert [(m["way"], m["type"], m["content"]) for m in sandbox.chat(openid)] == [
        ("out", "text", "签到"),
        ("in", "text", "收到text"),
    ]


def test_a_card_is_a_reply_too(sandbox: SandboxControl, receiver: Receiver) -> None:
    def card(message: Any, nonce: str) -> Any:
        reply = ArticlesReply(message=message)
        reply.add_article({"title": "学习园地", "description": "摘要", "image": "", "url": "https://e.org/"})
        config = sandbox.config
        return WeChatCrypto(config.token, config.aes_key, config.app_id).encrypt_message(
            reply.render(), nonce
        )

    receiver.answer = card
    (openid,) = sandbox.followers(1)
    assert sandbox.say(openid, "学习").status == 200
    (shown,) = sandbox.chat(openid)[-1]["articles"]
    assert (shown["title"], shown["url"]) == ("学习园地", "https://e.org/")


def test_who_does_not_answer_in_time_is_asked_three_times_with_the_same_message(
    sandbox: SandboxControl, receiver: Receiver
) -> None:
    sandbox.settings(callback_patience_s=0.2, callback_retry_pause_s=0.2)
    slow = threading.Event()
    receiver.answer = lambda message, nonce: slow.wait(5) and ""
    (openid,) = sandbox.followers(1)
    said = sandbox.say(openid, "签到")
    slow.set()
    assert (said.tries, said.status, said.reply) == (3, None, None)
    assert len({message.id for message in receiver.messages}) == 1
    assert len({query["nonce"] for query in receiver.queries}) == 3
    assert sandbox.chat(openid)[-1]["content"] == FAILURE_NOTICE


def test_an_answer_to_a_later_try_is_taken(sandbox: SandboxControl, receiver: Receiver) -> None:
    sandbox.settings(callback_patience_s=1, callback_retry_pause_s=1)
    calls: list[float] = []

    def second(message: Any, nonce: str) -> Any:
        calls.append(time.monotonic())
        if len(calls) == 1:
            time.sleep(1.5)
        return "success"

    receiver.answer = second
    said = sandbox.say(sandbox.followers(1)[0], "签到")
    assert (said.tries, said.status) == (2, 200)


def test_nobody_there_is_tried_three_times(sandbox: SandboxControl) -> None:
    sandbox.account(callback_url="http://127.0.0.1:9/wx")
    sandbox.settings(callback_retry_pause_s=0)
    (openid,) = sandbox.followers(1)
    assert sandbox.say(openid, "签到").tries == 3
    assert sandbox.chat(openid)[-1]["content"] == FAILURE_NOTICE


def clear(message: Any, nonce: str) -> str:
    return str(TextReply(content="明文", message=message).render())


def wrong_sender(message: Any, nonce: str) -> str:
    return str(TextReply(content="a", source="gh_other", target=message.source).render())


def wrong_receiver(message: Any, nonce: str) -> str:
    return str(TextReply(content="a", source=message.target, target="oOther").render())


def empty(message: Any, nonce: str) -> str:
    return str(TextReply(content="", message=message).render())


def too_long(message: Any, nonce: str) -> str:
    return str(TextReply(content="长" * 683, message=message).render())


def unsigned(message: Any, nonce: str) -> str:
    crypto = WeChatCrypto("anotherToken", "a" * 43, "wx0a1b2c3d4e5f6071")
    return str(crypto.encrypt_message(clear(message, nonce), nonce))


@pytest.mark.parametrize(
    ("mode", "answer"),
    [
        ("safe", clear),
        ("safe", unsigned),
        ("plain", wrong_sender),
        ("plain", wrong_receiver),
        ("plain", empty),
        ("plain", too_long),
        ("plain", lambda message, nonce: {"errcode": 0}),
        ("plain", lambda message, nonce: "ok"),
        ("plain", lambda message, nonce: "<xml><Broken></xml>"),
        ("plain", lambda message, nonce: Response("down", 500)),
    ],
    ids=[
        "clear in safe mode", "signed with another token", "wrong FromUserName", "wrong ToUserName",
        "empty Content", "2,049 bytes", "JSON", "a bare word", "broken XML", "HTTP 500",
    ],
)  # fmt: skip
def test_an_answer_that_the_platform_does_not_take_ends_with_the_failure_notice(
    sandbox: SandboxControl, receiver: Receiver, mode: str, answer: Any
) -> None:
    sandbox.account(mode=mode)
    receiver.answer = answer
    (openid,) = sandbox.followers(1)
    said = sandbox.say(openid, "签到")
    assert (said.tries, said.reply) == (1, None)
    assert sandbox.chat(openid)[-1]["content"] == FAILURE_NOTICE


@pytest.mark.parametrize("answer", ["", "success"])
def test_an_empty_answer_and_success_end_quietly(
    sandbox: SandboxControl, receiver: Receiver, answer: str
) -> None:
    receiver.answer = lambda message, nonce: answer
    (openid,) = sandbox.followers(1)
    assert sandbox.say(openid, "签到").tries == 1
    assert [m["way"] for m in sandbox.chat(openid)] == ["out"]


def test_an_event_that_nobody_waits_for_brings_no_notice(sandbox: SandboxControl, receiver: Receiver) -> None:
    receiver.answer = lambda message, nonce: "nonsense"
    (openid,) = sandbox.followers(1)
    sandbox.say(openid, event="VIEW", key="https://example.org/")
    assert [m["kind"] for m in sandbox.chat(openid)] == ["event"]


def test_a_rule_makes_a_message_come_three_times_at_once(sandbox: SandboxControl, receiver: Receiver) -> None:
    sandbox.faults({"callback": "triple", "count": 1})
    (openid,) = sandbox.followers(1)
    assert sandbox.say(openid, "签到").tries == 3
    assert [message.id for message in receiver.messages] == [receiver.messages[0].id] * 3
    assert sandbox.say(openid, "再来").tries == 1


def test_a_rule_loses_a_message_on_the_way(sandbox: SandboxControl, receiver: Receiver) -> None:
    sandbox.faults({"callback": "drop", "count": 1})
    (openid,) = sandbox.followers(1)
    assert sandbox.say(openid, "签到").tries == 0
    assert receiver.messages == []


def test_a_rule_lets_a_later_message_overtake(sandbox: SandboxControl, receiver: Receiver) -> None:
    sandbox.faults({"callback": "reorder", "count": 1})
    one, two = sandbox.followers(2)
    first = threading.Thread(target=sandbox.say, args=(one, "先"))
    first.start()
    sandbox.wait_for(lambda: not sandbox.control("faults"))
    sandbox.say(two, "后")
    first.join()
    assert [message.content for message in receiver.messages] == ["后", "先"]


def test_of_two_messages_that_a_rule_reorders_the_second_comes_first(
    sandbox: SandboxControl, receiver: Receiver
) -> None:
    sandbox.faults({"callback": "reorder", "count": 2})
    one, two = sandbox.followers(2)
    first = threading.Thread(target=sandbox.say, args=(one, "先"))
    first.start()
    sandbox.wait_for(lambda: sandbox.control("faults")[0]["count"] == 1)
    sandbox.say(two, "后")
    first.join()
    assert [message.content for message in receiver.messages] == ["后", "先"]


def test_a_reset_ends_what_is_under_way(sandbox: SandboxControl, receiver: Receiver) -> None:
    sandbox.settings(callback_retry_pause_s=0.5)
    receiver.answer = lambda message, nonce: receiver_fails()
    (openid,) = sandbox.followers(1)
    talk = threading.Thread(target=sandbox.say, args=(openid, "旧"))
    sandbox.faults({"callback": "delay:0.6", "count": 1})
    talk.start()
    sandbox.wait_for(lambda: not sandbox.control("faults"))
    sandbox.reset()
    (other,) = sandbox.followers(1)
    talk.join()
    assert sandbox.chat(other) == []


def receiver_fails() -> str:
    return "no such reply"


def test_a_message_is_answered_with_one_article_and_an_event_with_eight(
    sandbox: SandboxControl, receiver: Receiver
) -> None:
    sandbox.account(mode="plain")
    item = "<item><Title>学习</Title><Description>摘要</Description><PicUrl></PicUrl><Url>https://e.org</Url></item>"

    def news(message: Any, nonce: str) -> str:
        return (
            f"<xml><ToUserName>{message.source}</ToUserName><FromUserName>{message.target}</FromUserName>"
            f"<CreateTime>1</CreateTime><MsgType>news</MsgType><ArticleCount>9</ArticleCount>"
            f"<Articles>{item * 9}</Articles></xml>"
        )

    receiver.answer = news
    (openid,) = sandbox.followers(1)
    sandbox.say(openid, "学习")
    sandbox.say(openid, event="CLICK", key="STUDY")
    cards = [m for m in sandbox.chat(openid) if m["kind"] == "reply"]
    assert [len(m["articles"]) for m in cards] == [1, 8]


def test_plain_mode_takes_no_encrypted_reply(sandbox: SandboxControl, receiver: Receiver) -> None:
    sandbox.account(mode="plain")
    config = sandbox.config
    crypto = WeChatCrypto(config.token, config.aes_key, config.app_id)
    receiver.answer = lambda message, nonce: crypto.encrypt_message(
        TextReply(content="好", message=message).render(), nonce
    )
    (openid,) = sandbox.followers(1)
    assert sandbox.say(openid, "您好").reply is None
    assert sandbox.chat(openid)[-1]["kind"] == "notice"


def test_windows_end_when_a_follower_leaves(world: World, receiver: Receiver) -> None:
    sandbox = world.sandbox
    sandbox.clock(at="2026-03-05T10:00:00+08:00")
    (openid,) = sandbox.followers(1)
    sandbox.say(openid, "您好")
    sandbox.act(openid, "unfollow")
    sandbox.act(openid, "follow")
    assert [world.custom(openid)["errcode"] for _ in range(4)] == [0, 0, 0, 45047]
    sandbox.clock(at="2026-03-05T10:02:00+08:00")
    assert world.custom(openid)["errcode"] == 45015


def test_a_follower_who_leaves_loses_tags_and_windows(world: World, receiver: Receiver) -> None:
    sandbox = world.sandbox
    (openid,) = sandbox.followers(1)
    tag_id = world.tagged("第一支部", [openid])
    sandbox.say(openid, "您好")
    sandbox.act(openid, "unfollow")
    assert receiver.messages[-1].event == "unsubscribe"
    assert world.api("/cgi-bin/user/tag/get", {"tagid": tag_id, "next_openid": ""})["count"] == 0
    assert world.custom(openid)["errcode"] == 45015
    assert world.api(f"/cgi-bin/user/info?openid={openid}")["subscribe"] == 0


def test_followers_with_a_scene_each_send_their_event(sandbox: SandboxControl, receiver: Receiver) -> None:
    people = sandbox.followers(3, scene="branch-07")
    sandbox.wait_for(lambda: len(receiver.messages) == 3)
    assert {m.source for m in receiver.messages} == set(people)
    assert {m.scene_id for m in receiver.messages} == {"branch-07"}
    assert sandbox.api(f"/cgi-bin/user/info?openid={people[0]}")["qr_scene_str"] == "branch-07"
