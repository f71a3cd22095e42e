"""Writing an article: what is typed is kept beside the versions, who writes is known, what is lost is said before it is."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import sqlalchemy as sa

from content import holding
from ground import clock
from models import Article, ArticleDraft, ArticleHold, ArticleRevision
from tests.console.conftest import Desk, Office, field, text_of

TAB = {"tab": "aaaa.1"}


def _form(office: Office, desk: Desk, article: int, **values: str) -> dict[str, str]:
    page = desk.get(f"/console/articles/{article}/edit")
    form = {name: field(page, name) for name in ("version", "cover_sha256")}
    column = str(office.read(sa.select(Article.column_id).where(Article.id == article)))
    return {"column_id": column, "title": "社区里的一件小事", "author": "社区", **form, **values}


def test_what_is_typed_is_kept_beside_the_versions_and_a_save_takes_it_away(office_anywhere: Office) -> None:
    office = office_anywhere
    article = office.article()
    desk = office.desk("editor")
    form = _form(office, desk, article, html="<p>写到一半</p>", title="新标题")
    kept = desk.post("/console/articles/keep", {**form, **TAB, "article": str(article)}, 200)
    assert re.fullmatch(r"今天 \d\d:\d\d", kept.json["at"])  # type: ignore[index]
    assert office.read(sa.select(sa.func.count(ArticleRevision.id))) == 1
    again = desk.get(f"/console/articles/{article}/edit")
    assert "写到一半" in again.partition('id="server-draft"')[2]
    assert "写到一半" not in office.desk("admin").get(f"/console/articles/{article}/edit")
    desk.post(f"/console/articles/{article}/edit", form)
    assert office.read(sa.select(sa.func.count(ArticleDraft.key))) == 0
    assert office.read(sa.select(sa.func.count(ArticleRevision.id))) == 2


def test_a_new_article_is_kept_too_until_it_is_not_wanted(office: Office) -> None:
    desk = office.desk("editor")
    desk.get("/console/articles/new")
    desk.post(
        "/console/articles/keep", {**TAB, "title": "还没有保存", "html": "<p>甲</p>", "column_id": "1"}, 200
    )
    assert "还没有保存" in desk.get("/console/articles/new")
    assert office.read(sa.select(sa.func.count(Article.id))) == 0
    desk.post("/console/articles/forget", {}, 200)
    assert "还没有保存" not in desk.get("/console/articles/new")


def test_what_is_typed_into_an_article_that_went_on_is_refused_in_words(office: Office) -> None:
    article = office.article(status="published")
    desk = office.desk("editor")
    answer = desk.post(
        "/console/articles/keep", {**TAB, "article": str(article), "title": "题", "html": ""}, 409
    )
    assert "保留在本机" in answer.json["message"]  # type: ignore[index]


def test_the_second_who_opens_an_article_is_told_who_writes_and_may_take_over(
    office_anywhere: Office,
) -> None:
    office = office_anywhere
    article = office.article()
    first, second = office.desk("editor"), office.desk("admin")

    def hold(desk: Desk, tab: str, how: str = "") -> dict[str, object]:
        form = {"article": str(article), "tab": tab, "how": how}
        told: dict[str, object] = desk.post("/console/articles/hold", form, 200).json["holder"]  # type: ignore[index]
        return told

    assert hold(first, "aaaa.1")["mine"] is True
    told = hold(second, "bbbb.1")
    assert (told["mine"], told["who"]) == (False, "editor")
    assert hold(first, "aaaa.2")["mine"] is True, "a page that is loaded anew goes on in its window"
    assert hold(first, "cccc.1")["who"] == "您在另一个窗口"
    assert hold(second, "bbbb.1", "over")["mine"] is True
    kept = first.post(
        "/console/articles/keep",
        {**_form(office, first, article, html="<p>甲的话</p>"), "article": str(article), "tab": "aaaa.2"},
        200,
    )
    assert kept.json["holder"]["who"] == "admin"  # type: ignore[index]
    assert "甲的话" in first.get(f"/console/articles/{article}/edit"), "what the first had typed is kept"


def test_a_window_that_went_silent_keeps_nobody_waiting(office: Office) -> None:
    article = office.article()
    form = {"article": str(article), "tab": "aaaa.1"}
    office.desk("editor").post("/console/articles/hold", form, 200)
    with office.parts.db.session_scope() as session:
        long_ago = clock.now() - timedelta(seconds=holding.SILENT_S + 1)
        session.execute(sa.update(ArticleHold).values(seen_at=long_ago))
    told = office.desk("admin").post("/console/articles/hold", {**form, "tab": "bbbb.1"}, 200)
    assert told.json["holder"]["mine"] is True  # type: ignore[index]


def test_the_bar_saves_and_submits_and_says_what_stands_in_the_way(office: Office) -> None:
    article = office.article()
    desk = office.desk("editor")
    form = _form(office, desk, article, html="<p>看图<img src='file:///C:/tu.png'></p>", then="submit")
    page = text_of(desk.client.get(desk.post(f"/console/articles/{article}/edit", form).location))
    assert "还不能提交审核" in page
    assert "［图片未能粘贴：tu.png］" in page
    assert office.read(sa.select(Article.status)) == "draft"
    form = _form(office, desk, article, html="<p>没有图了</p>", then="submit")
    answer = desk.post(f"/console/articles/{article}/edit", form)
    assert answer.location.startswith(f"/console/articles/{article}?")
    assert office.read(sa.select(Article.status)) == "in_review"


def test_what_is_pasted_comes_back_clean_with_what_was_lost(office: Office) -> None:
    form = {"html": "<p class=MsoNormal>题<img src='file:///C:/tu.png'></p>"}
    answer = office.desk("editor").post("/console/articles/paste", form, 200).json
    assert answer["html"] == "<p>题［图片未能粘贴：tu.png］</p>"  # type: ignore[index]
    assert "tu.png" in answer["notices"][0]  # type: ignore[index]


@pytest.mark.parametrize("address", ["http://127.0.0.1/a.png", "ftp://example.cn/a", ""])
def test_a_picture_that_cannot_be_copied_in_is_refused_in_words(office: Office, address: str) -> None:
    answer = office.desk("editor").post("/console/pictures/copy", {"url": address}, 422).json
    assert answer["success"] is False  # type: ignore[index]
    assert re.search("[一-鿿]", answer["message"])  # type: ignore[index]


def test_typesetting_shows_what_it_would_change_and_writes_nothing(office: Office) -> None:
    article = office.article()
    desk = office.desk("editor")
    form = {"html": "<p>　　一.组织学习</p><p>请 党员,按时参加.</p>"}
    found = desk.post("/console/articles/typeset", form, 200).json
    assert found["html"] == "<h2>一、组织学习</h2><p>请党员，按时参加。</p>"  # type: ignore[index]
    assert "<del>.</del><ins>、</ins>" in re.sub(r"\s*\n\s*", "", found["changes"])  # type: ignore[index]
    assert office.read(sa.select(Article.version).where(Article.id == article)) == 1


def test_a_body_over_the_limit_is_told_where_it_begins_to_be(office: Office) -> None:
    html = "".join(f"<p>第{number}段{'字' * 900}</p>" for number in range(1, 31))
    page = office.desk("editor").post("/console/articles/check", {"title": "题", "html": html}, 200).text
    place = re.search(r'data-place="第(\d+)段', page)
    assert place
    assert 18 <= int(place[1]) <= 22
    assert "data-over" in page


def test_an_earlier_version_is_compared_and_made_the_present_one_again(office_anywhere: Office) -> None:
    office = office_anywhere
    article = office.article()
    desk = office.desk("editor")
    changed = _form(office, desk, article, title="社区里的一件大事", html="<p>楼道里的电梯修好了。</p>")
    desk.post(f"/console/articles/{article}/edit", changed)
    page = re.sub(r"\s*\n\s*", "", desk.get(f"/console/articles/{article}/history/2"))
    assert "一件<del>小</del><ins>大</ins>事" in page
    assert "楼道里的<del>灯</del><ins>电梯</ins>修好了" in page
    office.desk("first").get("/console/help")
    office.desk("first").post(f"/console/articles/{article}/history/1/restore", {"version": "2"}, 403)
    desk.post(f"/console/articles/{article}/history/1/restore", {"version": "1"})
    assert office.read(sa.select(Article.version)) == 2, "somebody saved meanwhile"
    desk.post(f"/console/articles/{article}/history/1/restore", {"version": "2"})
    assert office.read(sa.select(Article.version)) == 3
    assert office.read(sa.select(Article.title)) == "社区里的一件小事"
    assert "恢复自第 1 版" in desk.get(f"/console/articles/{article}/history")


def test_a_picture_that_came_or_went_is_seen_in_the_comparison(office: Office) -> None:
    article = office.article()
    cover = office.read(sa.select(Article.cover_sha256))
    desk = office.desk("editor")
    html = f'<p>楼道里的灯修好了。</p><p><img src="/m/asset/{cover}" alt="新灯"></p>'
    desk.post(f"/console/articles/{article}/edit", _form(office, desk, article, html=html, cover_sha256=""))
    page = desk.get(f"/console/articles/{article}/history/2")
    assert re.search(rf"<ins>.*新灯<img[^>]*{cover}", page)
    assert "原封面" in page


def test_a_save_of_what_was_queued_meanwhile_leads_to_the_page_that_says_so(office: Office) -> None:
    article = office.article(status="approved")
    desk = office.desk("editor")
    form = _form(office, desk, article, html="<p>又改了</p>")
    office.desk("admin").post(f"/console/articles/{article}/queue")
    said = desk.follow(desk.post(f"/console/articles/{article}/edit", form))
    assert "稿件已排队、排期或发布，不能修改" in said
