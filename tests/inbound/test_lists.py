"""Digits: they belong to the list that was shown last, and never check anybody in to what another list asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from ground import clock
from models import Activity, Conversation
from runtime import Runtime
from tests.inbound.conftest import OPENID, STRANGER, Office, checkins, open_activity
from tests.inbound.platform import Phone
from tests.world import articles, replies


@pytest.fixture
def asked(runtime: Runtime, office: Office, phone: Phone) -> Phone:
    """张三 was asked whether the one open activity is meant."""
    with runtime.db.session_scope() as session:
        open_activity(session, office, "主题党日")
        replies.reply(session, "办事指南", "1. 到社区窗口\n2. 网上办理", kind="text", whole=True)
        replies.reply(session, "食堂", "开饭\n1 早餐\n2 午餐", kind="text", whole=True)
    for title in ("第一篇", "第二篇"):
        articles.article(runtime.db, runtime.settings.data_dir, title, column="study", status="published")
    assert "1. 主题党日" in phone.say(OPENID, "在的").text
    return phone


@pytest.mark.parametrize(
    ("between", "shown", "chosen"),
    [
        ("你好", "1 学习园地", "【学习园地】"),
        ("今天天气真好", "1 学习园地", "【学习园地】"),
        ("帮助", "1 学习园地", "【学习园地】"),
        ("还有吗", "1 学习园地", "【学习园地】"),
        ("活动", "1. 主题党日", "没有等您选择"),
        ("食堂", "1 早餐", "没有等您选择"),
        ("办事指南", "1. 到社区窗口", "没有等您选择"),
    ],
)
def test_the_list_shown_last_owns_the_digits(
    runtime: Runtime, asked: Phone, between: str, shown: str, chosen: str
) -> None:
    assert shown in asked.say(OPENID, between).text
    assert chosen in asked.say(OPENID, "1").text
    assert checkins(runtime) == []


def test_a_digit_behind_a_list_of_articles_opens_one(runtime: Runtime, asked: Phone) -> None:
    assert "1. " in asked.say(OPENID, "学习园地").text
    card = asked.say(OPENID, "2").fields
    assert card is not None
    assert card["MsgType"] == "news"
    assert "1 到 2" in asked.say(OPENID, "5").text
    assert checkins(runtime) == []


def test_a_question_that_shows_its_list_again_is_answered(runtime: Runtime, asked: Phone) -> None:
    asked.say(OPENID, "你好")
    asked.say(OPENID, "在的")
    assert "请回复序号 1" in asked.say(OPENID, "5").text
    assert "已签到：主题党日" in asked.say(OPENID, "1").text
    assert len(checkins(runtime)) == 1


def test_a_question_in_words_stays_open_behind_a_list_whose_digits_count(asked: Phone) -> None:
    asked.say(OPENID, "更正 手机换成 13900001111")
    assert "1 学习园地" in asked.say(OPENID, "帮助").text
    assert "近期活动" in asked.say(OPENID, "4").text
    assert "已提交更正申请" in asked.say(OPENID, "同意").text


def test_a_number_that_comes_too_late_is_asked_again_though_one_activity_is_left(
    runtime: Runtime, office: Office, asked: Phone
) -> None:
    with runtime.db.session_scope() as session:
        second = open_activity(session, office, "义诊")
    assert "2. 义诊" in asked.say(OPENID, "签到").text
    with runtime.db.session_scope() as session:
        session.execute(sa.update(Conversation).values(expires_at=clock.now() - timedelta(seconds=1)))
        session.execute(sa.update(Activity).where(Activity.id == second).values(ends_at=clock.now()))
    assert "1. 主题党日" in asked.say(OPENID, "2").text
    assert checkins(runtime) == []
    assert "已签到：主题党日" in asked.say(OPENID, "1").text


def test_after_binding_the_menu_is_shown_and_its_digits_work(runtime: Runtime, phone: Phone) -> None:
    phone.event(STRANGER, "subscribe")
    phone.say(STRANGER, "绑定 李红梅 9012")
    bound = phone.say(STRANGER, "同意").text
    assert "绑定成功" in bound
    assert "4 活动" in bound
    assert "近期没有活动" in phone.say(STRANGER, "4").text
