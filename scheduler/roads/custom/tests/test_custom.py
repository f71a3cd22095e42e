"""To people whose window is open: answers, and pushes of articles and activities, once, with links to our own pages."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import msgspec
import pytest

from ground.errors import Refused
from scheduler import answers, roads
from scheduler.audience import Audience, Person
from scheduler.roads.base import Call, Content, Picture
from scheduler.roads.custom import ROAD
from scheduler.roads.load import Card, Occasion
from settings import Settings
from tests.fixtures.configuration import make_settings

if TYPE_CHECKING:
    from wechat.outbound.client import Client

SETTINGS = make_settings(
    server={"base_url": "https://pioneer.example"},
    **{"wechat.limits": {"customer_service_hours": 20, "customer_service_count": 3}},
)
MARKED = "https://pioneer.example/m/a/{}?f=2s-custom-0-0a1b2c3d4e5f"
OCCASION = Occasion("主题党日", datetime(2026, 12, 1, 6, 30, tzinfo=UTC), "活动室")


def sent(**call: Any) -> dict[str, Any]:
    """The body of the one call that is made."""
    bodies: list[tuple[str, Any]] = []
    client = cast("Client", SimpleNamespace(custom_send=lambda openid, body: bodies.append((openid, body))))
    ROAD.send(client, Call("k", call.pop("settings", SETTINGS), openids=("o1",), **call))
    ((openid, body),) = bodies
    assert openid == "o1"
    return dict(body)


def cards(titles: Sequence[str]) -> list[Card]:
    return [
        Card(n, title, "摘要" * 90, MARKED.format(n), "https://pioneer.example/c.jpg")
        for n, title in enumerate(titles, 1)
    ]


def test_the_window_is_what_the_configuration_says() -> None:
    assert ROAD.window(SETTINGS.wechat.limits) == (timedelta(hours=20), 3)


def test_an_answer_goes_as_it_was_written_and_by_this_road() -> None:
    assert answers.ROAD.name == ROAD.name
    payload = {"msgtype": "text", "text": {"content": "您好"}}
    assert sent(payload=payload) == payload


def test_there_is_no_key_so_that_nothing_is_ever_repeated() -> None:
    assert not ROAD.key_window(SETTINGS.wechat.limits)


def test_one_article_is_a_card_with_its_address() -> None:
    body = sent(cards=cards(["秋季植树"]))
    (card,) = body["news"]["articles"]
    assert (body["msgtype"], card["title"], card["url"]) == ("news", "秋季植树", MARKED.format(1))
    assert card["picurl"] == "https://pioneer.example/c.jpg"
    assert len(card["description"]) == 120


@pytest.mark.parametrize("titles", [["第一篇", "第二篇 <a>"], ["长" * 64] * 8])
def test_several_articles_are_one_text_with_a_link_each_that_wechat_takes(titles: list[str]) -> None:
    body = sent(cards=cards(titles))
    text = body["text"]["content"]
    assert len(text.encode()) <= 2048
    assert [text.count(f'href="{MARKED.format(n)}"') for n in range(1, len(titles) + 1)] == [1] * len(titles)
    assert text.count("<a ") == text.count("</a>") == len(titles)


def test_an_activity_is_a_menu_message_to_check_in_by_and_a_text_where_there_are_none() -> None:
    fields, url = ROAD.fields(OCCASION), "https://pioneer.example/m/activity/7-abc"
    body = sent(occasion=OCCASION, fields=fields, url=url)
    menu = body["msgmenu"]
    assert all(word in menu["head_content"] for word in ("主题党日", "2026年12月1日 14:30", "活动室", url))
    assert [item["content"] for item in menu["list"]] == ["签到"]
    assert menu["list"][0]["id"].isdigit(), "WeChat gives nothing back for others"
    limits = msgspec.structs.replace(SETTINGS.wechat, account_type="subscription")
    other = msgspec.structs.replace(SETTINGS, wechat=limits)
    assert sent(settings=other, occasion=OCCASION, fields=fields, url=url)["msgtype"] == "text"


def test_each_call_is_for_one_and_ends_with_their_window() -> None:
    ends = datetime(2026, 12, 1, 6, 30, tzinfo=UTC)
    picture = Picture(
        SETTINGS, cast(Audience, None), 2, [Person("a"), Person("b")], (), 0, 0, until={"a": ends}
    )
    planned = list(ROAD.plan(picture).deliveries)
    assert [(one.openids, one.until) for one in planned] == [(["a"], ends), (["b"], None)]


@pytest.mark.parametrize("kind", [Content.ARTICLES, Content.ACTIVITY])
def test_without_an_address_of_ours_there_is_nothing_to_link_to(kind: str) -> None:
    def chosen(settings: Settings) -> list[str]:
        return [road.name for road in roads.choose("custom", kind, settings)]

    assert chosen(SETTINGS) == ["custom"]
    with pytest.raises(Refused, match="网址"):
        chosen(make_settings())


def test_auto_takes_it_for_those_whom_a_mass_message_does_not_reach() -> None:
    first, second, *_ = roads.choose("auto", Content.ARTICLES, SETTINGS)
    assert (first.costs_quota, first.fills, second.name) == (True, False, "custom")
    assert "custom" not in [road.name for road in roads.choose("auto", Content.ARTICLES, make_settings())]
