"""An editor's week in the calendar: by drag and by keys on a desk, by buttons on a phone; what is refused is where it was."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from ground import clock
from models import Push, User
from scheduler import pushes
from tests.console.conftest import Office
from tests.console.test_calendar import slotted, titles
from tests.console.test_findings_in_browser import entered
from tests.fixtures.browser import Windows
from tests.world import followers

pytestmark = pytest.mark.browser


def next_monday() -> date:
    today = clock.shanghai_day(clock.now())
    return today + timedelta(days=7 - today.weekday())


def planned(office: Office, day: date) -> int:
    """A push at ten on this day."""
    article = office.article("社区的灯", "approved")
    due = datetime.combine(day, time(10), clock.SHANGHAI)
    with office.parts.db.session_scope() as session:
        followers.follower(session, "o-1")
        editor = session.scalars(sa.select(User).where(User.username == "editor")).one()
        made = pushes.create(
            session,
            office.parts.settings,
            editor,
            audience="all",
            article_ids=[article],
            due_at=due,
            at=clock.now(),
        )
        return made.push.id


def due(office: Office) -> datetime:
    return clock.to_shanghai(office.read(sa.select(Push.due_at)))


def told(page: Page, words: str) -> None:
    expect(page.locator("#notices").get_by_text(words)).to_be_visible()


def in_day(page: Page, day: date, words: str) -> None:
    expect(page.locator(f"[data-day='{day}']")).to_contain_text(words)


def test_an_editor_moves_the_week_by_drag_and_by_keys(office: Office, site: str, windows: Windows) -> None:
    monday = next_monday()
    tuesday, wednesday, saturday = (monday + timedelta(days=n) for n in (1, 2, 5))
    push = planned(office, tuesday)
    slotted(office, weekdays=[0, 1])
    for number in range(4):  # whatever day it is, next week's slots have one each
        office.article(f"第 {number} 稿", "queued")
    page = entered(windows.desk(), site, f"calendar?week={monday}")
    item = page.locator(f"[data-entry='push-{push}']")
    item.drag_to(page.locator(f"[data-day='{saturday}']"))
    told(page, f"已改到 {saturday} 10:00")
    in_day(page, saturday, "社区的灯")
    assert due(office).date() == saturday
    article = page.locator(f"[data-day='{monday}'] [data-entry^=article-]")
    title = article.get_attribute("data-name") or ""
    article.drag_to(page.locator(f"[data-day='{saturday}']"))
    expect(page.get_by_role("alert")).to_contain_text("没有“先锋动态”的时段，最近可以改到")
    in_day(page, monday, title)
    article.drag_to(page.locator(f"[data-day='{tuesday}']"))
    told(page, f"{title}已改到")
    in_day(page, tuesday, title)
    item.locator("a").focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    in_day(page, wednesday, "社区的灯")
    assert due(office).date() == saturday, "nothing is moved before it is confirmed"
    page.keyboard.press("Enter")
    told(page, f"已改到 {wednesday} 10:00")
    assert due(office).date() == wednesday
    expect(item.locator("a")).to_be_focused()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Escape")
    in_day(page, wednesday, "社区的灯")
    assert due(office).date() == wednesday
    page.route("**/calendar/pushes/*", lambda route: route.abort())
    item.drag_to(page.locator(f"[data-day='{saturday}']"))
    told(page, "网络不通，没有改动")
    in_day(page, wednesday, "社区的灯")


def test_the_queue_is_put_in_order_by_drag_and_by_keys(office: Office, site: str, windows: Windows) -> None:
    slotted(office)
    for title in ("甲稿", "乙稿", "丙稿"):
        office.article(title, "queued")
    page = entered(windows.desk(), site, "queue")
    rows = page.locator("tr[data-place]")
    rows.nth(2).drag_to(rows.nth(0), target_position={"x": 300, "y": 3})
    expect(rows.nth(0)).to_contain_text("丙稿")
    expect(rows.nth(0).locator("td").first).to_have_text("1")
    assert titles(office) == ["丙稿", "甲稿", "乙稿"]
    page.get_by_label("《丙稿》的位置").press("ArrowDown")
    expect(rows.nth(0)).to_contain_text("甲稿")
    expect(rows.nth(1).locator("td").first).to_have_text("2")
    assert titles(office) == ["甲稿", "丙稿", "乙稿"]
    expect(page.get_by_label("《丙稿》的位置")).to_be_focused()


def test_on_a_phone_a_button_asks_for_the_day_and_says_what_cannot_be(
    office: Office, site: str, windows: Windows
) -> None:
    monday = next_monday()
    planned(office, monday)
    page = entered(windows.phone(), site, f"calendar?week={monday}")
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.get_by_role("button", name="改期：《社区的灯》").click()
    page.get_by_label("新的时间").fill(f"{monday + timedelta(days=3)}T15:30")
    page.locator("#shift").get_by_role("button", name="改期").click()
    in_day(page, monday + timedelta(days=3), "15:30 《社区的灯》")
    page.get_by_role("button", name="改期：《社区的灯》").click()
    page.get_by_label("新的时间").fill("2020-01-01T08:00")
    page.locator("#shift").get_by_role("button", name="改期").click()
    expect(page.get_by_role("alert")).to_contain_text("2020-01-01 08:00 已经过去，最近可以改到")
    assert due(office).date() == monday + timedelta(days=3)
