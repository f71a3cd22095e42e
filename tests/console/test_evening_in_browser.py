"""A secretary's evening in Chromium: the screen in the hall, the list on the phone, a correction, the ledger."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

import runtime
from accounts import users
from community import places as services
from ground import clock
from tests.fixtures.browser import Windows
from tests.fixtures.live import PASSWORD, Live
from tests.world import accounts, activities, members, places

pytestmark = pytest.mark.browser
_PEOPLE = ("张三丰", "李四光", "王五洲", "单田芳")


def _furnish(live: Live) -> int:
    """A branch with its people, its secretary and a meeting that is on; the meeting."""
    parts = runtime.build(live.settings)
    with parts.db.session_scope() as session:
        branch = services.branch(session, places.sample(session, at=clock.now())[0].id)
        hashed = users.hash_password(PASSWORD)
        accounts.account(session, "shuji", "secretary", branch=branch, password_hash=hashed)
        members.enrol(session, [members.row(name, branch.name) for name in _PEOPLE])
        number = activities.activity(session, "支部党员大会", branches=[branch], hours=4).id
    parts.close()
    return number


def _enter(page: Page, live: Live) -> None:
    page.goto(f"{live.url}/branch/")
    page.get_by_label("用户名").fill("shuji")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()


def _fits(page: Page) -> None:
    page.wait_for_load_state()
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_a_secretarys_evening(live: Live, windows: Windows) -> None:
    number = _furnish(live)
    live.start()
    phone, hall = windows.phone(), windows.desk()
    _enter(hall, live)
    hall.goto(f"{live.url}/console/activities/{number}/screen")
    hall.get_by_role("button", name="打开签到屏").click()
    code, came = hall.locator("[data-code]"), hall.locator("[data-came]")
    expect(code).to_have_text(re.compile(r"^\d{4}$"))
    expect(hall.locator(".hall-qr path")).to_have_attribute("d", re.compile(r"^M\d"))
    expect(came).to_have_text("0")
    nodes = hall.evaluate("document.getElementsByTagName('*').length")

    _enter(phone, live)
    expect(phone.get_by_text("未到")).not_to_have_count(0)
    _fits(phone)
    phone.get_by_role("link", name="登记签到").click()
    phone.get_by_label("姓名").fill("zsf")
    phone.get_by_role("button", name="查询").click()
    expect(phone.locator(".ticks label")).to_have_count(1)
    phone.locator(".ticks label").click()
    phone.get_by_role("button", name="登记到场").click()
    dialog = phone.locator("#confirm")
    expect(dialog).to_contain_text("确定登记所选党员到场吗")
    phone.wait_for_timeout(400)
    dialog.get_by_role("button", name="登记到场").click()
    expect(phone.locator("#notices").get_by_text("已登记 1 人")).to_be_visible()
    _fits(phone)
    expect(came).to_have_text("1", timeout=10_000)

    phone.get_by_text("最近签到，勾错了在这里撤回").click()
    phone.locator(".entries summary").first.click()
    phone.get_by_placeholder("原因，例如：勾错了人").fill("勾错了人")
    phone.get_by_role("button", name="撤回签到").click()
    expect(phone.locator("#notices").get_by_text("已撤回 张*丰 的签到")).to_be_visible()
    expect(came).to_have_text("0", timeout=10_000)

    # The network goes and comes back; the hall goes on by itself, and nothing was added to its page meanwhile.
    hall.context.set_offline(True)
    expect(hall.get_by_text("恢复后自动继续")).to_be_visible(timeout=15_000)
    hall.context.set_offline(False)
    expect(hall.get_by_text("恢复后自动继续")).to_have_count(0, timeout=15_000)
    first = code.inner_text()
    expect(code).not_to_have_text(first, timeout=30_000)
    assert hall.evaluate("document.getElementsByTagName('*').length") == nodes
    _fits(hall)

    # Somebody signs out: the hall says so and shows no code that it cannot renew.
    hall.context.clear_cookies()
    expect(hall.get_by_role("link", name="重新登录")).to_be_visible(timeout=15_000)
    expect(code).not_to_be_visible()
