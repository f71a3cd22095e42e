"""现场签到 by the QR code of a screen, and 我的活动: in WeChat's browser."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa
import time_machine

from community import activities as services
from community import invitation, screens
from ground import clock
from models import Arrival, Branch, CheckIn, CheckInScreen, Leave, MakeUpRequest, User
from tests.inbound.conftest import open_activity
from tests.reader.conftest import Place
from tests.reader.test_my_data import known_to_wechat
from tests.world import activities


@pytest.fixture
def zhang(place: Place, sandbox: object) -> str:
    """张三, as WeChat knows him."""
    (openid,) = sandbox.followers(1)  # type: ignore[attr-defined]
    known_to_wechat(place, openid, "张三")
    return str(openid)


def meeting(place: Place, title: str = "支部党员大会", *, branch: int = 0) -> int:
    """An open activity with a screen."""
    with place.runtime.db.session_scope() as session:
        number = open_activity(session, place.office, title, branch=branch)
        admin = session.get_one(User, place.office.user)
        screens.start(session, admin, number, code_only=True, at=clock.now())
        return number


def scanned(place: Place, number: int) -> str:
    """The address in the QR code that the screen shows now."""
    with place.runtime.db.read_scope() as session:
        admin = session.get_one(User, place.office.user)
        activity = services.get(session, number, user=admin)
        shown = screens.shown(
            session, admin, activity, session.get_one(CheckInScreen, number), at=clock.now()
        )
        return f"/m/me/in/{shown.link}"


def came(place: Place) -> list[tuple[str, int]]:
    """(way, member) of every check-in."""
    with place.runtime.db.read_scope() as session:
        return [(row[0], row[1]) for row in session.execute(sa.select(CheckIn.via, CheckIn.member_id))]


def test_who_scans_the_code_is_known_to_wechat_and_presses_one_button(place: Place, zhang: str) -> None:
    number = meeting(place)
    reader = place.reader(zhang)
    page = reader.get(scanned(place, number))
    assert "支部党员大会" in page
    assert came(place) == [], "opening an address records nothing"
    done = reader.post("/m/me/in").text
    assert "已签到：支部党员大会" in done
    assert "撤销" in done
    assert came(place) == [("code", place.office.members["张三"])]
    assert "请重新扫码" in reader.post("/m/me/in", 410).text, "the pass is used up"
    again = reader.get(scanned(place, number))
    assert "支部党员大会" in again
    assert "无需重复签到" in reader.post("/m/me/in").text
    with place.runtime.db.read_scope() as session:
        (trace,) = session.scalars(sa.select(Arrival))
        assert None not in (trace.device, trace.network)
        assert zhang.encode() not in trace.wechat


def test_a_code_that_was_passed_on_is_late_and_one_that_was_made_up_is_none(place: Place, zhang: str) -> None:
    number = meeting(place)
    with time_machine.travel(clock.now(), tick=False) as now:
        address = scanned(place, number)
        now.shift(41)
        assert "已经过期" in place.reader(zhang).get(address, 410)
        fresh = scanned(place, number)
        reader = place.reader(zhang)
        reader.get(fresh)
        now.shift(4 * 60)
        assert "已签到" in reader.post("/m/me/in").text, "WeChat's page and the button may take their time"
        slow = place.reader(zhang)
        slow.get(scanned(place, number))
        now.shift(6 * 60)
        assert "请重新扫码" in slow.post("/m/me/in", 410).text
    forged = scanned(place, number)[:-1] + ("0" if not scanned(place, number).endswith("0") else "1")
    assert "没有识别出" in place.reader(zhang).get(forged, 410)
    assert "没有识别出" in place.reader(zhang).get("/m/me/in/1-2-3", 410)


def test_another_branch_s_code_records_nobody(place: Place, zhang: str) -> None:
    number = meeting(place, "二支部的会", branch=1)
    reader = place.reader(zhang)
    reader.get(scanned(place, number))
    assert "没有邀请您所在的党支部" in reader.post("/m/me/in").text
    assert came(place) == []


def test_on_a_public_account_the_page_says_what_to_reply(small_place: Place) -> None:
    number = meeting(small_place)
    page = small_place.reader().get(scanned(small_place, number))
    (digits,) = re.findall(r"签到 (\d{4})", page)
    assert (
        "已签到：支部党员大会" in small_place.phone.say("oPioneer0000000000000000001A", f"签到 {digits}").text
    )


def test_a_member_takes_leave_comes_back_and_asks_to_make_up_by_tapping(place: Place, zhang: str) -> None:
    with place.runtime.db.session_scope() as session:
        branch = session.get_one(Branch, place.office.branches[0])
        now = clock.now()
        tomorrow = activities.activity(
            session, "主题党日", branches=[branch], starts=now + timedelta(days=1)
        ).id
        over = activities.activity(
            session, "支部党员大会", branches=[branch], starts=now - timedelta(hours=5), hours=1
        ).id
    reader = place.reader(zhang)
    page = reader.get("/m/me/activities")
    assert "主题党日" in page
    assert "不做排名" in page
    assert "来不了，去请假" in reader.get(invitation.path(tomorrow))
    assert "去请假" not in reader.get(invitation.path(over)), "what is over is made up"
    reader.get("/m/me/activities")
    assert "已请假：主题党日" in reader.post(f"/m/me/activities/{tomorrow}/leave", reason="出差").text
    with place.runtime.db.read_scope() as session:
        (leave,) = session.scalars(sa.select(Leave))
        assert (leave.via, leave.reason) == ("page", "出差")
    assert "已取消请假" in reader.post(f"/m/me/activities/{tomorrow}/return").text
    assert "请写明补签原因" in reader.post(f"/m/me/activities/{over}/make-up", 422, reason=" ").text
    assert "已提交补签申请" in reader.post(f"/m/me/activities/{over}/make-up", reason="当天值班").text
    assert "补签待审批" in reader.get("/m/me/activities")
    with place.runtime.db.read_scope() as session:
        assert session.scalars(sa.select(MakeUpRequest.reason)).one() == "当天值班"
    refused = reader.post(f"/m/me/activities/{over}/leave", 422, reason="").text
    assert "近期没有" in refused, "what is over is made up, not left"
