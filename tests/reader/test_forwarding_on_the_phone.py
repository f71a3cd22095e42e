"""A secretary passes a kit on to an ordinary group in two taps, on the local phone; what is opened there is counted exactly."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from models import Branch, Follower, Member
from scheduler import kits, link_openings
from scheduler.engine import Engine
from tests.fixtures.browser import Windows
from tests.fixtures.screens import PHONE, Handset, fits, window
from tests.reader.conftest import Linked
from tests.reader.test_following_links import IPHONE
from tests.reader.test_on_the_phone import LOOK
from tests.world import accounts, articles, pushes
from tests.world import kits as made

pytestmark = pytest.mark.browser


@pytest.fixture
def office(linked: Linked) -> Iterator[Linked]:
    """The office with its machine at work."""
    engine = Engine(linked.runtime)
    engine.start()
    yield linked
    engine.stop()


def secretary_of(office: Linked) -> str:
    """李红梅, bound by herself on her phone, passes things on to the group of her branch."""
    (openid,) = office.sandbox.followers(1, nickname="李书记")
    office.say(openid, "绑定 李红梅 9012")
    assert "绑定成功" in office.say(openid, "同意")
    with office.runtime.db.session_scope() as session:
        branch_id = session.scalars(
            sa.select(Member.branch_id)
            .join(Follower, Follower.member_id == Member.id)
            .where(Follower.openid == openid)
        ).one()
        made.group(session, session.get_one(Branch, branch_id), "居民群", openid)
    return openid


def sent(office: Linked) -> int:
    """An editor sends an article by kit to the branch; the push's number."""
    runtime = office.runtime
    article = articles.article(
        runtime.db, runtime.settings.data_dir, "小院议事会", column="news", status="approved"
    )
    with runtime.db.session_scope() as session:
        accounts.someone(session, "editor")
        return pushes.push(
            session, runtime.settings, article, audience="branch:文化路社区第二党支部", road="kit"
        ).id


def opened(office: Linked, push_id: int) -> tuple[int, bool, list[int | None]]:
    with office.runtime.db.read_scope() as session:
        found = link_openings.of_push(session, push_id)
    return found.total, found.whole, [one.opens for one in found.rows]


def test_a_secretary_passes_a_kit_on_in_two_taps_and_each_opening_counts(
    office: Linked, windows: Windows
) -> None:
    openid = secretary_of(office)
    push_id = sent(office)
    phone = Handset(window(windows, PHONE, touch=True), f"{office.sandbox.url}")
    page = phone.page
    phone.url += f"?openid={openid}"
    phone.open()
    page.get_by_role("button", name=str(office.sandbox.account()["name"])).click()
    hint = page.locator(".bubble", has_text="可以转到“第二党支部·居民群”了")
    expect(hint).to_be_visible()
    hint.locator("a").click()

    kit = phone.inside()
    expect(kit.locator("h1")).to_have_text("小院议事会")
    kit.get_by_role("button", name="复制文字").click()
    expect(kit.get_by_role("button", name="已复制，到群里粘贴")).to_be_visible()
    poster = kit.get_by_role("img", name="海报：小院议事会")
    assert poster.evaluate("(image) => image.decode().then(() => image.naturalWidth)") == 750
    fits(page)
    phone.close()

    page.get_by_role("button", name="返回").click()
    page.get_by_role("button", name="新建群聊").click()
    page.get_by_role("textbox", name="新建群聊").fill("居民群")
    page.get_by_role("button", name="确定").click()
    _into(page, "居民群")
    field = page.get_by_role("textbox", name="输入消息")
    field.focus()
    page.keyboard.press("ControlOrMeta+V")
    page.get_by_role("button", name="发送").click()
    message = page.locator(".row.own .bubble", has_text="【先锋动态】小院议事会")
    expect(message).to_be_visible()
    message.locator("a").click()
    expect(phone.inside().locator("h1")).to_have_text("小院议事会")
    phone.close()
    message.locator("a").click()  # once more, by the same browser
    expect(phone.inside().locator("h1")).to_have_text("小院议事会")
    phone.close()
    office.sandbox.wait_for(lambda: opened(office, push_id) == (0, False, [None]))

    neighbour = Handset(window(windows, PHONE, touch=True), f"{office.sandbox.url}")
    neighbour.page.context.set_extra_http_headers({"User-Agent": f"{IPHONE} another"})
    neighbour.open()
    _into(neighbour.page, "居民群")
    neighbour.page.locator(".bubble a").click()
    expect(neighbour.inside().locator("h1")).to_have_text("小院议事会")

    with office.runtime.db.read_scope() as session:
        (row,) = made.of_push(session, push_id)
        link = kits.shown(session, office.runtime.settings, row).items[0].link
    with ThreadPoolExecutor(4) as crowd:  # ten more neighbours, and a machine that reads addresses
        agents = [f"{IPHONE} {number}" for number in range(10)] + [
            "Mozilla/5.0 (compatible; Baiduspider/2.0)"
        ]
        assert {one.status_code for one in crowd.map(lambda agent: _get(link, agent), agents)} == {200}
    office.sandbox.wait_for(lambda: opened(office, push_id) == (12, True, [12]))

    assert "已记下《小院议事会》" in office.say(openid, "已转发")
    with office.runtime.db.read_scope() as session:
        assert kits.counts(session, push_id) == (1, 1)


def _into(page: Page, group: str) -> None:
    page.locator(".list-row", has=page.get_by_text(group, exact=True)).click()
    expect(page.locator(".chat .bar h1")).to_have_text(group)


def _get(link: str, agent: str) -> requests.Response:
    return requests.get(link, headers={"User-Agent": agent}, timeout=20)


def test_the_kits_page_is_for_fingers_and_needs_no_script(office: Linked, windows: Windows) -> None:
    openid = secretary_of(office)
    push_id = sent(office)
    office.sandbox.wait_for(lambda: _laid(office, push_id))
    context = windows.context(
        viewport={"width": PHONE, "height": 740}, has_touch=True, is_mobile=True, java_script_enabled=False
    )
    context.add_cookies([{"name": "sandbox_openid", "value": openid, "url": office.sandbox.url}])
    page = context.new_page()
    page.goto(f"{office.url}/m/me/kits")
    page.get_by_role("link", name="小院议事会").click()
    text = page.get_by_role("textbox", name="要转发的文字")
    assert "【先锋动态】小院议事会" in text.input_value()
    expect(page.get_by_role("button", name="复制文字")).to_be_hidden()
    page.get_by_role("button", name="已转发").click()
    expect(page.get_by_role("status")).to_contain_text("已记下，谢谢您")
    assert page.evaluate(LOOK) == {"width": PHONE, "low": []}


def _laid(office: Linked, push_id: int) -> bool:
    with office.runtime.db.read_scope() as session:
        return bool(made.of_push(session, push_id))
