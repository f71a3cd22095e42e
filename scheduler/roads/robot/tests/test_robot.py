"""What a robot says: in which form, within WeCom's lengths, and with nothing in it that a title could format."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from database import sealed
from models import Target
from scheduler.audience import Audience
from scheduler.roads.base import Chat, Picture
from scheduler.roads.load import Card, Notice, Occasion
from scheduler.roads.robot import ROAD, bodies
from settings import field_keys, index_key
from tests.fixtures.configuration import make_settings


@pytest.fixture(autouse=True)
def keys() -> None:
    privacy = make_settings().privacy
    sealed.use(sealed.Keyring(field_keys(privacy.field_keys), index_key(privacy.index_key)))


def card(title: str = "学习园地第一期", digest: str = "", picture: str = "", number: int = 7) -> Card:
    return Card(number, title, digest, f"https://e.org/m/a/{number}?f=1-robot-2-0123456789ab", picture)


def test_one_article_is_a_card_with_its_digest() -> None:
    body = bodies.of_articles([card(digest="支部\n本周学习内容")])
    assert body["msgtype"] == "template_card"
    said = body["template_card"]
    assert (said["card_type"], said["main_title"], said["sub_title_text"]) == (
        "text_notice", {"title": "学习园地第一期"}, "支部 本周学习内容",
    )  # fmt: skip
    assert said["card_action"]["url"] == said["jump_list"][0]["url"] == card().url


def test_one_article_with_a_cover_is_a_card_with_the_picture() -> None:
    said = bodies.of_articles([card(digest="摘" * 80, picture="https://e.org/c.jpg")])["template_card"]
    assert (said["card_type"], said["card_image"]["url"]) == ("news_notice", "https://e.org/c.jpg")
    assert 1.3 <= said["card_image"]["aspect_ratio"] <= 2.25
    assert len(said["main_title"]["desc"]) == 30


@pytest.mark.parametrize("count", [1, 8])
def test_titles_too_long_for_a_card_and_several_articles_are_news(count: int) -> None:
    cards = [card("标" * 32, "摘" * 300, "https://e.org/c.jpg", number) for number in range(count)]
    body = bodies.of_articles(cards)
    assert body["msgtype"] == "news"
    articles = body["news"]["articles"]
    assert [one["title"] for one in articles] == ["标" * 32] * count
    assert all(
        len(one["description"].encode()) <= 512 and one["description"].endswith("…") for one in articles
    )
    assert [one["url"] for one in articles] == [one.url for one in cards]


@pytest.mark.parametrize("cards", [[card("标" * 43), card("短")], [card(f"第 {n} 篇") for n in range(9)]])
def test_what_news_would_cut_stands_as_links_in_markdown(cards: list[Card]) -> None:
    body = bodies.of_articles(cards)
    content = body["markdown"]["content"]
    assert all(f"[{one.title}]({one.url})" in content for one in cards)
    assert len(content.encode()) <= 4096


def test_markdown_ends_with_a_whole_line_before_its_most_bytes() -> None:
    lines = [f"第 {number} 行" + "字" * 100 for number in range(30)]
    content = bodies.markdown(lines)["markdown"]["content"]
    assert len(content.encode()) <= 4096
    assert content.split("\n") == lines[: len(content.split("\n"))]
    assert len("\n".join(lines[: len(content.split("\n")) + 1]).encode()) > 4096


def test_no_title_formats_links_or_mentions() -> None:
    nasty = '# <@all> **重要** [点这里](http://x) `a` &lt; \n\n> <font color="warning">红</font>'
    shown = bodies.plain(nasty)
    assert not set("<>[]*`&\n") & set(shown)
    notice = bodies.of_notice({"活动": nasty}, "https://e.org/m/activity/1")["markdown"]["content"]
    first, last = notice.split("\n")
    assert first.startswith("> 活动：# ＜@all＞ ＊＊重要＊＊ ［点这里］")
    assert last == "[查看活动详情](https://e.org/m/activity/1)"


def test_a_notice_says_what_when_and_where() -> None:
    notice = ROAD.fields(Occasion("主题党日", datetime(2026, 11, 24, 2, 5, tzinfo=UTC), "东楼", 3))
    assert dict(notice) == {"活动": "主题党日", "时间": "2026年11月24日（周二）10:05", "地点": "东楼"}
    assert isinstance(notice, Notice)
    assert notice.path.startswith("/m/activity/3-")
    assert ROAD.fields(Occasion("主题党日", datetime(2026, 11, 24, tzinfo=UTC), ""))["地点"]


def test_each_group_with_a_robot_gets_one_call_that_belongs_to_its_branch() -> None:
    chats = [
        Chat(1, "学习群", 5, "第一党支部", robot=True, forwarder=""),
        Chat(2, "邻里群", 5, "第一党支部", robot=False, forwarder="o1"),
        Chat(3, "通知群", None, "", robot=True, forwarder=""),
    ]
    everyone = Audience("all", ())
    settings = make_settings(server={"base_url": "https://e.org"})
    routed = ROAD.plan(Picture(settings, everyone, 0, [], (), 0, 0, chats))
    assert [(one.target, one.target_id, one.branch_id, one.kind, one.recipients) for one in routed.deliveries] == [
        ("第一党支部·学习群", 1, 5, Target.GROUP, 1), ("通知群", 3, None, Target.GROUP, 1),
    ]  # fmt: skip
    assert not routed.skipped


def test_without_an_address_of_our_own_links_lead_nowhere() -> None:
    assert "base_url" in ROAD.refusal("articles", make_settings(server={"base_url": ""}))
    assert ROAD.refusal("articles", make_settings(server={"base_url": "https://e.org"})) == ""
