"""Thirty people move to another branch, in Chromium at both widths, and are taken back; the figures of before stand."""

from __future__ import annotations

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

import runtime
from ground import clock
from tests.console.test_in_browser import _confirm, _enter, _fits, _furnish
from tests.fixtures.browser import Windows
from tests.fixtures.live import Live
from tests.world import activities, members, places

pytestmark = pytest.mark.browser

HERE, THERE = "湖东社区党支部", "水墨社区支部"


def _enrol(live: Live) -> int:
    """Thirty people of one branch, and an activity of a week ago that expected them; its number."""
    parts = runtime.build(live.settings)
    with parts.db.session_scope() as session:
        members.enrol(session, [members.row(f"周小{chr(0x4E00 + n)}", HERE) for n in range(30)])
        home = places.branch(session, HERE)
        ended = activities.activity(
            session, "上周的主题党日", branches=[home], starts=clock.now() - timedelta(days=7)
        )
        activities.paper_sheet(session, ended, range(1, 6), at=clock.now())
        number = ended.id
    parts.close()
    return number


def _prepare(page: Page, live: Live) -> None:
    """Up to the last step, in which nothing is written yet."""
    page.goto(f"{live.url}/console/members")
    page.get_by_role("link", name="转移党员").click()
    page.get_by_label("党支部").select_option(label="湖东社区支部")
    page.get_by_role("button", name="查询").click()
    _fits(page)
    page.get_by_role("button", name="勾选本页 30 人").click()
    expect(page.get_by_text("已选 30 人")).to_be_visible()
    page.get_by_role("button", name="下一步").click()
    page.get_by_label("转入党支部").select_option(label=THERE)
    page.get_by_label("事由").fill("居住地变动")
    _fits(page)
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_text("以前的签到、应到人数和台账都不变")).to_be_visible()
    _fits(page)


def _move(page: Page) -> None:
    page.get_by_role("button", name="转移 30 人").click()
    assert "30 人" in _confirm(page, "转移")
    expect(page.get_by_role("heading", name=f"转入{THERE}")).to_be_visible()
    _fits(page)


def _take_back(page: Page, live: Live, person: int) -> None:
    page.goto(f"{live.url}/console/members/transfers")
    _fits(page)
    page.get_by_role("link", name="查看").first.click()
    expect(page.get_by_role("heading", name=f"转入{THERE}")).to_be_visible()
    _fits(page)
    page.get_by_role("button", name="整批撤回").click()
    _confirm(page, "整批撤回")
    expect(page.locator("dd .state", has_text="已撤回")).to_be_visible()
    page.goto(f"{live.url}/console/members/{person}")
    expect(page.get_by_text("居住地变动").first).to_be_visible()
    expect(page.get_by_text("次转移").first).to_be_visible()
    _fits(page)


def test_thirty_people_move_and_come_back_at_a_desk_and_on_a_phone(live: Live, windows: Windows) -> None:
    _furnish(live, {"admin": "admin"})
    ended = _enrol(live)
    live.start()
    desk, phone = windows.desk(), windows.phone()
    _enter(desk, live, "admin")
    _enter(phone, live, "admin")
    _prepare(phone, live)
    _prepare(desk, live)
    _move(desk)
    phone.goto(f"{live.url}/console/activities/{ended}")
    expect(phone.locator("tr", has_text="湖东社区支部").first).to_contain_text("不到三成")  # 5 of 30
    expect(phone.locator("tr", has_text=THERE)).to_have_count(0)
    _take_back(phone, live, 1)
    assert not windows.faults
