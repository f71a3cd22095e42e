"""The editor in Chromium: a paste of a layout tool up to the reviewers, a dead network, two people at one article."""

from __future__ import annotations

import base64
import re

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from models import Article
from tests.console.conftest import DATA, PASSWORD, Office
from tests.fixtures.browser import Windows
from tests.hostile import images

pytestmark = pytest.mark.browser
PICTURE = base64.b64encode(images.plain(600, 300)).decode()
LAYOUT = f"""<section powered-by="xiumi.us" style="text-align:center"><p style="color:rgb(204, 0, 0)">邻里课堂</p>
<img src="data:image/png;base64,{PICTURE}" alt="上课"><svg viewBox="0 0 9 9"><text>人人讲一课</text></svg>
<img src="file:///C:/Users/li/tu3.png"></section>"""
_PASTE = """([html, plain, rtf]) => {
  const data = new DataTransfer();
  data.setData("text/html", html);
  data.setData("text/plain", plain);
  if (rtf) data.setData("text/rtf", rtf);
  const paste = new ClipboardEvent("paste", { clipboardData: data, bubbles: true, cancelable: true });
  document.querySelector(".jodit-wysiwyg").dispatchEvent(paste);
}"""
_BLOB = """(text) => {
  const bytes = Uint8Array.from(atob(text), (one) => one.charCodeAt(0));
  return URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
}"""
_LINES = """() => {
  const box = document.querySelector(".jodit-workplace").getBoundingClientRect();
  const line = parseFloat(getComputedStyle(document.querySelector(".jodit-wysiwyg")).lineHeight);
  return (Math.min(box.bottom, innerHeight) - box.top) / line;
}"""
_FITS = "document.scrollingElement.scrollWidth <= document.documentElement.clientWidth"
_ENGLISH = """() => [...document.querySelectorAll(".jodit-dialog *, .jodit-popup *")]
  .filter((one) => !one.children.length).map((one) => one.textContent.trim()).filter((text) => /[a-z]{3}/i.test(text))"""


def _enter(page: Page, site: str, name: str, path: str) -> None:
    page.goto(f"{site}/console/login")
    page.get_by_label("用户名").fill(name)
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    page.wait_for_url(lambda url: "/login" not in url)
    page.goto(f"{site}{path}")


def _show(page: Page, view: str) -> None:
    """On a narrow screen one part at a time."""
    tab = page.get_by_role("tab", name=view)
    if tab.is_visible():
        tab.click()


@pytest.mark.parametrize("width", [1280, 375])
def test_from_word_by_way_of_a_layout_to_the_reviewers(
    office: Office, site: str, windows: Windows, width: int
) -> None:
    size = {1280: (1280, 800), 375: (375, 812)}[width]
    page = windows.context(viewport={"width": size[0], "height": size[1]}).new_page()
    _enter(page, site, "editor", "/console/articles/import")
    page.get_by_label("Word 文件").set_input_files(DATA / "article-3.docx")
    page.get_by_role("button", name="开始导入").click()
    expect(page.get_by_role("heading", name="编辑稿件")).to_be_visible()
    text = page.locator(".jodit-wysiwyg")
    text.click()
    assert page.evaluate(_LINES) >= 12
    page.keyboard.press("Control+End")
    page.evaluate(_PASTE, [LAYOUT, "邻里课堂"])
    expect(page.locator("#lost")).to_contain_text("tu3.png")
    expect(text).to_contain_text("人人讲一课")
    expect(text.locator('img[alt="上课"]')).to_have_attribute("src", re.compile("^/m/asset/"))
    _show(page, "标题与检查")
    page.get_by_role("textbox", name="标题").fill("长" * 33)
    expect(page.locator(".over-text s")).to_have_text("长")
    page.get_by_role("textbox", name="标题").fill("邻里课堂开课了")
    finding = page.locator("#findings li", has_text="没有粘贴进来")
    finding.click()
    expect(page.locator(".jumped")).to_contain_text("tu3.png")
    page.locator(".jumped span", has_text="未能粘贴").last.evaluate("mark => mark.remove()")
    text.press("End")
    page.keyboard.type("。")
    _show(page, "标题与检查")
    cover = page.locator("#cover_sha256").input_value()
    page.get_by_role("button", name="用正文图片").click()
    page.locator("#cut.show [data-size]").fill("60")
    page.locator("#cut.show [data-frame]").press("ArrowRight")
    page.locator("#cut.show [data-side]").fill("100")
    page.get_by_role("button", name="用作封面").click()
    expect(page.locator("#notices")).to_contain_text("封面已更换")
    assert page.locator("#cover_sha256").input_value() != cover
    assert page.locator("[name=cover_square]").input_value() == "574"
    expect(page.locator("#cut")).to_be_hidden()
    _show(page, "预览")
    shown = page.frame_locator("#preview iframe")
    expect(shown.locator(".paper")).to_contain_text("人人讲一课")
    expect(shown.locator(".paper > section")).to_have_attribute("style", re.compile("letter-spacing"))
    assert page.evaluate(_FITS)
    page.get_by_role("button", name="提交审核").click()
    dialog = page.locator("#confirm.show").get_by_role("button", name="提交审核", exact=True)
    expect(dialog).to_be_focused()
    dialog.click()
    expect(page.locator("#notices")).to_contain_text("已提交一审")
    assert office.read(sa.select(Article.status)) == "in_review"
    stored = office.read(sa.select(Article.html))
    assert "未能粘贴" not in stored
    assert "data:" not in stored


