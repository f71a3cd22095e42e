"""A secretary's evening from the command line: the screen, the list, a mistake taken back, a 补签 decided."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import timedelta

from click.testing import Result

from community import screen_codes
from ground import clock
from models import CheckInScreen
from tests.community.conftest import BRANCH, Office
from tests.world import activities

Flask = Callable[..., Result]


def test_an_evening_without_a_browser(office: Office, flask: Flask) -> None:
    office.user("admin", name="admin")
    office.user("secretary", BRANCH, name="shuji")
    zhang, li, wang = office.member("张小三"), office.bound("oLi", "李小四"), office.member("王小五")
    meeting = office.activity("主题党日", BRANCH, starts=clock.now() - timedelta(hours=1))
    with office.db.session_scope() as session:
        activities.on_leave(session, "oLi", meeting, reason="出差")
    here = ("--as", "shuji")

    opened = json.loads(flask("screen", "open", meeting.id, "--code-only", *here, "--json").stdout)
    assert opened["address"].endswith(f"/console/activities/{meeting.id}/screen")
    shown = json.loads(flask("screen", "show", meeting.id, *here, "--json").stdout)
    with office.db.read_scope() as session:
        secret = session.get_one(CheckInScreen, meeting.id).secret
    assert screen_codes.step_of(secret, shown["code"], clock.now()) is not None
    assert (shown["came"], shown["code_only"]) == (0, True)

    listed = json.loads(flask("checkin", "list", meeting.id, *here, "--json").stdout)
    assert [(one["id"], one["name"], one["state"], one["on_leave"]) for one in listed] == [
        (zhang, "张*三", "none", False), (li, "李*四", "none", True), (wang, "王*五", "none", False),
    ]  # fmt: skip
    assert [
        one["id"]
        for one in json.loads(flask("checkin", "list", meeting.id, "--find", "wxw", *here, "--json").stdout)
    ] == [wang]
    unsaid = json.loads(
        flask("checkin", "list", meeting.id, "--branch", BRANCH, "--as", "admin", "--json").stdout
    )
    assert {one["state"] for one in unsaid} == {None}, "who came, by name, is the branch's own"
    assert "请用 --branch" in flask("checkin", "list", meeting.id, "--as", "admin").stderr
    assert "出差" in flask("checkin", "leave", meeting.id, *here).stdout
    assert "出差" not in flask("checkin", "leave", meeting.id, "--branch", BRANCH, "--as", "admin").stdout

    assert "已登记 2 人" in flask("checkin", "mark", meeting.id, zhang, li, *here).stdout
    assert "2 人原已签到" in flask("checkin", "mark", meeting.id, zhang, li, *here).stdout
    latest = {
        one["name"]: one["id"]
        for one in json.loads(flask("checkin", "latest", meeting.id, *here, "--json").stdout)
    }
    assert flask("checkin", "takeback", meeting.id, latest["李*四"], *here).exit_code == 2
    back = flask("checkin", "takeback", meeting.id, latest["李*四"], "--reason", "勾错了人", *here)
    assert "已撤回 李*四 的签到" in back.stdout
    assert "签到屏已停用" in flask("screen", "close", meeting.id, *here).stdout
    assert "没有签到屏" in flask("screen", "show", meeting.id, *here).stderr


def test_what_was_missed_is_entered_and_decided_without_a_browser(office: Office, flask: Flask) -> None:
    office.user("secretary", BRANCH, name="shuji")
    zhang = office.member("张小三")
    office.bound("oWang", "王小五")
    over = office.activity("上次党课", BRANCH, starts=clock.now() - timedelta(hours=9), hours=2)
    with office.db.session_scope() as session:
        activities.asks_to_make_up(session, "oWang", over, reason="当天值班")
    here = ("--as", "shuji")
    assert "补录签到" in flask("checkin", "mark", over.id, zhang, *here).stderr
    assert (
        "已登记 1 人" in flask("checkin", "mark", over.id, zhang, "--paper", "纸质签到表补录", *here).stdout
    )

    assert re.search(r"上次党课\s+王\*五\s+当天值班", flask("checkin", "waiting", *here).stdout)
    assert "请用 --approve" in flask("checkin", "decide", 1, *here).stderr
    assert "已通过" in flask("checkin", "decide", 1, "--approve", *here).stdout
    assert json.loads(flask("checkin", "waiting", *here, "--json").stdout) == []
    counts = json.loads(flask("activity", "show", over.id, *here, "--json").stdout)
    assert (counts["checked_in"], counts["made_up"]) == (2, 2)
