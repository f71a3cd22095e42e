"""A review with a thumb: from the desk to approved in three taps, and words marked on the paper become a comment."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.console.conftest import PASSWORD, Office
from tests.fixtures.browser import Windows
from tests.fixtures.screens import DESK, PHONE, fits, window

pytestmark = pytest.mark.browser
TITLE = "社区里的一件小事"
_MARK = """() => {
  const page = document.querySelector("iframe.paper-frame").contentDocument;
  const range = page.createRange();
  range.selectNodeContents(page.querySelector(".paper p"));
  page.getSelection().removeAllRanges();
  page.getSelection().addRange(range);
}"""


def entered(page: Page, site: str) -> Page:
    page.goto(f"{site}/console/login")
    page.get_by_label("用户名").fill("first")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url("**/console/")
    page.get_by_role("button", name="收起指引").click()
    return page


def tap(page: Page, target: Locator) -> None:
    """What is there without scrolling is tapped."""
    expect(target).to_be_in_viewport(ratio=0.9)
    fits(page)
    target.tap()


def test_from_the_desk_to_approved_in_three_taps(office: Office, site: str, windows: Windows) -> None:
    office.article(TITLE, "in_review")
    page = entered(window(windows, PHONE, touch=True), site)
    tap(page, page.get_by_role("link", name=TITLE))
    paper = page.locator("iframe.paper-frame")
    expect(paper.content_frame.get_by_text("楼道里的灯修好了。")).to_be_attached()
    inside = "(frame) => frame.contentDocument.documentElement.scrollHeight <= frame.clientHeight"
    page.wait_for_function(f"() => ({inside})(document.querySelector('iframe.paper-frame'))")
    tap(page, page.get_by_role("button", name="通过一审"))
    tap(page, page.locator("#confirm").get_by_role("button", name="通过"))
    expect(page.locator("#notices")).to_contain_text("已通过，转入二审")


@pytest.mark.parametrize("width", [PHONE, DESK])
def test_words_that_are_marked_become_a_comment_that_leads_back_to_them(
    office: Office, site: str, windows: Windows, width: int
) -> None:
    article = office.article(TITLE, "in_review")
    page = entered(window(windows, width), site)
    page.goto(f"{site}/console/articles/{article}/review")
    expect(page.frame_locator("iframe.paper-frame").get_by_text("楼道里的灯修好了。")).to_be_attached()
    page.evaluate(_MARK)
    page.get_by_role("button", name="批注所选文字").click()
    expect(page.get_by_label("批注哪段文字")).to_have_value("楼道里的灯修好了。")
    page.get_by_label("批注", exact=True).fill("哪一栋楼")
    page.get_by_role("button", name="保存批注").click()
    expect(page.locator("#notices")).to_contain_text("批注已保存")
    fits(page)
    page.locator("#comments").get_by_role("button", name="楼道里的灯修好了。").click()
    marked = "document.querySelector('iframe.paper-frame').contentDocument.getSelection().toString()"
    assert page.evaluate(marked) == "楼道里的灯修好了。"