def test_what_is_typed_while_the_network_is_dead_is_there_after_the_window_was_closed(
    office: Office, site: str, windows: Windows
) -> None:
    article = office.article()
    page = windows.desk()
    _enter(page, site, "editor", f"/console/articles/{article}/edit")
    page.locator(".jodit-wysiwyg").click()
    page.context.set_offline(True)
    page.keyboard.press("Control+End")
    page.keyboard.type("断网时写的话")
    expect(page.locator("#away")).to_contain_text("已存在本机")
    page.context.set_offline(False)
    expect(page.locator("#kept-note")).to_contain_text("已自动暂存")
    expect(page.locator("#away")).to_be_hidden()
    page.context.set_offline(True)
    page.keyboard.type("，又断了一次")
    expect(page.locator("#kept-note")).to_contain_text("本机")
    again = page.context.new_page()
    page.evaluate("navigator.sendBeacon = () => false")  # with the network its farewell is lost, too
    page.close(run_before_unload=False)
    again.context.set_offline(False)
    again.goto(f"{site}/console/articles/{article}/edit")
    expect(again.locator("#kept")).to_contain_text("已接着您")
    expect(again.locator(".jodit-wysiwyg")).to_contain_text("断网时写的话，又断了一次")
    again.get_by_role("button", name="保存", exact=True).click()
    expect(again.locator("#notices")).to_contain_text("已保存")
    assert "又断了一次" in office.read(sa.select(Article.html))
    expect(again.locator("#kept")).to_be_hidden()


def test_what_is_typed_after_ones_session_ended_is_saved_once_one_signed_in_again_and_shown_to_nobody_else(
    office: Office, site: str, windows: Windows
) -> None:
    article = office.article()
    path = f"/console/articles/{article}/edit"
    page = windows.desk()
    _enter(page, site, "editor", path)
    other = page.context.new_page()
    page.context.clear_cookies(name="pioneer")
    page.bring_to_front()
    page.locator(".jodit-wysiwyg").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("登出以后写的话")
    expect(page.locator("#away")).to_contain_text("登录已过期，您写的内容已存在本机")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("没有保存")
    expect(page.locator(".jodit-wysiwyg")).to_contain_text("登出以后写的话")
    _enter(other, site, "admin", path)
    expect(other.locator(".jodit-wysiwyg")).to_be_visible()
    expect(other.locator(".jodit-wysiwyg")).not_to_contain_text("登出以后写的话")
    other.context.clear_cookies(name="pioneer")
    _enter(other, site, "editor", "/console/")
    page.evaluate("window.dispatchEvent(new Event('focus'))")
    expect(page.locator("#away")).to_be_hidden()
    expect(page.locator("#kept-note")).to_contain_text("已自动暂存")
    page.get_by_role("button", name="保存", exact=True).click()
    expect(page.locator("#notices")).to_contain_text("已保存")
    assert "登出以后写的话" in office.read(sa.select(Article.html))


