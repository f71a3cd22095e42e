"""签到 with the code of a screen, and 请假: what a follower writes and reads back."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine

import runtime as parts
from community import activities as services
from community import arriving, counting, screen_codes, screens
from ground import clock
from models import Activity, Arrival, Branch, CheckIn, CheckInScreen, Leave, User
from runtime import Runtime
from tests.fixtures.configuration import make_settings
from tests.inbound.conftest import (
    OPENID,
    OTHER,
    STRANGER,
    Office,
    account_of,
    checkins,
    furnish,
    open_activity,
)
from tests.inbound.platform import Phone
from tests.world import activities, followers, members
from wechat.inbound.callback import make_callback

_GIVEN = [f"{one}{two}" for one in "建国志明秀英" for two in "华军平芳兰霞伟强勇涛"]
START = datetime(2026, 11, 20, 11, 0, tzinfo=UTC)


def announced(runtime: Runtime, office: Office, title: str, **more: Any) -> int:
    """An activity that is open."""
    with runtime.db.session_scope() as session:
        return open_activity(session, office, title, **more)


def screen(runtime: Runtime, office: Office, activity_id: int, *, code_only: bool = False) -> None:
    """Somebody opens the screen of an activity."""
    with runtime.db.session_scope() as session:
        admin = session.get_one(User, office.user)
        screens.start(session, admin, activity_id, code_only=code_only, at=clock.now())


def code(runtime: Runtime, office: Office, activity_id: int) -> str:
    """What the screen shows now."""
    with runtime.db.read_scope() as session:
        admin = session.get_one(User, office.user)
        found = session.get_one(CheckInScreen, activity_id)
        activity = services.get(session, activity_id, user=admin)
        return screens.shown(session, admin, activity, found, at=clock.now()).code


def wrong(runtime: Runtime, activity_id: int) -> str:
    """Four digits that no screen shows just now."""
    with runtime.db.read_scope() as session:
        secret = session.get_one(CheckInScreen, activity_id).secret
    now = screen_codes.step(clock.now())
    near = {screen_codes.typed(secret, now + more) for more in range(-30, 30)}
    return next(f"{one:04d}" for one in range(10_000) if f"{one:04d}" not in near)


def test_a_code_is_good_for_its_twenty_seconds_and_the_next_and_no_longer(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    with time_machine.travel(START, tick=False) as now:
        meeting = announced(runtime, office, "支部党员大会")
        screen(runtime, office, meeting)
        first = code(runtime, office, meeting)
        now.shift(19)
        assert code(runtime, office, meeting) == first
        now.shift(1)
        assert code(runtime, office, meeting) != first
        now.shift(19)
        assert "已签到：支部党员大会" in phone.say(OPENID, f"签到 {first}").text, "39 s: the one before"
        now.shift(1)
        assert "已过期" in phone.say(OTHER, f"簽到：{first}").text, "40 s: over"
        assert checkins(runtime) == [(meeting, office.members["张三"])]
        assert "已签到" in phone.say(OTHER, code(runtime, office, meeting) + "签到").text
        assert "无需重复签到" in phone.say(OTHER, f"签到{code(runtime, office, meeting)}").text
        assert "已撤销签到" in phone.say(OTHER, "撤销").text
    with runtime.db.read_scope() as session:
        (record,) = session.scalars(sa.select(CheckIn))
        assert (record.via, record.made_up) == ("code", False)


@pytest.fixture
def postgres_place(postgres_url: str) -> Iterator[tuple[Runtime, Office, Phone]]:
    """An office on PostgreSQL, whose web processes may stand on several machines."""
    runtime = parts.build(make_settings(database={"url": postgres_url}))
    with runtime.db.session_scope() as session:
        office = furnish(session)
    yield runtime, office, Phone(make_callback(runtime), account_of(runtime.settings))
    runtime.close()


@pytest.mark.parametrize("off", [timedelta(minutes=1), timedelta(minutes=-1)])
def test_processes_whose_clocks_differ_by_a_minute_take_each_others_codes(
    postgres_place: tuple[Runtime, Office, Phone], off: timedelta
) -> None:
    runtime, office, phone = postgres_place
    meeting = announced(runtime, office, "支部党员大会")
    screen(runtime, office, meeting)
    shown = code(runtime, office, meeting)
    with time_machine.travel(clock.now() + off, tick=True):  # the process that answers WeChat
        assert "已签到" in phone.say(OPENID, f"签到 {shown}").text
        theirs = code(runtime, office, meeting)
    assert "已签到" in phone.say(OTHER, f"签到 {theirs}").text


def test_who_guesses_has_to_wait_and_only_they(runtime: Runtime, office: Office, phone: Phone) -> None:
    with time_machine.travel(START, tick=False) as now:
        meeting = announced(runtime, office, "支部党员大会")
        screen(runtime, office, meeting)
        bad = wrong(runtime, meeting)
        for _ in range(arriving.MOST_WRONG):
            assert "不对或已过期" in phone.say(OPENID, f"签到 {bad}").text
        good = code(runtime, office, meeting)
        assert "10 分钟后再试" in phone.say(OPENID, f"签到 {good}").text
        assert "已签到" in phone.say(OTHER, f"签到 {good}").text, "others are not kept out"
        now.shift(int(arriving.RESTS.total_seconds()))
        assert "已签到" in phone.say(OPENID, f"签到 {code(runtime, office, meeting)}").text


def test_where_the_screen_says_so_a_plain_reply_does_not_count(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    meeting = announced(runtime, office, "支部党员大会", keyword="党日")
    screen(runtime, office, meeting, code_only=True)
    for said in ("签到", "党日", "签到 党日"):
        assert "屏幕上的四位数字" in phone.say(OPENID, said).text
    assert "屏幕" in phone.event(OPENID, "CLICK", "CHECKIN").text
    assert checkins(runtime) == []
    assert "已签到" in phone.say(OPENID, f"签到 {code(runtime, office, meeting)}").text
    screen(runtime, office, meeting, code_only=False)
    assert "已签到" in phone.say(OTHER, "签到").text


def test_digits_that_belong_to_no_screen_mean_what_they_meant_before(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    number = announced(runtime, office, "义诊", keyword="2026")
    elsewhere = announced(runtime, office, "二支部的会", branch=1)
    screen(runtime, office, elsewhere)
    theirs = code(runtime, office, elsewhere)
    assert "请回复序号" in phone.say(OPENID, f"签到 {theirs}").text, (
        "another branch's code is none for this one"
    )
    assert checkins(runtime) == []
    screen(runtime, office, number)
    assert "已签到：义诊" in phone.say(OPENID, "签到 2026").text, "the keyword"
    assert "绑定" in phone.say(STRANGER, f"签到 {theirs}").text


def test_three_hundred_people_type_the_code_within_its_time(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    openids = [f"oHall{number:023d}" for number in range(300)]
    with time_machine.travel(START, tick=False):  # the same code for all, however slow this machine is
        with runtime.db.session_scope() as session:
            branch = session.get_one(Branch, office.branches[0])
            names = [f"{first}{second}" for first in "张王李赵陈" for second in _GIVEN]
            rows = [members.row(name, branch.name) for name in names]
            followers.bind_all(session, openids, members.enrol(session, rows))
        meeting = announced(runtime, office, "表彰大会")
        screen(runtime, office, meeting)
        shown = code(runtime, office, meeting)
        with ThreadPoolExecutor(8) as hall:
            said = list(hall.map(lambda openid: phone.say(openid, f"签到 {shown}").text, openids))
    assert all("已签到：表彰大会" in text for text in said)
    with runtime.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(CheckIn)) == 300
        assert session.scalar(sa.select(sa.func.count(Arrival.wechat.distinct()))) == 300


def test_leave_needs_no_reason_counts_apart_and_gives_way_to_who_comes(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    meeting = announced(runtime, office, "支部党员大会")
    assert "已请假：支部党员大会" in phone.say(OPENID, "请假").text
    assert "您已请假" in phone.say(OPENID, "我请假 在外地").text
    assert "已请假" in phone.say(OTHER, "向书记请假，家里有事 13912345678").text
    assert counted(runtime, meeting) == (2, 0, 2, 0)
    assert "已取消请假" in phone.say(OTHER, "撤销").text
    assert counted(runtime, meeting) == (2, 0, 1, 1)
    assert "没有可以撤销" in phone.say(OTHER, "撤销").text
    assert "已签到" in phone.say(OPENID, "签到").text, "they came after all"
    assert counted(runtime, meeting) == (2, 1, 0, 1)
    assert "已撤销签到" in phone.say(OPENID, "撤销").text
    assert counted(runtime, meeting) == (2, 0, 1, 1), "the leave stands again"
    assert "已取消请假" in phone.say(OPENID, "销假").text
    assert counted(runtime, meeting) == (2, 0, 0, 2)
    with runtime.db.read_scope() as session:
        assert session.scalars(sa.select(Leave)).all() == []


def counted(runtime: Runtime, activity_id: int) -> tuple[int, int, int, int]:
    """Expected, in, on leave, not yet."""
    with runtime.db.read_scope() as session:
        found = counting.counts(session, session.get_one(Activity, activity_id))
        return found.expected, found.checked_in, found.on_leave, found.open


def test_several_activities_are_asked_about_and_nobody_takes_leave_for_another(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    with runtime.db.session_scope() as session:
        branch = session.get_one(Branch, office.branches[0])
        open_activity(session, office, "支部党员大会")
        tomorrow = activities.activity(
            session, "主题党日", branches=[branch], starts=clock.now() + timedelta(days=1)
        ).id
    asked = phone.say(OPENID, "请假 出差").text
    assert "1. 支部党员大会" in asked
    assert "已请假：主题党日" in phone.say(OPENID, "2").text
    with runtime.db.read_scope() as session:
        (row,) = session.scalars(sa.select(Leave))
        assert (row.activity_id, row.reason) == (tomorrow, "出差")
    assert "已请假：支部党员大会" in phone.say(OPENID, "支部党员大会请假").text
    assert "只能为本人请假" in phone.say(OTHER, "李红梅请假").text
    assert "没有为您签到" in phone.say(OTHER, "今天请假不签到").text
    assert "近期没有" in phone.say(STRANGER, "请假").text or "还没有绑定" in phone.say(STRANGER, "请假").text
