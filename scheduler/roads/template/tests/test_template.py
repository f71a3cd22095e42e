"""The notice of an activity: its fields as WeChat takes them."""

from __future__ import annotations

from datetime import UTC, datetime

from scheduler.roads.load import Occasion
from scheduler.roads.template import ROAD
from wechat.wire.messages import TemplateFinished


def test_a_notice_says_what_when_and_where_in_lines_that_wechat_takes() -> None:
    fields = ROAD.fields(
        Occasion("很长的活动名称" * 5, datetime(2026, 11, 24, 2, 5, tzinfo=UTC), "东楼\n二层")
    )
    assert fields["time2"] == "2026年11月24日 10:05"
    assert fields["thing3"] == "东楼 二层"
    assert len(fields["thing1"]) == 20


def test_a_notice_without_a_place_says_so() -> None:
    assert ROAD.fields(Occasion("主题党日", datetime(2026, 11, 24, tzinfo=UTC), ""))["thing3"]


def test_a_follower_who_blocks_the_account_is_a_failure_in_words() -> None:
    (result,) = ROAD.on_result(TemplateFinished("gh", "o", 0, "k", "9", "failed:user block"))
    assert result.status not in ROAD.successes
    assert ROAD.hint(result.status) == "用户拒收（failed:user block）"
