"""The local WeChat's phone page by itself, in Chromium, before an application that knows nothing of this repository."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from localwechat.testing import SandboxControl
from localwechat.tests.error_cases.register import ROBOT
from localwechat.tests.receiver import Receiver
from localwechat.tests.world import World
from tests.fixtures.browser import Windows
from tests.fixtures.screens import Handset, fits, window

pytestmark = pytest.mark.browser
MENU = {
    "button": [
        {"type": "click", "name": "近期活动", "key": "ACTIVITIES"},
        {"name": "更多", "sub_button": [{"type": "click", "name": "帮助", "key": "HELP"}]},
    ]
}


@pytest.fixture
def phone(sandbox: SandboxControl, windows: Windows) -> Handset:
    """A phone in nobody's hand yet."""
    return Handset(window(windows, 375, touch=True), sandbox.url)


def text_px(page: Page) -> float:
    size: float = page.locator(".bubble").last.evaluate(
        "(node) => parseFloat(getComputedStyle(node).fontSize)"
    )
    return size


def test_somebody_new_follows_by_a_code_and_talks(
    world: World, receiver: Receiver, phone: Handset, sandbox: SandboxControl
) -> None:
    world.api("/cgi-bin/menu/create", MENU)
    code = {"action_name": "QR_LIMIT_STR_SCENE", "action_info": {"scene": {"scene_str": "branch-7"}}}
    world.api("/cgi-bin/qrcode/create", code)
    sandbox.control("scenes", {"branch-7": "第七党支部"})
    phone.open().become_somebody_new("居民甲")
    phone.scan("第七党支部")
    expect(phone.page.locator(".notice")).to_have_text("你关注了该公众号")
    assert receiver.messages[-1].scene_id == "branch-7"
    phone.say("你好，<b>先锋</b> https://example.org/a")
    phone.hear("收到text")
    expect(phone.page.locator(".row.own .bubble")).to_have_text("你好，<b>先锋</b> https://example.org/a")
    phone.tap("更多", "帮助")
    phone.tap("近期活动")
    sandbox.wait_for(
        lambda: (
            [m.key for m in receiver.messages if getattr(m, "event", "") == "click"] == ["HELP", "ACTIVITIES"]
        )
    )


def test_when_the_account_s_application_fails_the_phone_says_so(
    receiver: Receiver, phone: Handset, sandbox: SandboxControl
) -> None:
    sandbox.followers(1)
    receiver.answer = lambda message, nonce: "not xml"
    phone.open()
    phone.page.get_by_role("button", name=str(sandbox.account()["name"])).click()
    phone.say("有人吗")
    expect(phone.page.locator(".messages")).to_contain_text("该公众号提供的服务出现故障，请稍后再试")


def test_messages_arrive_while_one_looks_and_stay_with_their_person(
    world: World, receiver: Receiver, phone: Handset, sandbox: SandboxControl
) -> None:
    (first,) = sandbox.followers(1, nickname="张三丰")
    (second,) = sandbox.followers(1, nickname="李四光")
    sandbox.say(first, "我是张三丰")
    sandbox.say(second, "我是李四光")
    page = phone.open().page
    account = str(sandbox.account()["name"])
    for nickname, other, openid in (("张三丰", "李四光", first), ("李四光", "张三丰", second)):
        page.get_by_role("button", name="换人").click()
        page.get_by_label("按昵称查找").fill(nickname)
        found = page.locator(".screen:not([inert]) .list-row")
        expect(found).to_have_count(1)
        found.click()
        page.get_by_role("button", name=account).click()
        expect(page.locator(".messages")).to_contain_text(f"我是{nickname}")
        world.custom(openid, f"{nickname}，您好")
        phone.hear(f"{nickname}，您好")
        assert other not in page.locator(".messages").inner_text()
        page.get_by_role("button", name="返回").click()
    page.reload()
    expect(page.locator(".me")).to_contain_text("李四光")


def test_large_text_is_large_and_stays(receiver: Receiver, phone: Handset, sandbox: SandboxControl) -> None:
    (openid,) = sandbox.followers(1)
    sandbox.say(openid, "字太小了")
    page = phone.open().page
    account = str(sandbox.account()["name"])
    page.get_by_role("button", name=account).click()
    expect(page.locator(".bubble").last).to_be_visible()
    before = text_px(page)
    page.get_by_role("button", name="返回").click()
    page.get_by_role("button", name="更多").click()
    page.get_by_role("button", name="字体大小").click()
    page.get_by_label("字体大小").fill("3")
    page.reload()
    page.get_by_role("button", name=account).click()
    expect(page.locator(".bubble").last).to_be_visible()
    fits(page)
    assert text_px(page) > before * 1.4


def test_an_article_is_read_and_forwarded_into_a_group(
    world: World, receiver: Receiver, phone: Handset, sandbox: SandboxControl
) -> None:
    sandbox.followers(1, nickname="组长")
    inside = '<p>正文第一段</p><p><a href="/phone/">往下看</a></p>'
    world.send_all(media_id=world.draft(title="小院议事会", content=inside))
    page = phone.open().page
    page.get_by_role("button", name=str(sandbox.account()["name"])).click()
    page.locator(".news-single", has_text="小院议事会").click()
    expect(phone.inside().get_by_text("正文第一段")).to_be_visible()
    page.get_by_role("button", name="更多").last.click()
    page.get_by_role("button", name="转发到群").click()
    page.get_by_role("button", name="新建一个群再转发").click()
    page.get_by_role("textbox", name="新建群聊").fill("一组")
    page.get_by_role("button", name="确定").click()
    expect(page.get_by_role("status")).to_have_text("已转发到“一组”")
    phone.close()
    page.get_by_role("button", name="返回").click()
    page.get_by_role("button", name="一组").click()
    page.get_by_role("textbox", name="输入消息").fill("大家看看")
    page.get_by_role("button", name="发送").click()
    expect(page.locator(".row.own")).to_have_count(2)
    page.locator(".card.share", has_text="小院议事会").click()
    expect(phone.inside().get_by_text("正文第一段")).to_be_visible()
    fits(page)


