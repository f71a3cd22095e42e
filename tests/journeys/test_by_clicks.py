"""Word file → reviews → push → phone → check-in → Excel, by clicks alone in Chromium on the demo's whole office."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Route, TimeoutError, expect
from python_calamine import CalamineWorkbook

from tests.fixtures.browser import Windows
from tests.fixtures.live import Live
from tests.fixtures.processes import Spawn
from tests.fixtures.screens import DESK, PHONE, WIDTHS, Handset, fits, window
from tests.journeys.clicks import Desk, new_links, start_demo

pytestmark = pytest.mark.browser
DATA = Path(__file__).parents[1] / "data"
BRANCH = "梧桐里社区党支部"
ACTIVITY = "主题党日：旧充电棚改造议一议"


@pytest.fixture(scope="module")
def demo(spawn_module: Spawn, tmp_path_factory: pytest.TempPathFactory) -> Live:
    return start_demo(spawn_module, tmp_path_factory.mktemp("clicks") / "demo")


def somebody_not_bound(desk: Desk) -> tuple[str, str]:
    """Name and last digits of a member of the branch, looked up by the administrator with a reason."""
    page = desk.page
    page.get_by_role("combobox", name="党支部").select_option(label="梧桐里支部")
    page.get_by_role("combobox", name="绑定").select_option(label="未绑定")
    page.get_by_role("button", name="查询").click()
    page.get_by_role("link", name="查看").first.click()
    page.get_by_role("link", name="查看未脱敏信息").click()
    page.get_by_label("查看事由").fill("协助本人绑定")
    page.get_by_role("button", name="查看", exact=True).click()
    name = page.locator("dt:text-is('姓名') + dd").inner_text()
    phone = page.locator("dt:text-is('手机号码') + dd").inner_text()
    return name, phone[-4:]


def hand_in_word(desk: Desk, file: str) -> str:
    """Import a Word file and submit it; its title."""
    page = desk.page
    page.get_by_role("link", name="导入 Word").first.click()
    page.get_by_label("Word 文件").set_input_files(DATA / file)
    page.get_by_label("栏目").select_option(label="先锋动态")
    page.get_by_role("button", name="开始导入").click()
    expect(page.get_by_role("heading", name="编辑稿件")).to_be_visible()
    fits(page)
    title = page.get_by_label("标题").input_value()
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("已保存")
    page.get_by_role("button", name="提交审核").click()
    desk.confirm("提交审核")
    expect(page.locator("#notices")).to_contain_text("已提交一审")
    return title


def approve(desk: Desk, title: str) -> None:
    page = desk.page
    desk.go("稿件审核")
    page.get_by_role("link", name=title).first.click()
    expect(page.get_by_role("heading", name=title).first).to_be_visible()
    fits(page)  # by then the body's frame has its height, and nothing below it moves under the finger
    page.get_by_role("button", name="通过").click()
    assert title in desk.confirm("通过")
    expect(page.get_by_role("heading", name="稿件审核")).to_be_visible()


def push(desk: Desk, title: str) -> int:
    """Send it to one branch by the wizard and watch it arrive; the number of people."""
    page = desk.page
    desk.go("全部稿件")
    page.get_by_role("link", name=title).first.click()
    page.get_by_role("link", name="推送", exact=True).click()
    page.get_by_label("选择范围").check()
    page.get_by_label("梧桐里支部", exact=True).check()
    expect(page.locator("#count")).to_contain_text("梧桐里支部")
    fits(page)
    page.get_by_role("button", name="下一步").click()
    expect(page.get_by_role("heading", name="确认推送")).to_be_visible()
    planned = desk.figure("预计收到")
    page.get_by_role("button", name="确定推送").click()
    assert desk.confirm("确定推送") == f"确定向 {planned} 人群发《{title}》吗？"
    expect(page.get_by_role("heading", name=title)).to_be_visible()
    page.evaluate("window.stays = true")
    expect(page.locator("#live")).to_contain_text("已发布", timeout=30_000)
    assert page.evaluate("window.stays"), "the page was loaded anew"
    assert desk.figure("已送达") == planned
    return planned


def download(page: Page, button: str, folder: Path) -> tuple[str, list[list[str]]]:
    """The file's name and the cells of its first sheet."""
    with page.expect_download() as waiting:
        page.get_by_role("button", name=button, exact=True).click()
    file = folder / waiting.value.suggested_filename
    waiting.value.save_as(file)
    rows = CalamineWorkbook.from_path(file).get_sheet_by_index(0).to_python()
    return file.name, [[str(cell) for cell in row] for row in rows]


