"""Replies that WeChat takes whatever was typed, cut where a reader would cut."""

from __future__ import annotations

import pytest

from tests.inbound.platform import fields_of
from wechat.wire import replies
from wechat.wire.replies import (
    ImageReply,
    MusicReply,
    NewsReply,
    Reply,
    TextReply,
    TransferReply,
    VideoReply,
    VoiceReply,
    page,
    render,
)


def rendered(reply: Reply) -> dict[str, str]:
    return fields_of(render(reply, "oTo", "gh_from", 1767225601))


@pytest.mark.parametrize(
    "typed", ["]]>", "<xml>", "a]]></Content><X>", "\x00\x01签到\x1f", "&lt;&amp;", "\ufffe好", "𠮷😀"]
)
def test_typed_text_cannot_break_a_reply(typed: str) -> None:
    got = rendered(TextReply("收到：" + typed))["Content"]
    assert got == "收到：" + "".join(c for c in typed if c >= " " and c != "\ufffe")


def test_each_kind_of_reply_has_the_elements_of_the_reference() -> None:
    assert rendered(TextReply("签到成功")) == {
        "ToUserName": "oTo",
        "FromUserName": "gh_from",
        "CreateTime": "1767225601",
        "MsgType": "text",
        "Content": "签到成功",
    }
    kinds: list[tuple[Reply, str, str]] = [
        (ImageReply("M1"), "image", "M1"),
        (VoiceReply("M2"), "voice", "M2"),
        (VideoReply("M3", "t", "d"), "video", "M3td"),
        (MusicReply("M4", "t", "d", "u", "h"), "music", "tduhM4"),
        (TransferReply("a@b"), "transfer_customer_service", "a@b"),
    ]
    for reply, kind, inner in kinds:
        fields = rendered(reply)
        assert fields["MsgType"] == kind
        assert inner in "".join(fields.values())
    news = rendered(NewsReply("学习园地", "摘要", "https://example.org/c.jpg", "https://example.org/m/a/7"))
    assert news["ArticleCount"] == "1"
    assert "https://example.org/m/a/7" in news["Articles"]


def test_nothing_to_say_is_success_and_never_an_empty_text() -> None:
    assert render(replies.SILENCE, "o", "g", 1) == b"success"
    assert render(TextReply("  "), "o", "g", 1) == b"success"
    assert render(TextReply("\x00"), "o", "g", 1) == b"success"


@pytest.mark.parametrize(
    "unit", ["a", "签", "😀", "e\u0301", "\U0001f468\u200d\U0001f469\u200d\U0001f467", "第一行内容\n"]
)
def test_a_long_text_is_paged_without_losing_or_splitting_anything(unit: str) -> None:
    text = unit * (6000 // len(unit.encode()))
    pages, rest = [], text
    while rest:
        shown, rest = page(rest)
        assert len(shown.encode()) <= 2048
        if rest:
            assert shown.endswith("……回复 更多 继续")
            shown = shown.removesuffix(replies.MORE)
        pages.append(shown)
    assert 3 <= len(pages) <= 5
    assert "".join(pages).replace("\n", "") == text.replace("\n", "")
    if "\n" not in unit:
        assert all(shown == unit * (len(shown) // len(unit)) for shown in pages)


def test_a_page_never_ends_inside_a_link() -> None:
    link = '<a href="https://example.org/m/a/1">学习园地</a>，'
    shown, rest = page(link * 60)
    assert shown.removesuffix(replies.MORE).count("<a") == shown.count("</a>")
    assert rest.startswith("<a")


def test_a_reply_that_is_late_becomes_a_customer_service_message() -> None:
    text = render(TextReply("签到]]>成功"), "o", "g", 1)
    assert replies.customer_message(text) == {"msgtype": "text", "text": {"content": "签到]]>成功"}}
    card = render(NewsReply("题", "要", "p", "u"), "o", "g", 1)
    article = {"title": "题", "description": "要", "url": "u", "picurl": "p"}
    assert replies.customer_message(card) == {"msgtype": "news", "news": {"articles": [article]}}
    assert replies.customer_message(b"") is None
