"""The reader: only what was published, in Chinese, light, readable large and small, with nothing from outside."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from app import create_app
from content import publish
from content.assets import remember
from content.cleaning import asset_url
from content.pictures import prepare
from ground import clock
from models import Article
from settings import Settings, with_base_url
from tests.content.conftest import LIMITS, Office, furnish
from tests.content.words import image


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The whole application on a fresh database."""
    made = create_app(with_base_url(settings, "http://localhost"))
    yield made
    made.extensions["pioneer"].close()


@pytest.fixture
def office(app: Flask, settings: Settings) -> Office:
    """An office behind the application."""
    return furnish(app.extensions["pioneer"].db, settings)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A reader's phone."""
    return app.test_client()


def published(office: Office, *, hours_ago: int = 1, status: str = "published", **fields: Any) -> Article:
    """An article that went out some hours ago. (The reviews are not what is tried here.)"""
    article = office.draft(**fields)
    with office.db.session_scope() as session:
        found = session.get(Article, article.id)
        assert found
        found.status = "approved"
        session.flush()
        publish.mark_published(session, [article.id], at=clock.now() - timedelta(hours=hours_ago))
        found.status = status
    return office.now(article)


def text(answer: TestResponse) -> str:
    return answer.get_data(as_text=True)


def test_readers_see_what_was_published_and_nothing_else(office: Office, client: FlaskClient) -> None:
    out = published(office, title="已经发布的稿件")
    hidden = [
        office.draft(title="还是草稿"),
        office.submit(office.draft(title="还在审核")),
        office.approved(title="还没发布"),
    ]
    for page in ("/m/", "/m/news"):
        assert "已经发布的稿件" in text(client.get(page))
        assert not re.search("还是草稿|还在审核|还没发布", text(client.get(page)))
    assert client.get(f"/m/a/{out.id}").status_code == 200
    for article in hidden:
        assert client.get(f"/m/a/{article.id}").status_code == 404


def test_a_new_installation_has_two_empty_columns(app: Flask, client: FlaskClient) -> None:
    for page in ("/m/", "/m/study", "/m/news"):
        answer = client.get(page)
        assert answer.status_code == 200
        assert "这里还没有内容，过几天再来看看" in text(answer)


def test_an_article_page_tells_who_where_and_when(office: Office, client: FlaskClient) -> None:
    article = published(
        office, hours_ago=0, title="书香<进>楼道", digest="读书会", source_url="https://x.cn/?a=1&b=2"
    )
    page = text(client.get(f"/m/a/{article.id}"))
    assert "<title>书香&lt;进&gt;楼道</title>" in page
    assert '<meta property="og:description" content="读书会">' in page
    assert f'content="http://localhost/m/asset/{article.cover_sha256}"' in page
    assert "湖东社区党支部" in page
    assert "今天" in page
    assert 'href="https://x.cn/?a=1&amp;b=2" rel="noopener noreferrer">阅读原文' in page


def test_corrections_are_shown_and_withdrawn_texts_are_not(office: Office, client: FlaskClient) -> None:
    published(office, status="corrected", title="更正过的稿件")
    gone = published(office, status="retracted", title="撤回的稿件", html="<p>不该再看到的话。</p>")
    assert "已更正" in text(client.get("/m/news"))
    answer = client.get(f"/m/a/{gone.id}")
    assert answer.status_code == 410
    assert "本文已撤回" in text(answer)
    assert "不该再看到的话" not in text(answer)
    assert "撤回的稿件" not in text(client.get("/m/news"))


def test_a_column_is_read_page_by_page_without_gaps(office: Office, client: FlaskClient) -> None:
    wanted = [f"第 {number:02} 篇" for number in range(23)]
    for hours, title in enumerate(wanted):
        published(office, title=title, hours_ago=hours, status="corrected" if hours % 5 == 0 else "published")
    seen: list[str] = []
    address: str | None = "/m/news"
    while address:
        page = text(client.get(address))
        seen += re.findall(r'class="name">([^<]+)<', page)
        following = re.search(r'rel="next" href="([^"]+)"', page)
        address = following[1] if following else None
    assert seen == wanted
    for nowhere in (
        "/m/news?page=4",
        "/m/news?page=0",
        "/m/news?page=-1",
        "/m/news?page=99999999999999999999",
    ):
        assert client.get(nowhere).status_code == 404


