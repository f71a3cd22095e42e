"""The console by clicks alone, in Chromium, with a real server and the local WeChat."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import runtime
from accounts import users
from community import roster, roster_file
from content import columns
from ground import clock
from tests.fixtures.browser import Windows
from tests.fixtures.live import PASSWORD, Live
from tests.world import accounts, places

DATA = Path(__file__).parents[1] / "data"

pytestmark = pytest.mark.browser


def _furnish(live: Live, people: dict[str, str], *, with_roster: bool = False) -> None:
    """Places, columns, accounts and perhaps the roster, straight into the database before anything runs."""
    parts = runtime.build(live.settings)
    now = clock.now()
    hashed = users.hash_password(PASSWORD)
    with parts.db.session_scope() as session:
        columns.ensure_defaults(session)
        first, *_ = places.sample(session, at=now)
        for name, role in people.items():
            branch = first if role == "secretary" else None
            accounts.account(session, name, role, branch=branch, password_hash=hashed)
    if with_roster:
        parsed = roster_file.parse(
            (DATA / "roster.xlsx").read_bytes(), max_rows=5000, today=clock.shanghai_day(now)
        )
        with parts.db.read_scope() as session:
            plan = roster.plan(session, parsed)
        roster.carry_out(parts.db, plan, file_name="roster.xlsx")
    parts.close()


def _enter(page: Page, live: Live, username: str) -> None:
    page.goto(f"{live.url}/console/")
    page.get_by_label("用户名").fill(username)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.get_by_role("heading", name="工作台")).to_be_visible()


def _confirm(page: Page, button: str) -> str:
    """Press the button of the dialog; what the dialog asked."""
    dialog = page.locator("#confirm")
    expect(dialog).to_be_visible()
    asked = dialog.locator("[data-title]").inner_text()
    page.wait_for_timeout(400)
    dialog.get_by_role("button", name=button, exact=True).click()
    return asked


def _fits(page: Page) -> None:
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_secretary_announces_an_activity_and_enters_the_paper_sheet_on_a_phone(
    live: Live, windows: Windows
) -> None:
    _furnish(live, {"shuji": "secretary"}, with_roster=True)
    live.start()
    phone = windows.phone()
    phone.goto(f"{live.url}/branch/")
    phone.get_by_label("用户名").fill("shuji")
    phone.get_by_label("密码").fill(PASSWORD)
    phone.get_by_role("button", name="登录").click()
    phone.get_by_role("link", name="新建", exact=True).click()
    phone.get_by_label("活动名称").fill("支部主题党日")
    phone.get_by_label("事由").fill("学习并讨论为民服务项目")
    day = live.control("clock")["at"][:10]
    phone.get_by_label("开始签到").fill(f"{day}T00:00")
    phone.get_by_label("结束签到").fill(f"{int(day[:4]) + 1}-01-01T00:00")
    _fits(phone)
    phone.get_by_role("button", name="新建活动").dblclick()
    expect(phone.get_by_role("heading", name="支部主题党日")).to_be_visible()
    phone.get_by_role("link", name="补录签到").click()
    expect(phone.locator(".ticks input").first).to_be_visible()  # all() does not wait for the page
    for box in phone.locator(".ticks input").all()[:3]:
        box.check()
    _fits(phone)
    phone.get_by_role("button", name="确定补录").click()
    expect(phone.locator(".big-count .now")).to_have_text("3")
    with phone.expect_download() as download:
        phone.get_by_role("button", name="导出台账").click()
    assert download.value.suggested_filename.startswith("时代先锋云_签到台账_湖东社区党支部_")
    phone.get_by_role("link", name="活动", exact=True).click()
    expect(phone.locator(".now-card")).to_have_count(1)
