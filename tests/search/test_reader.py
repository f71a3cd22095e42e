"""Story 7: a reader looks for something, by page, by a narrow phone without scripts, and by chat."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import expect
from werkzeug.serving import make_server

from app import create_app
from models import Article, ArticleStatus
from runtime import Runtime
from settings import Settings, with_base_url
from tests.content.conftest import furnish
from tests.fixtures.browser import Windows
from tests.fixtures.configuration import make_settings
from tests.inbound.conftest import OPENID, account_of
from tests.inbound.platform import Phone
from tests.search.conftest import written
from wechat.inbound.callback import make_callback


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The whole application on a fresh database."""
    made = create_app(with_base_url(settings, "http://localhost"))
    yield made
    made.extensions["pioneer"].close()


@pytest.fixture
def runtime(app: Flask) -> Runtime:
    """Its parts."""
    parts: Runtime = app.extensions["pioneer"]
    return parts


@pytest.fixture
def library_in(runtime: Runtime) -> dict[str, int]:
    """The corpus, published in the application's database."""
    return written(furnish(runtime.db, runtime.settings))


@pytest.fixture
def phone(runtime: Runtime) -> Phone:
    """A phone whose messages reach the callback."""
    return Phone(make_callback(runtime), account_of(runtime.settings))


def _told(app: Flask, query: str, **more: str) -> str:
    answer = app.test_client().get("/m/search", query_string={"q": query, **more})
    assert answer.status_code == 200, query
    return re.sub(r"<(?!b |/b)[^>]*>|\s+", " ", answer.get_data(as_text=True))


def test_the_page_marks_what_was_found_and_offers_other_words_instead_of_nothing(
    app: Flask, library_in: dict[str, int], runtime: Runtime
) -> None:
    assert '<b class="hit">垃圾分类</b>，从我做起' in _told(app, "垃圾分類")
    assert '专题<b class="hit">党课</b>' in _told(app, "dangke")
    assert "只有一个字" in _told(app, "梯")
    assert "垃圾（2 篇）" in _told(app, "拉圾")
    assert "律师（2 篇）" in _told(app, "律师 飞机票")
    assert "请输入要找的文字" in _told(app, "%_'\"<>")
    assert "没有找到“%_&#39;" in _told(app, "%_'<script>")
    assert "内容太长" in _told(app, "垃圾" * 100)
    assert "请输入要找的文字" in _told(app, "😀")
    nothing = _told(app, "核酸检测")
    assert "没有找到“核酸检测”" in nothing
    assert "最新内容" in nothing
    with runtime.db.session_scope() as session:
        session.get_one(Article, library_in["食堂"]).status = ArticleStatus.RETRACTED.value
        session.get_one(Article, library_in["停水"]).status = ArticleStatus.ARCHIVED.value
    assert "长者食堂开饭啦" not in _told(app, "食堂")
    assert "停水通知" not in _told(app, "停水")


def test_a_follower_finds_articles_by_chat_and_opens_one_by_its_number(
    library_in: dict[str, int], phone: Phone
) -> None:
    said = phone.say(OPENID, "搜 垃圾分类").text
    assert "1. <a href=" in said
    assert "垃圾分类，从我做起" in said
    assert "垃圾分类，从我做起" in str(phone.say(OPENID, "1").fields)
    assert "律师" in phone.say(OPENID, "搜索：ls").text
    assert "搜 垃圾（2 篇）" in phone.say(OPENID, "搜拉圾").text
    assert "没有找到“核酸”" in phone.say(OPENID, "查 核酸").text
    assert "例如：搜 垃圾分类" in phone.say(OPENID, "搜").text
    assert "例如：搜 垃圾分类" in phone.say(OPENID, "搜 %_").text
    assert "没有找到" not in phone.say(OPENID, "查签到").text


@pytest.mark.browser
def test_on_a_phone_of_320_pixels_a_reader_types_and_finds_with_and_without_scripts(
    sqlite_url: str, tmp_path: Path, windows: Windows
) -> None:
    settings = make_settings(database={"url": sqlite_url}, server={"data_dir": str(tmp_path)})
    app = create_app(settings)
    written(furnish(app.extensions["pioneer"].db, settings))
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        for scripts, size in ((True, "normal"), (False, "xlarge")):
            context = windows.context(viewport={"width": 320, "height": 640}, java_script_enabled=scripts)
            page = context.new_page()
            page.goto(f"http://127.0.0.1:{server.port}/m/size/{size}?next=/m/")
            page.get_by_role("link", name="搜索").click()
            page.get_by_role("searchbox").fill("网格 律师")
            page.get_by_role("searchbox").press("Enter")
            expect(page.locator(".hits .hit").first).to_have_text("网格")
            page.get_by_role("searchbox").fill("拉圾")
            page.get_by_role("button", name="搜索").click()
            page.get_by_role("link", name="垃圾（2 篇）").click()
            expect(page.locator(".hits li")).to_have_count(2)
            wide = page.locator("html").bounding_box()
            assert wide is not None
            assert wide["width"] <= 320
            box = page.get_by_role("button", name="搜索").bounding_box()
            assert box is not None
            assert box["height"] >= 44
            assert box["x"] + box["width"] <= 320
    finally:
        server.shutdown()
        thread.join(5)
        app.extensions["pioneer"].close()
