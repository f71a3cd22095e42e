"""A member asks for notices by WeChat's own button on the local phone, and gets one; the next one asks for a new consent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import requests
import sqlalchemy as sa
from playwright.sync_api import FrameLocator, Page, expect

from community import invitation
from ground import clock
from localwechat.testing import SandboxControl
from models import Activity, NoticeConsent
from scheduler import pushes as services
from scheduler import tally
from scheduler.engine import Engine
from tests.fixtures.browser import Windows
from tests.fixtures.screens import PHONE, Handset, fits, window
from tests.reader.conftest import Linked, on_its_port
from tests.world import accounts, activities, pushes

pytestmark = pytest.mark.browser
ACTIVITY, ARTICLE = "SANDBOX_NOTICE_ACTIVITY", "SANDBOX_NOTICE_ARTICLE"


@pytest.fixture
def office(
    sandbox: SandboxControl, sqlite_url: str, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Linked]:
    """An account with both notices, with its machine at work."""
    sandbox.settings(template_event_delay_s=0.1)
    notices = {"notice_activity_template": ACTIVITY, "notice_article_template": ARTICLE}
    notices["template_id"] = sandbox.control("templates")[0]["template_id"]
    with on_its_port(sandbox, sqlite_url, str(tmp_path_factory.mktemp("notices")), **notices) as made:
        engine = Engine(made.runtime)
        engine.start()
        yield made
        engine.stop()


def member(office: Linked) -> str:
    (openid,) = office.sandbox.followers(1, nickname="李红梅")
    office.say(openid, "绑定 李红梅 9012")
    assert "绑定成功" in office.say(openid, "同意")
    return openid


def activity(office: Linked, title: str) -> int:
    with office.runtime.db.session_scope() as session:
        made = activities.activity(session, title)
        begins = clock.now() + timedelta(days=1)
        session.execute(
            sa.update(Activity)
            .where(Activity.id == made.id)
            .values(starts_at=begins, ends_at=begins + timedelta(hours=2))
        )
        return made.id


def notice(office: Linked, activity_id: int, road: str) -> int:
    with office.runtime.db.session_scope() as session:
        accounts.someone(session, "editor")
        return pushes.push(
            session,
            office.runtime.settings,
            audience="branch:文化路社区第二党支部",
            activity_id=activity_id,
            road=road,
        ).id


def ended(office: Linked, push_id: int, status: str) -> dict[str, object]:
    def shown() -> dict[str, object]:
        with office.runtime.db.read_scope() as session:
            return dict(tally.show(session, services.get(session, push_id)))

    office.sandbox.wait_for(lambda: shown()["status"] == status)
    return shown()


def counted(office: Linked) -> dict[str, tuple[int, int, int, bool]]:
    with office.runtime.db.read_scope() as session:
        rows = session.scalars(sa.select(NoticeConsent))
        return {one.template_id: (one.told, one.seen, one.spent, one.refused_at is not None) for one in rows}


def on_the_phone(office: Linked, windows: Windows, openid: str) -> tuple[Handset, Page]:
    phone = Handset(window(windows, PHONE, touch=True), office.sandbox.url)
    phone.url += f"?openid={openid}"
    phone.open()
    phone.page.get_by_role("button", name=str(office.sandbox.account()["name"])).click()
    return phone, phone.page


def button(inside: FrameLocator) -> None:
    """Tap WeChat's button, which is drawn apart from the page."""
    tag = inside.locator("wx-open-subscribe").first
    expect(tag).to_be_visible()
    box = tag.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    tag.click()