def test_a_robot_s_markdown_news_and_card_look_as_in_wecom(
    world: World, phone: Handset, sandbox: SandboxControl
) -> None:
    """Titles stay text whatever is in them; links and cards open."""
    sandbox.followers(1)
    link = f"{sandbox.url}/phone/?seen=1"
    nasty = "<img src=x onerror=alert(1)> [x](javascript:alert(1))"
    said = f'### 主题党日\n> 时间：<font color="warning">**今晚** 19:30</font>\n`口令` {nasty}\n[查看活动]({link})'
    card = {
        "card_type": "text_notice",
        "source": {"desc": "第一党支部"},
        "main_title": {"title": "学习园地"},
        "sub_title_text": "本周学习内容",
        "card_action": {"type": 1, "url": link},
        "jump_list": [{"type": 1, "title": "阅读全文", "url": link}],
    }
    articles = [{"title": f"第 {n} 篇", "url": link, "description": "摘要"} for n in (1, 2)]
    for body in (
        {"msgtype": "markdown", "markdown": {"content": said}},
        {"msgtype": "news", "news": {"articles": articles}},
        {"msgtype": "template_card", "template_card": card},
    ):
        assert world.api(ROBOT, body, token="")["errcode"] == 0
    page = phone.open().page
    page.get_by_role("button", name="党支部群").click()
    shown = page.locator(".markdown")
    expect(shown.locator(".heading-3")).to_have_text("主题党日")
    expect(shown.locator("blockquote .font-warning strong")).to_have_text("今晚")
    expect(shown.locator("code")).to_have_text("口令")
    expect(shown).to_contain_text("<img src=x onerror=alert(1)>")
    expect(shown.locator("img, a[href^=javascript]")).to_have_count(0)
    expect(page.locator(".sender .bot")).to_have_count(3)
    expect(page.locator(".news-many .news-row")).to_have_text("第 2 篇")
    fits(page)
    for opens in (shown.get_by_role("link", name="查看活动"), page.get_by_role("button", name="阅读全文")):
        opens.click()
        expect(phone.inside().locator(".me")).to_be_visible()
        phone.close()


def test_the_way_back_goes_one_screen_at_a_time(
    receiver: Receiver, phone: Handset, sandbox: SandboxControl
) -> None:
    (openid,) = sandbox.followers(1)
    receiver.answer = lambda message, nonce: "success"
    page = phone.open().page
    page.get_by_role("button", name=str(sandbox.account()["name"])).click()
    link = {
        "touser": openid,
        "msgtype": "text",
        "text": {"content": f'<a href="{sandbox.url}/phone/">看看</a>'},
    }
    sandbox.say(openid, "您好")
    sandbox.api("/cgi-bin/message/custom/send", link)
    page.locator(".bubble a", has_text="看看").click()
    # A link that is followed inside the page must not keep the close button from closing it.
    phone.inside().locator("body").evaluate("() => { location.href = '/phone/?once=more'; }")
    expect(phone.inside().locator(".me")).to_be_visible()
    phone.close()
    expect(page.locator(".chat")).to_be_visible()
    page.get_by_role("button", name="公众号资料").click()
    page.get_by_role("button", name="不再关注").click()
    page.go_back()
    expect(page.locator(".dialog")).to_have_count(0)
    expect(page.locator(".profile")).to_be_visible()
    page.get_by_role("button", name="不再关注").click()
    page.locator(".dialog").get_by_role("button", name="不再关注").click()
    page.get_by_role("button", name="返回").last.click()
    expect(page.get_by_role("button", name="关注公众号")).to_be_visible()
    assert receiver.messages[-1].event == "unsubscribe"


def test_the_inspector_shows_each_message_in_clear_with_its_signature(
    world: World, receiver: Receiver, windows: Windows, sandbox: SandboxControl
) -> None:
    (openid,) = sandbox.followers(1)
    phone = Handset(window(windows, 1280), sandbox.url).open()
    page = phone.page
    page.get_by_role("button", name="清空").click()
    page.get_by_role("button", name=str(sandbox.account()["name"])).click()
    phone.say("看得见吗")
    phone.hear("收到text")
    sandbox.api(
        "/cgi-bin/message/custom/send", {"touser": "nobody", "msgtype": "text", "text": {"content": "x"}}
    )
    pushed = page.locator(".entry.callback", has_text="看得见吗")
    expect(pushed).to_contain_text(re.compile(r"\d+ 毫秒"))
    pushed.locator("summary").click()
    for part in ("<Content><![CDATA[看得见吗]]></Content>", "msg_signature=", "收到text", openid):
        expect(pushed).to_contain_text(part)
    expect(page.locator(".entry.bad", has_text="/cgi-bin/message/custom/send")).to_contain_text("40003")
    page.get_by_role("button", name="后台的调用").click()
    expect(pushed).to_be_hidden()
    before = clock_of(sandbox)
    page.get_by_label("拨快时钟").select_option(label="1 天")
    expect(page.get_by_role("status")).to_contain_text("时钟已拨快")
    assert clock_of(sandbox)[:10] > before[:10]
    fits(page)


def clock_of(sandbox: SandboxControl) -> str:
    state: dict[str, Any] = sandbox.clock()
    return str(state["at"])
