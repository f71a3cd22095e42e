"""Findings lead into the text: a click selects the place, another takes the suggestion; in the editor and on paper."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from models import Article
from tests.console.conftest import PASSWORD, Office
from tests.fixtures.browser import Windows

pytestmark = pytest.mark.browser
BODY = (
    "<h2>一、开头</h2><p>党员发挥<b>先锋模范做</b>用。<br>其它事项和其它安排，电话 13800138000。</p>"
    + "<p>网格员走访居民。</p>" * 20
    + "<table><tbody><tr><td>支部</td><td>战斗保垒</td></tr></tbody></table>"
)


def written(office: Office) -> int:
    """An article of the editor with a few findings."""
    article = office.article("分散人心的一天")
    with office.parts.db.session_scope() as session:
        session.get_one(Article, article).html = BODY
    return article


def entered(page: Page, site: str, path: str) -> Page:
    page.goto(f"{site}/console/login?next=/console/{path}")
    page.get_by_label("用户名").fill("editor")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(f"**/console/{path}")
    return page


def finding(words: str) -> str:
    return f"[data-findings] li:has(strong:text-is('{words}'))"


def test_in_the_editor_a_click_selects_the_place_and_another_takes_the_suggestion(
    office: Office, site: str, windows: Windows
) -> None:
    page = entered(windows.desk(), site, f"articles/{written(office)}/edit")
    for words in ("战斗保垒", "先锋模范做用"):
        page.locator(finding(words)).get_by_role("button", name="正文第").click()
        assert page.evaluate("getSelection().toString()") == words
    page.locator(finding("138****8000")).get_by_role("button", name="正文第").click()
    assert page.evaluate("getSelection().toString()") == "13800138000"
    answered = page.locator(finding("138****8000")).get_by_role("link", name="去稿件页填写核实理由")
    expect(answered).to_have_attribute("href", re.compile(r"^/console/articles/\d+#checked$"))
    for words in ("分散人心", "先锋模范做用", "其它"):
        page.locator(finding(words)).get_by_role("button", name="采用建议").click()
    # the editor hands its text to the form with a little delay
    expect(page.locator("#html")).to_have_value(re.compile("其他事项和其他安排"))
    expect(page.locator("#html")).to_have_value(re.compile("先锋模范作用"))
    assert page.get_by_label("标题").input_value() == "凝聚人心的一天"
    expect(page.locator(finding("先锋模范做用"))).to_have_count(0, timeout=20_000)


@pytest.mark.parametrize("phone", [False, True])
def test_on_the_article_s_page_a_click_leads_to_the_place_on_the_paper(
    office: Office, site: str, windows: Windows, phone: bool
) -> None:
    window = windows.phone() if phone else windows.desk()
    page = entered(window, site, f"articles/{written(office)}")
    expect(page.frame_locator("iframe.paper-frame").get_by_text("战斗保垒")).to_be_attached()
    page.locator(finding("战斗保垒")).get_by_role("button", name="正文第").click()
    selected = "document.querySelector('iframe.paper-frame').contentWindow.getSelection().toString()"
    assert page.evaluate(selected) == "战斗保垒"
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
