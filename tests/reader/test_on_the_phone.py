"""我的资料 and an activity's page on the local phone: asked for in the chat, opened by WeChat's page, read on narrow screens."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.fixtures.browser import PHONE, Windows
from tests.fixtures.live import PASSWORD
from tests.reader.conftest import Linked
from tests.world.days import NEXT_YEAR

pytestmark = pytest.mark.browser
LOOK = """() => ({
  width: document.documentElement.scrollWidth,
  low: [...document.querySelectorAll('main a, main button, main summary')]
    .filter((one) => !one.hidden && one.getBoundingClientRect().height < 43).map((one) => one.textContent.trim()),
})"""


def test_from_the_chat_to_the_page_to_a_correction_and_out_again(linked: Linked, windows: Windows) -> None:
    (openid,) = linked.sandbox.followers(1)
    assert "单独同意" in linked.say(openid, "绑定 李红梅 9012")
    assert "绑定成功" in linked.say(openid, "同意")
    found = re.search(r"http\S+/m/me", linked.say(openid, "我的资料"))
    assert found
    context = windows.context(viewport=PHONE, has_touch=True, is_mobile=True)
    context.add_cookies([{"name": "sandbox_openid", "value": openid, "url": linked.sandbox.url}])
    page = context.new_page()
    page.goto(found[0])
    expect(page.locator("h1")).to_have_text("我的资料")
    expect(page.locator("dl.facts").first).to_contain_text("李*梅")
    look = page.evaluate(LOOK)
    assert look == {"width": 375, "low": []}
    page.get_by_role("link", name="显示姓名和手机号码").click()
    expect(page.locator("dl.facts").first).to_contain_text("李红梅")
    page.get_by_role("link", name="申请更正").click()
    page.get_by_label("要更正什么").fill("手机换成 13900001111")
    page.get_by_role("button", name="提交申请").click()
    expect(page.locator("h1")).to_have_text("已提交更正申请")
    page.get_by_role("link", name="回到我的资料").click()
    expect(page.locator("main")).to_contain_text("更正信息（待办理）")
    page.get_by_role("link", name="解除绑定").click()
    page.get_by_role("button", name="解除绑定").click()
    expect(page.locator("h1")).to_have_text("已解除绑定")
    assert "您还没有绑定" in linked.say(openid, "我的资料")


def open_as(linked: Linked, windows: Windows, openid: str, width: int) -> Page:
    """A phone of this width, of somebody whom WeChat knows."""
    context = windows.context(viewport={"width": width, "height": 640}, has_touch=True, is_mobile=True)
    context.add_cookies([{"name": "sandbox_openid", "value": openid, "url": linked.sandbox.url}])
    return context.new_page()


def test_an_activity_from_a_template_to_its_page_to_its_end(linked: Linked, windows: Windows) -> None:
    (openid,) = linked.sandbox.followers(1)
    linked.say(openid, "绑定 李红梅 9012")
    linked.say(openid, "同意")
    hers = windows.context(viewport=PHONE, has_touch=True, is_mobile=True).new_page()
    hers.goto(f"{linked.url}/branch/")
    hers.get_by_label("用户名").fill("shuji")
    hers.get_by_label("密码").fill(PASSWORD)
    hers.get_by_role("button", name="登录").click()
    hers.get_by_role("link", name="新建", exact=True).click()
    hers.get_by_role("link", name="志愿服务", exact=True).click()
    expect(hers.get_by_label("事由")).to_have_value("为社区居民做一件实事")
    hers.get_by_label("活动名称").fill("楼道清洁一小时")
    hers.get_by_label("地点").fill("三号楼")
    hers.get_by_label("开始签到").fill(f"{NEXT_YEAR}-06-07T08:30")
    hers.get_by_label("结束签到").fill(f"{NEXT_YEAR}-06-07T10:00")
    hers.get_by_role("button", name="新建活动").click()
    expect(hers.get_by_role("heading", name="楼道清洁一小时")).to_be_visible()
    address = hers.locator("a.text-break").inner_text()

    theirs = open_as(linked, windows, openid, 320)
    theirs.goto(address)
    expect(theirs.locator("main")).to_contain_text(re.compile(rf"{NEXT_YEAR}年6月7日（周.）08:30 至 10:00"))
    theirs.get_by_role("link", name="报名或取消报名").click()
    theirs.get_by_role("button", name="我要报名").click()
    expect(theirs.locator("main")).to_contain_text("您已报名")
    assert theirs.evaluate(LOOK) == {"width": 320, "low": []}

    hers.get_by_role("link", name="编辑").click()
    expect(hers.locator("html.ready")).to_be_attached()  # the script that moves the end is there
    hers.get_by_label("开始签到").fill(f"{NEXT_YEAR}-06-07T14:00")
    expect(hers.get_by_label("结束签到")).to_have_value(f"{NEXT_YEAR}-06-07T15:30")
    hers.get_by_label("变更说明").fill("上午楼道停水")
    hers.get_by_role("button", name="保存").click()
    expect(hers.locator(".changes")).to_contain_text("开始时间由6月7日 08:30改为6月7日 14:00")
    expect(hers.locator(".changes")).to_contain_text("已告知 1 人")
    expect(hers.locator("main")).to_contain_text("已报名 1 人")
    theirs.reload()
    expect(theirs.locator("main")).to_contain_text("14:00 至 15:30")
    expect(theirs.locator("main")).to_contain_text("上午楼道停水")

    hers.locator("summary", has_text="取消活动").click()
    hers.get_by_label("原因（党员会看到）").fill("下大雨")
    hers.locator("details").get_by_role("button", name="取消活动").click()
    hers.locator("#confirm.show").get_by_role("button", name="取消活动").click()
    expect(hers.locator(".changes")).to_contain_text("下大雨")
    theirs.goto(address)
    expect(theirs.locator("main")).to_contain_text("活动已取消，不用签到")
    expect(theirs.locator("main")).to_contain_text("下大雨")
    assert theirs.evaluate(LOOK) == {"width": 320, "low": []}