def test_from_the_word_file_to_the_ledger(demo: Live, windows: Windows, tmp_path: Path) -> None:
    """Each of them at a screen of another width: every page of the console is held against both below."""
    desk = Desk(window(windows, PHONE), demo)
    desk.enter("admin")
    desk.go("党员名册")
    name, digits = somebody_not_bound(desk)
    desk.leave()

    desk.at(DESK)
    desk.enter("bianji")
    desk.go("全部稿件")
    title = hand_in_word(desk, "article-1.docx")
    desk.leave()
    for reviewer, width in (("yishen", PHONE), ("ershen", DESK), ("sanshen", PHONE)):
        desk.at(width)
        desk.enter(reviewer)
        approve(desk, title)
        desk.leave()

    phone = Handset(window(windows, PHONE, touch=True), demo.sandbox_url).open()
    phone.become_somebody_new("小区居民甲")
    phone.scan(BRANCH)
    phone.hear("您通过梧桐里支部的二维码关注")
    phone.say(f"绑定 {name} {digits}")
    phone.hear("同意请回复“同意”")
    phone.say("同意")
    phone.hear("绑定成功")
    phone.tap("我的", "近期活动")
    phone.hear(ACTIVITY)

    desk.enter("bianji")
    assert push(desk, title) > 100
    card = phone.page.locator(".news-single", has_text=title)
    card.click()
    expect(phone.inside().get_by_role("heading", name=title)).to_be_visible()
    phone.close()
    phone.tap("先锋动态")
    phone.inside().get_by_role("link", name=title).first.click()
    expect(phone.inside().locator("h1")).to_have_text(title)
    phone.close()
    desk.leave()

    desk.at(DESK)
    desk.enter("admin")
    desk.go("活动列表")
    desk.page.get_by_role("link", name=ACTIVITY).click()
    expect(desk.page.get_by_role("heading", name=ACTIVITY)).to_be_visible()
    before = desk.figure("已签到")
    phone.say("签到")
    phone.hear("已签到")
    now = desk.page.locator(".figure-box .value.key")
    expect(now).to_contain_text(re.compile(rf"^\D*{before + 1}\D*$"))
    expect(desk.page.locator("#live")).to_contain_text(f"{name[0]}*")
    fits(desk.page)

    named, rows = download(desk.page, "导出台账", tmp_path)
    assert named.startswith("时代先锋云_签到台账_")
    assert ACTIVITY in rows[0][0]
    people = [row for row in rows if row[0].replace(".0", "").isdigit()]
    assert len(people) == before + 1
    assert any(row[1].startswith(f"{name[0]}*") and row[2] == BRANCH for row in people)
    assert not any(name in row for row in rows)


def test_the_secretary_does_her_part_on_a_phone(demo: Live, windows: Windows, tmp_path: Path) -> None:
    desk = Desk(window(windows, PHONE, touch=True), demo)
    page = desk.enter("shuji", "/branch/")
    page.get_by_role("link", name=ACTIVITY).click()
    count = page.locator(".big-count .now")
    before = int(count.inner_text())
    page.get_by_role("link", name="补录签到").click()
    expect(page.locator(".ticks input").first).to_be_visible()  # all() does not wait for the page
    for box in page.locator(".ticks input:not([disabled])").all()[:2]:
        box.check()
    page.get_by_role("button", name="确定补录").click()
    expect(count).to_have_text(str(before + 2))
    fits(page)
    named, rows = download(page, "导出台账", tmp_path)
    assert BRANCH in named
    assert sum("补签" in row for row in rows) >= 2
    page.get_by_role("link", name="新建", exact=True).click()
    page.get_by_label("活动名称").fill("支部小院清扫")
    page.get_by_label("事由").fill("一起打扫支部小院")
    page.get_by_label("开始签到").fill("2026-01-01T08:00")
    page.get_by_label("结束签到").fill("2036-01-01T20:00")
    page.get_by_role("button", name="新建活动").click()
    expect(page.get_by_role("heading", name="支部小院清扫")).to_be_visible()
    page.get_by_role("link", name="二维码").click()
    expect(page.locator("img.qr")).to_be_visible()
    fits(page)


def test_a_button_that_asks_waits_for_the_script_that_asks(demo: Live, windows: Windows) -> None:
    desk = Desk(window(windows, DESK), demo)
    page = desk.enter("shenji")
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/forms.js", hold)
    page.goto(f"{demo.url}/console/components", wait_until="commit")
    stop = page.get_by_role("button", name="停用", exact=True)
    expect(stop).to_be_visible()
    with pytest.raises(TimeoutError):
        stop.click(timeout=1500)
    for route in held:
        route.continue_()
    stop.click()
    assert desk.confirm("停用") == "确定停用账号“wang”吗？"


def test_every_page_of_the_console_fits_a_phone_and_a_desk(demo: Live, windows: Windows) -> None:
    desk = Desk(window(windows, PHONE), demo)
    page = desk.enter("admin")
    todo, seen, walked = (
        ["/console/"],
        {"/console/", "/console/members/template.xlsx", "/console/lexicon.xlsx"},
        0,
    )
    while todo:
        address = todo.pop()
        answer = page.goto(f"{demo.url}{address}")
        assert answer is not None
        assert answer.status == 200, address
        for size in WIDTHS.values():
            page.set_viewport_size(size)
            fits(page)
        walked += 1
        todo.extend(new_links(page, seen))
    assert walked > 45, seen
