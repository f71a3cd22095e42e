"""Subscription notices: what they say in fields that WeChat takes, when they can be used, and what became of them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest

from scheduler.roads.base import Call
from scheduler.roads.load import Card, Occasion
from scheduler.roads.subscribe import ROAD, fitting
from settings import Settings, with_base_url
from tests.fixtures.configuration import make_settings
from wechat.wire.messages import SentNotice, SubscriptionSent


class Recorder:
    """A client that keeps the one call."""

    def subscribe_send(self, openid: str, template_id: str, data: dict[str, str], *, page: str) -> None:
        self.sent = (openid, template_id, data, page)


def settings(**wechat: Any) -> Settings:
    made = with_base_url(make_settings(), "https://pioneer.example")
    given = {"notice_activity_template": "A", "notice_article_template": "B", **wechat}
    return msgspec.structs.replace(made, wechat=msgspec.structs.replace(made.wechat, **given))


def sent(**more: Any) -> tuple[str, str, dict[str, str], str]:
    client = Recorder()
    ROAD.send(client, Call(key="k", openids=["o"], **more))  # type: ignore[arg-type]
    return client.sent


def test_an_activity_says_what_when_and_where_under_the_keys_of_the_office() -> None:
    chosen = settings(notice_activity_fields="thing4 date2 thing9")
    occasion = Occasion("很长的活动名称" * 5, datetime(2026, 11, 24, 2, 5, tzinfo=UTC), "东楼\n二层")
    got = sent(settings=chosen, occasion=occasion, fields=ROAD.fields(occasion), url="https://p/m/activity/1")
    assert got == (
        "o",
        "A",
        {
            "thing4": "很长的活动名称很长的活动名称很长的活动…",
            "date2": "2026年11月24日 10:05",
            "thing9": "东楼 二层",
        },
        "https://p/m/activity/1",
    )
    nowhere = Occasion("主题党日", datetime(2026, 11, 24, tzinfo=UTC), "")
    assert sent(settings=chosen, occasion=nowhere, fields=ROAD.fields(nowhere))[2]["thing9"]


def test_articles_say_the_first_title_and_how_many() -> None:
    cards = [Card(n, "中国式现代化的基层实践与思考" * 2, "", f"https://p/m/a/{n}?f=x") for n in (1, 2, 3)]
    _, template, fields, page = sent(settings=settings(), cards=cards)
    assert (template, page) == ("B", "https://pioneer.example/m/")
    assert fields["thing1"] == "中国式现代化的基层实践与思考中国…等3篇"
    assert len(fields["thing1"]) <= 20
    assert sent(settings=settings(), cards=cards[:1])[3] == "https://p/m/a/1?f=x"


@pytest.mark.parametrize(
    ("key", "value", "fits"),
    [
        ("thing1", "主题党日", "主题党日"),
        ("thing1", " \n", "详见页面"),
        ("thing1", "一" * 20, "一" * 20),
        ("thing1", "一" * 21, "一" * 19 + "…"),
        ("time2", "2026年11月24日 10:05", "2026年11月24日 10:05"),
    ],
)
def test_a_value_is_one_line_that_its_field_takes(key: str, value: str, fits: str) -> None:
    assert fitting(key, value) == fits


@pytest.mark.parametrize(
    ("given", "kind", "why"),
    [
        ({}, "activity", ""),
        ({}, "articles", ""),
        ({"account_type": "subscription"}, "activity", "公众号（订阅号）没有订阅通知"),
        ({"notice_activity_template": ""}, "activity", "wechat.notice_activity_template"),
        ({"notice_article_template": ""}, "articles", "wechat.notice_article_template"),
    ],
)
def test_it_says_why_it_cannot_be_used(given: dict[str, Any], kind: str, why: str) -> None:
    refusal = ROAD.refusal(kind, settings(**given))
    assert why in refusal if why else refusal == ""
    assert (ROAD.agreement(kind, settings(**given)) is None) == (why != "" and "订阅号" not in why)


def test_one_event_tells_of_several_notices_to_one_person() -> None:
    both = (SentNotice("T", "1", 0, "success"), SentNotice("T", "2", 43101, "failed"))
    results = ROAD.on_result(SubscriptionSent("gh", "o", 0, "k", both))
    assert [(one.msg_id, one.status in ROAD.successes, one.openid) for one in results] == [
        ("1", True, "o"),
        ("2", False, "o"),
    ]
    assert "已拒收" in ROAD.hint(results[1].status)
