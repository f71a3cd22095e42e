"""The console by clicks alone, in Chromium, with a real server and the local WeChat."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

import runtime
from accounts import users
from community import places, places_file, roster, roster_file
from content import columns
from ground import clock
from tests.fixtures.browser import Windows
from tests.fixtures.live import PASSWORD, Live
from tests.fixtures.processes import eventually

DATA = Path(__file__).parents[1] / "data"

pytestmark = pytest.mark.browser
expect.set_options(timeout=20_000)  # a busy machine


def _furnish(live: Live, people: dict[str, str], *, with_roster: bool = False) -> None:
    """Places, columns, accounts and perhaps the roster, straight into the database before anything runs."""
    parts = runtime.build(live.settings)
    now = clock.now()
    hashed = users.hash_password(PASSWORD)
    with parts.db.session_scope() as session:
        columns.ensure_defaults(session)
        places.write(session, places_file.parse((DATA / "places.xlsx").read_bytes()), at=now)
        first = places.branches(session)[0]
        for name, role in people.items():
            branch = first if role == "secretary" else None
            users.create(session, username=name, password_hash=hashed, role=role, at=now, branch=branch)
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


def test_a_word_file_goes_through_three_people_to_the_followers_phones(live: Live, windows: Windows) -> None:
    _furnish(
        live, {"bianji": "editor", "yi": "reviewer", "er": "reviewer", "san": "reviewer", "guanli": "admin"}
    )
    live.start(followers=12)
    live.control("settings", {"job_finish_delay_s": 0.3})
    admin = windows.desk()
    _enter(admin, live, "guanli")
    admin.get_by_role("link", name="关注者", exact=True).click()
    admin.get_by_role("button", name="从微信同步").click()
    expect(admin.locator("#notices")).to_contain_text("同步完成：关注者 12 人")

    desk = windows.desk()
    _enter(desk, live, "bianji")
    desk.get_by_role("link", name="全部稿件").first.click()
    desk.get_by_role("link", name="导入 Word").first.click()
    desk.get_by_label("Word 文件").set_input_files(DATA / "article-2.docx")
    desk.get_by_role("button", name="开始导入").click()
    expect(desk.get_by_role("heading", name="编辑稿件")).to_be_visible()
    expect(desk.locator("#findings")).to_contain_text("错敏检查")
    title = desk.get_by_label("标题").input_value()
    desk.locator(".jodit-wysiwyg").click()
    desk.keyboard.press("Control+End")
    desk.keyboard.type("欢迎大家来坐坐。")
    expect(desk.frame_locator("#preview iframe").locator(".paper")).to_contain_text("欢迎大家来坐坐")
    desk.get_by_role("button", name="提交审核").click()
    assert _confirm(desk, "提交审核") == "确定保存并提交审核吗？"
    expect(desk.locator("#notices")).to_contain_text("已提交一审")

    for reviewer in ("yi", "er", "san"):
        phone = windows.phone()
        _enter(phone, live, reviewer)
        phone.get_by_label(re.compile("待办 1 项")).click()
        phone.get_by_role("link", name=title).first.click()
        _fits(phone)
        phone.get_by_role("button", name="通过").click()
        _confirm(phone, "通过")
        expect(phone.get_by_role("heading", name="稿件审核")).to_be_visible()

    desk.reload()
    desk.get_by_role("link", name="推送", exact=True).click()
    expect(desk.locator("#count")).to_contain_text("预计 12 人收到")
    desk.get_by_role("button", name="下一步").click()
    desk.get_by_role("button", name="确定推送").click()
    assert _confirm(desk, "确定推送") == f"确定向 12 人群发《{title}》吗？"
    expect(desk.locator("#live")).to_contain_text("已发布", timeout=60_000)
    eventually(lambda: len(live.receipts()) == 12)


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
    expect(phone.locator(".lines a")).to_have_count(1)