def test_neighbours_lead_through_the_column_in_order(office: Office, client: FlaskClient) -> None:
    moment_twins = [
        published(office, title=f"稿件 {n}", hours_ago=hours) for n, hours in enumerate((1, 2, 2, 3))
    ]
    published(office, title="别的栏目", column="study")
    address, seen = f"/m/a/{moment_twins[0].id}", []
    for _ in range(6):
        page = text(client.get(address))
        seen.append(int(address.rsplit("/", 1)[1]))
        following = re.search(r'rel="next" href="([^"]+)"', page)
        if not following:
            break
        address = following[1]
    assert sorted(seen) == sorted(one.id for one in moment_twins)
    assert 'rel="next"' not in page
    assert 'rel="prev"' in page


@pytest.mark.parametrize(
    "address",
    [
        "/m/a/999999",
        "/m/a/99999999999999999999999",
        "/m/none",
        "/m/a/x",
        "/m/x/y/z",
        "/m/asset/zz",
        f"/m/asset/{'0' * 64}",
    ],
)
def test_what_is_not_there_is_said_in_chinese(office: Office, client: FlaskClient, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 404
    assert "找不到页面" in text(answer)
    assert "回到首页" in text(answer)


def test_the_size_of_the_text_is_kept_and_leads_nowhere_else(office: Office, client: FlaskClient) -> None:
    answer = client.get("/m/size/xlarge?next=/m/news")
    assert (answer.status_code, answer.headers["Location"]) == (303, "/m/news")
    assert 'class="size-xlarge"' in text(client.get("/m/"))
    for trap in ("https://evil.cn/m/", "//evil.cn/m/", "/m/\\evil.cn", "javascript:x", "/console/"):
        assert client.get("/m/size/large", query_string={"next": trap}).headers["Location"] == "/m/"
    assert client.get("/m/size/huge").status_code == 404


def test_text_follows_the_readers_size_whatever_the_author_wrote(office: Office, client: FlaskClient) -> None:
    article = published(office, html='<p style="font-size:12px;line-height:20px">小字</p><h1>大标题</h1>')
    page = text(client.get(f"/m/a/{article.id}"))
    assert "font-size:max(var(--least),0.75rem)" in page
    assert not re.search(r"font-size:\d+px|line-height:\d+px", page)
    assert page.count("<h1") == 1


def test_pictures_wait_fit_the_screen_and_never_change(office: Office, client: FlaskClient) -> None:
    photos = [prepare(image(1600, 1067 + extra, noisy=True, quality=60), LIMITS) for extra in (0, 1)]
    office.store.put_all(photos)
    with office.db.session_scope() as session:
        remember(session, photos, at=clock.now())
    body = "".join(f'<p><img src="{asset_url(one.sha256)}"></p>' for one in photos)
    article = published(office, html=f"<p>现场。</p>{body}")
    page = text(client.get(f"/m/a/{article.id}"))
    first, second = re.findall(r"<img[^>]+>", page)
    assert 'width="1600" height="1067"' in first
    assert "lazy" not in first
    assert 'loading="lazy"' in second
    assert 'alt="文中图片"' in second
    address = f"/m/asset/{photos[0].sha256}"
    whole, narrow = client.get(address), client.get(f"{address}?w=480")
    assert whole.data == photos[0].data
    assert len(narrow.data) < len(whole.data)
    for answer in (whole, narrow):
        assert answer.mimetype == "image/jpeg"
        assert "immutable" in answer.headers["Cache-Control"]
        assert "max-age=31536000" in answer.headers["Cache-Control"]
    assert client.get(address, headers={"If-None-Match": whole.headers["ETag"]}).status_code == 304


def test_a_page_that_has_not_changed_is_not_sent_again(office: Office, client: FlaskClient) -> None:
    article = published(office)
    answer = client.get(f"/m/a/{article.id}")
    again = client.get(f"/m/a/{article.id}", headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    known = {"If-None-Match": answer.headers["ETag"]}
    client.get("/m/size/large", headers={"Sec-Fetch-Dest": "image"})  # the address of a picture in some text
    assert client.get(f"/m/a/{article.id}", headers=known).status_code == 304
    client.get("/m/size/large")
    assert client.get(f"/m/a/{article.id}", headers=known).status_code == 200


def test_a_page_is_light_and_asks_nobody_else(office: Office, client: FlaskClient) -> None:
    article = published(office, html="<p>" + "网格员走访居民。" * 400 + "</p>")
    weight = 0
    for address in ("/m/", f"/m/a/{article.id}"):
        page = text(client.get(address))
        loaded = re.findall(r'<(?:img|link|script)[^>]+?(?:src|href)="([^"]+)"', page)
        assert all(one.startswith(("/static/", "/m/", "data:")) for one in loaded)
        assert "<script" not in page
        weight = len(page.encode()) + sum(
            len(client.get(one).data) for one in loaded if one.startswith("/static/")
        )
        assert weight < 150_000