def test_a_member_agrees_on_the_activitys_page_and_is_notified_once(office: Linked, windows: Windows) -> None:
    openid = member(office)
    first = activity(office, "主题党日：走进社区")
    ended(office, notice(office, first, "template"), "sent")
    phone, page = on_the_phone(office, windows, openid)
    page.get_by_role("button", name="查看详情").click()
    inside = phone.inside()
    expect(inside.locator("h1")).to_have_text("主题党日：走进社区")
    expect(inside.get_by_text("请在微信里打开本页")).to_be_hidden()
    button(inside)
    popup = page.get_by_role("dialog", name="订阅消息")
    expect(popup).to_contain_text("活动开始提醒")
    fits(page)
    popup.get_by_role("button", name="允许").click()
    expect(inside.get_by_role("status")).to_have_text("已订阅，有消息会在微信里通知您。")
    office.sandbox.wait_for(lambda: counted(office) == {ACTIVITY: (1, 0, 0, False)})
    phone.close()

    ended(office, notice(office, first, "subscribe"), "sent")
    assert counted(office)[ACTIVITY] == (1, 0, 1, False)
    card = page.locator(".template", has_text="活动开始提醒")
    expect(card).to_contain_text("主题党日：走进社区")
    second = activity(office, "志愿服务")
    assert ended(office, notice(office, second, "subscribe"), "failed")["skipped"] == {"consent_used": 1}
    assert office.sandbox.receipt_count("subscribe") == 1


def test_on_ones_own_page_a_remembered_choice_counts_and_a_refusal_too(
    office: Linked, windows: Windows
) -> None:
    openid = member(office)
    office.say(openid, "我的资料")
    phone, page = on_the_phone(office, windows, openid)
    page.locator(".bubble a").last.click()
    inside = phone.inside()
    expect(inside.locator("h1")).to_have_text("我的资料")
    button(inside)
    popup = page.get_by_role("dialog", name="订阅消息")
    popup.get_by_label("总是保持以上选择，不再询问").check()
    popup.get_by_role("button", name="允许").click()
    expect(inside.get_by_role("status").first).to_contain_text("已订阅")
    office.sandbox.wait_for(lambda: counted(office) == {ACTIVITY: (1, 1, 0, False)})
    button(inside)  # WeChat asks no more, and sends no event
    office.sandbox.wait_for(lambda: counted(office) == {ACTIVITY: (1, 2, 0, False)})
    inside.locator("wx-open-subscribe").last.click()
    popup.get_by_role("button", name="取消").click()
    expect(inside.get_by_role("status").last).to_contain_text("不接收")
    office.sandbox.wait_for(lambda: counted(office).get(ARTICLE) == (0, 0, 0, True))
    phone.close()
    page.locator(".bubble a").last.click()
    expect(inside.get_by_text("您已订阅，还可以收到 2 次。")).to_be_visible()
    fits(page)


def test_elsewhere_the_page_says_where_to_go_and_only_our_pages_are_signed(
    office: Linked, windows: Windows
) -> None:
    address = invitation.path(activity(office, "主题党日"))
    page = windows.context(viewport={"width": PHONE, "height": 740}).new_page()
    page.goto(f"{office.url}{address}")
    expect(page.get_by_text("请在微信里打开本页，这里会出现“订阅通知”按钮。")).to_be_visible()
    fits(page)
    sign = f"{office.url}/m/notices/sign"
    good = requests.get(sign, params={"page": f"{office.url}{address}?from=x"}, timeout=10)
    assert set(good.json()) == {"appId", "timestamp", "nonceStr", "signature"}
    for foreign in ("https://example.org/m/", f"{office.url}/console/", ""):
        assert requests.get(sign, params={"page": foreign}, timeout=10).status_code == 404
    request = {**good.json(), "page": f"{office.url}{address}?from=x"}
    check = f"{office.sandbox.url}/phone/api/jsapi"
    assert requests.post(check, json=request, timeout=10).json() == {"errMsg": "config:ok"}
    wrong = requests.post(check, json={**request, "page": f"{office.url}/m/"}, timeout=10).json()
    assert wrong == {"errMsg": "config:fail, invalid signature"}
    office.sandbox.faults({"path": "/cgi-bin/ticket/getticket", "kind": "err:-1", "count": 9})
    policy = requests.get(f"{office.url}{address}", timeout=10).headers["Content-Security-Policy"]
    assert f"script-src 'self' {office.sandbox.url};" in policy