def test_two_editors_of_one_article_know_of_each_other_and_lose_nothing(
    office: Office, site: str, windows: Windows
) -> None:
    article = office.article()
    first, second = windows.desk(), windows.desk()
    _enter(first, site, "editor", f"/console/articles/{article}/edit")
    first.locator(".jodit-wysiwyg").click()
    first.keyboard.press("Control+End")
    first.keyboard.type("第一个人写的")
    expect(first.locator("#kept-note")).to_contain_text("已自动暂存")
    _enter(second, site, "admin", f"/console/articles/{article}/edit")
    expect(second.locator("#held")).to_contain_text("editor正在编辑")
    expect(second.locator(".jodit-wysiwyg")).not_to_have_attribute("contenteditable", "true")
    second.get_by_role("button", name="接手编辑").click()
    expect(second.locator("#held")).to_be_hidden()
    second.locator(".jodit-wysiwyg").click()
    second.keyboard.press("Control+End")
    second.keyboard.type("第二个人写的")
    first.keyboard.type("，接着写")
    expect(first.locator("#held")).to_contain_text("接手编辑。您刚才写的内容已暂存")
    expect(first.get_by_role("button", name="保存", exact=True)).to_be_disabled()
    second.get_by_role("button", name="保存", exact=True).click()
    expect(second.locator("#notices")).to_contain_text("已保存")
    first.reload()
    expect(first.locator("#kept")).to_contain_text("此后稿件又有了新版本")
    first.locator("#kept").get_by_role("button", name="恢复").click()
    expect(first.locator(".jodit-wysiwyg")).to_contain_text("第一个人写的，接着写")


def test_pictures_of_word_come_out_of_its_rtf_where_they_can_be_told_apart(
    office: Office, site: str, windows: Windows
) -> None:
    page = windows.desk()
    _enter(page, site, "editor", "/console/articles/new")
    page.locator(".jodit-wysiwyg").click()
    html = '<p class=MsoNormal>看图</p><p><img src="file:///C:/t/{}.png"></p>'
    rtf = (
        r"{\rtf1 {\*\shppict{\pict{\*\picprop{\sp{\sn a}}}\picw60\pngblip\bliptag1{\*\blipuid 01ab}"
        + _hex()
        + "}}}"
    )
    page.evaluate(_PASTE, [html.format("one"), "看图", rtf])
    expect(page.locator(".jodit-wysiwyg img")).to_have_attribute("src", re.compile("^/m/asset/"))
    page.keyboard.press("Control+End")
    page.evaluate(_PASTE, [html.format("two") + html.format("three"), "看图看图", rtf])
    expect(page.locator("#lost")).to_contain_text("two.png")
    expect(page.locator("#lost")).to_contain_text("three.png")


def test_a_blob_of_this_page_is_uploaded_and_one_of_another_is_named(
    office: Office, site: str, windows: Windows
) -> None:
    page = windows.desk()
    _enter(page, site, "editor", "/console/articles/new")
    page.locator(".jodit-wysiwyg").click()
    blob = page.evaluate(_BLOB, PICTURE)
    page.evaluate(
        _PASTE, [f'<p>图<img src="{blob}" alt="甲"><img src="blob:https://x.cn/1" alt="乙"></p>', "图"]
    )
    expect(page.locator('.jodit-wysiwyg img[alt="甲"]')).to_have_attribute("src", re.compile("^/m/asset/"))
    expect(page.locator(".jodit-wysiwyg")).to_contain_text("［图片未能粘贴：乙］")


def _hex() -> str:
    digits = images.plain(60, 30).hex()
    return "\n" + "\n".join(digits[at : at + 80] for at in range(0, len(digits), 80))


def test_the_windows_of_the_editor_speak_chinese_and_take_a_picture(
    office: Office, site: str, windows: Windows
) -> None:
    page = windows.desk()
    _enter(page, site, "editor", "/console/articles/new")
    page.locator(".jodit-wysiwyg").click()
    page.evaluate(_PASTE, [LAYOUT, "邻里课堂"])
    picture = page.locator(".jodit-wysiwyg img").first
    picture.click()
    page.locator(".jodit-popup .jodit-icon_pencil").first.click()
    expect(page.get_by_text("图片属性")).to_be_visible()
    assert page.evaluate(_ENGLISH) == []
    page.keyboard.press("Escape")
    for name in ("image", "link"):
        page.locator(f".jodit-toolbar-button_{name} button").first.click()
        page.wait_for_timeout(200)
        assert page.evaluate(_ENGLISH) == [], name
        page.keyboard.press("Escape")
    page.locator(".jodit-wysiwyg").click()
    page.locator(".jodit-toolbar-button_image button").first.click()
    file = {"name": "tu.png", "mimeType": "image/png", "buffer": images.plain(300, 200)}
    page.locator(".jodit-popup input[type=file]").set_input_files(file)  # type: ignore[arg-type]
    expect(page.locator('.jodit-wysiwyg img[src^="/m/asset/"]')).to_have_count(2)
