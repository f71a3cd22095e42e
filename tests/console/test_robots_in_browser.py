"""A group gets its robot and an article, in Chromium: the office and the secretary keep it, the local WeChat shows what came."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from accounts import users
from localwechat.config import SandboxConfig
from localwechat.testing import SandboxControl
from tests.console.test_in_browser import _confirm, _enter
from tests.fixtures.browser import Windows
from tests.fixtures.live import PASSWORD, Live
from tests.fixtures.screens import DESK, PHONE, Handset, fits, window
from tests.world import accounts, groups, places
from tests.world.linked import World, make_world

pytestmark = pytest.mark.browser
_ADDRESS = "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key="
SEND = "/cgi-bin/webhook/send"


def _furnished(live: Live) -> World:
    live.start()
    account = live.settings.wechat
    config = SandboxConfig(app_id=account.app_id, app_secret=account.app_secret, token=account.token)
    wechat = SandboxControl(live.sandbox_url, config)
    wechat.settings(job_finish_delay_s=0.3, robot_auto=False)
    world = make_world(wechat, live.settings)
    home = world.branch("第一党支部", 3)
    with world.runtime.db.session_scope() as session:
        hashed = users.hash_password(PASSWORD)
        accounts.account(session, "yuan", "editor", password_hash=hashed)
        accounts.account(
            session, "shuji", "secretary", branch=places.branch(session, home.name), password_hash=hashed
        )
    return world


def _told(page: Page, words: str) -> None:
    expect(page.locator("#notices, #main [role=alert]").filter(has_text=words).first).to_be_visible()
    fits(page)


def _keep(page: Page, live: Live, sandbox: SandboxControl, key: str) -> None:
    """The office registers a group, first with a wrong address, and lets its robot speak until it is known to work."""
    page.goto(f"{live.url}/console/groups")
    page.get_by_role("link", name="新建群").first.click()
    fits(page)
    page.locator("#branch").select_option(label="第一党支部")
    page.get_by_label("群名称").fill("学习群")
    page.get_by_label("群类型").select_option(label="普通微信群")
    expect(page.get_by_label("机器人地址")).to_be_hidden()
    page.get_by_label("群类型").select_option(label="企业微信群")
    page.get_by_label("机器人地址").fill(_ADDRESS + groups.new_key())
    page.get_by_role("button", name="保存").click()
    _told(page, "已登记“学习群”")
    page.get_by_role("button", name="发一条试试").click()
    _told(page, "没有发出：群机器人地址不正确，或机器人已被移出群")
    page.get_by_label("机器人地址").fill(_ADDRESS + key)
    page.get_by_role("button", name="保存").click()
    _told(page, "已保存")
    page.get_by_role("link", name="编辑").click()
    page.get_by_role("button", name="发一条试试").click()
    _told(page, "已发出，请到群里看一看")
    sandbox.faults({"path": SEND, "kind": "drop_after", "count": 1})
    page.get_by_role("button", name="发一条试试").click()
    _told(page, "没有收到企业微信的回应")


def _keep_by_phone(page: Page, live: Live, key: str) -> None:
    """The secretary registers another one at 375 px, and gives it up."""
    page.goto(f"{live.url}/branch/")
    page.get_by_role("link", name="群", exact=True).click()
    fits(page)
    page.get_by_role("link", name="新建群").click()
    page.get_by_label("群名称").fill("支部群")
    fits(page)
    page.get_by_label("机器人地址").fill(_ADDRESS + key)
    page.get_by_role("button", name="保存").click()
    expect(page.get_by_text(f"已登记 ••••{key[-4:]}")).to_be_visible()
    page.get_by_role("button", name="发一条试试").click()
    _told(page, "已发出，请到群里看一看")
    fits(page)
    page.get_by_role("button", name="停用").click()
    _confirm(page, "停用")
    _told(page, "已停用“支部群”")
    expect(page.get_by_role("link", name="学习群")).to_be_visible()


def test_the_office_adds_a_group_with_a_robot_and_an_article_appears_in_it(
    live: Live, windows: Windows
) -> None:
    world = _furnished(live)
    sandbox, title = world.sandbox, "小院议事会"
    key, article = groups.robot(sandbox, "第一党支部学习群"), world.article(title)
    page = window(windows, DESK)
    _enter(page, live, "yuan")
    _keep(page, live, sandbox, key)
    assert len(sandbox.receipts("robot")) == 2

    what = ("--audience", "branch:第一党支部", "--article", str(article), "--as", "yuan")
    made = live.flask_json("push", "create", *what, "--at", "now", "--road", "mass+robot")
    shown = live.wait_for_push(made["id"], "sent")
    page.goto(f"{live.url}/console/pushes/{made['id']}")
    row = page.get_by_role("row", name=re.compile("第一党支部·学习群"))
    expect(row).to_contain_text("群机器人")
    expect(row).to_contain_text("已送达")
    fits(page)
    by_road = {one["road"]: one["delivered"] for one in shown["roads"]}
    assert by_road == {"mass": len(sandbox.receipts("mass")), "robot": len(sandbox.receipts("robot")) - 2}

    phone = Handset(window(windows, PHONE, touch=True), live.sandbox_url).open()
    phone.page.get_by_role("button", name="第一党支部学习群").click()
    expect(phone.page.locator(".row")).to_have_count(3)
    fits(phone.page)
    phone.page.locator(".wecom-main", has_text=title).click()
    expect(phone.inside().get_by_role("heading", name=title)).to_be_visible()

    hand = window(windows, PHONE, touch=True)
    _enter(hand, live, "shuji")
    _keep_by_phone(hand, live, groups.robot(sandbox, "支部群"))
    assert len(sandbox.receipts("robot")) == 4
    world.runtime.close()
