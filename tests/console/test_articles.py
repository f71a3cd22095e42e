"""Articles in the console: from a Word file through three people's reviews to the queue."""

from __future__ import annotations

import io
import re
from html import unescape

import pytest
import sqlalchemy as sa

from content import pasting
from models import Article, AuditEntry, Review
from tests.console.conftest import DATA, Office, field, text_of


def _word(name: str) -> tuple[io.BytesIO, str]:
    return io.BytesIO((DATA / name).read_bytes()), name


def test_a_word_file_becomes_a_draft_that_can_be_edited(office_anywhere: Office) -> None:
    desk = office_anywhere.desk("editor")
    page = desk.get("/console/articles/import")
    form = {"column": "study", "once": field(page, "once"), "file": _word("article-1.docx")}
    answer = desk.post("/console/articles/import", form, content_type="multipart/form-data")
    page = desk.follow(answer)
    assert "编辑稿件" in page
    title = office_anywhere.read(sa.select(Article.title))
    assert field(page, "version") == "1"
    assert title in page
    assert "article.import" in _actions(office_anywhere)


def test_a_broken_word_file_is_refused_with_a_reason_on_the_same_page(office: Office) -> None:
    desk = office.desk("editor")
    desk.get("/console/articles/import")
    answer = desk.post(
        "/console/articles/import", {"column": "news", "file": _word("article-broken.docx")}, 422,
        content_type="multipart/form-data",
    )  # fmt: skip
    assert "导入 Word" in text_of(answer)
    assert re.search(r"损坏|无法|不是", text_of(answer))
    assert office.read(sa.select(sa.func.count(Article.id))) == 0


def test_a_form_that_is_sent_twice_makes_one_article(office: Office) -> None:
    desk = office.desk("editor")
    page = desk.get("/console/articles/new")
    column = re.search(r'<option value="(\d+)"', page)
    assert column
    form = {"once": field(page, "once"), "title": "只此一篇", "column_id": column[1], "html": "<p>正文</p>"}
    first = desk.post("/console/articles/new", form)
    second = desk.post("/console/articles/new", form)
    assert first.location == second.location
    assert office.read(sa.select(sa.func.count(Article.id))) == 1


def test_a_form_that_was_refused_keeps_what_was_typed_and_may_be_sent_again(office: Office) -> None:
    desk = office.desk("editor")
    page = desk.get("/console/articles/new")
    column = re.search(r'<option value="(\d+)"', page)
    assert column
    form = {
        "once": field(page, "once"),
        "title": " ",
        "column_id": column[1],
        "html": "<p>写了很久的正文</p>",
    }
    refused = desk.post("/console/articles/new", form, 422)
    assert "请输入标题" in text_of(refused)
    assert "写了很久的正文" in refused.text
    desk.post("/console/articles/new", {**form, "title": "有标题了"})


def test_a_stale_tab_cannot_overwrite_and_loses_nothing(office: Office) -> None:
    article = office.article()
    old = office.desk("editor").get(f"/console/articles/{article}/edit")
    form = {name: field(old, name) for name in ("version", "cover_sha256")}
    form |= {
        "column_id": str(office.read(sa.select(Article.column_id))),
        "title": "编辑改的",
        "html": "<p>甲</p>",
    }
    admin = office.desk("admin")
    admin.get(f"/console/articles/{article}/edit")
    admin.post(f"/console/articles/{article}/edit", {**form, "title": "管理员改的"})
    answer = office.desk("editor").post(f"/console/articles/{article}/edit", form, 409)
    assert re.search(r"该稿件已被admin于 \d\d:\d\d 修改，请刷新后再提交", text_of(answer))
    assert "编辑改的" in answer.text
    assert office.read(sa.select(Article.title)) == "管理员改的"


def test_three_people_approve_and_the_article_can_be_queued(office_anywhere: Office) -> None:
    office = office_anywhere
    article = office.article()
    editor = office.desk("editor")
    page = editor.get(f"/console/articles/{article}")
    editor.post(f"/console/articles/{article}/submit", {"hash": field(page, "hash")})
    for person, said in (("first", "转入二审"), ("second", "转入三审"), ("third", "审核已全部通过")):
        desk = office.desk(person)
        assert office.read(sa.select(Article.title)) in desk.get("/console/reviews")
        page = desk.get(f"/console/articles/{article}/review")
        form = {"hash": field(page, "hash"), "stage": field(page, "stage"), "decision": "approve"}
        assert said in desk.follow(desk.post(f"/console/articles/{article}/review", form))
    editor.get(f"/console/articles/{article}")
    editor.post(f"/console/articles/{article}/queue")
    assert office.read(sa.select(Article.status)) == "queued"
    assert _actions(office).count("article.approve") == 3


def test_one_person_cannot_take_two_stages(office: Office) -> None:
    article = office.article()
    office.desk("editor").post(f"/console/articles/{article}/submit")
    desk = office.desk("first")
    page = desk.get(f"/console/articles/{article}/review")
    form = {"hash": field(page, "hash"), "stage": "1", "decision": "approve"}
    desk.post(f"/console/articles/{article}/review", form)
    answer = desk.post(f"/console/articles/{article}/review", {**form, "stage": "2"}, 403)
    assert "同一人不能审两级" in text_of(answer)
    assert office.read(sa.select(sa.func.count(Review.id))) == 1


def test_an_approval_of_what_has_changed_meanwhile_is_refused_and_the_new_text_is_shown(
    office: Office,
) -> None:
    article = office.article()
    editor = office.desk("editor")
    editor.post(f"/console/articles/{article}/submit")
    page = office.desk("first").get(f"/console/articles/{article}/review")
    edit = editor.get(f"/console/articles/{article}/edit")
    form = {name: field(edit, name) for name in ("version", "cover_sha256")}
    form |= {
        "column_id": str(office.read(sa.select(Article.column_id))),
        "title": "换了标题",
        "html": "<p>换了正文</p>",
    }
    editor.post(f"/console/articles/{article}/edit", form)
    seen = {"hash": field(page, "hash"), "stage": field(page, "stage"), "decision": "approve"}
    answer = office.desk("first").post(f"/console/articles/{article}/review", seen, 409)
    assert "内容已更新，请重新审核" in text_of(answer)
    assert "换了正文" in office.desk("first").get(_frame(answer.text))
    assert field(answer.text, "hash") != seen["hash"]


def test_a_return_needs_a_reason_and_the_author_reads_it(office: Office) -> None:
    article = office.article()
    office.desk("editor").post(f"/console/articles/{article}/submit")
    desk = office.desk("first")
    page = desk.get(f"/console/articles/{article}/review")
    form = {name: field(page, name) for name in ("hash", "stage")} | {"decision": "return"}
    answer = desk.post(f"/console/articles/{article}/review", {**form, "reason": " "}, 422)
    assert "请填写退回理由" in text_of(answer)
    desk.post(f"/console/articles/{article}/review", {**form, "reason": "日期写错了"})
    assert "日期写错了" in office.desk("editor").get(f"/console/articles/{article}")


def test_the_check_while_typing_names_the_limit_and_the_wording(office: Office) -> None:
    desk = office.desk("editor")
    form = {
        "title": "长" * 33,
        "html": "<p>请打 13812345678 找张三。</p><script>alert(1)</script>",
        "column_id": "1",
    }
    page = text_of(desk.post("/console/articles/check", form, 200))
    assert "标题不能超过 32 个字，当前 33 个字" in page
    assert "138****5678" in page
    assert "13812345678" not in page


@pytest.mark.parametrize(("query", "status"), [("", 200), ("?cover=1", 200)])
def test_a_picture_is_taken_for_the_body_or_cut_to_a_cover(office: Office, query: str, status: int) -> None:
    desk = office.desk("editor")
    from content.pictures import card_cover

    data = {"file0": (io.BytesIO(card_cover("news").data), "picture.jpg")}
    answer = desk.post(f"/console/pictures{query}", data, status, content_type="multipart/form-data")
    sha256 = answer.json["pictures"][0]["sha256"]  # type: ignore[index]
    assert desk.client.get(f"/m/asset/{sha256}").status_code == 200


def test_what_is_no_picture_is_refused_in_words(office: Office) -> None:
    data = {"file0": (io.BytesIO(b"no picture"), "picture.jpg")}
    answer = office.desk("editor").post("/console/pictures", data, 422, content_type="multipart/form-data")
    assert "图片" in answer.json["message"]  # type: ignore[index]


def test_earlier_saves_stay_readable(office: Office) -> None:
    article = office.article()
    assert "第 1 版" in office.desk("auditor").get(f"/console/articles/{article}/history")
    page = office.desk("auditor").get(f"/console/articles/{article}/history/1")
    assert "楼道里的灯修好了" in office.desk("auditor").get(_frame(page))


def test_the_history_tells_where_the_source_link_changed(office: Office) -> None:
    article = office.article()
    desk = office.desk("editor")
    for link in ("https://example.cn/original?a=1&b=2", ""):
        page = desk.get(f"/console/articles/{article}/edit")
        column = re.search(r'<option value="(\d+)" selected', page)
        assert column
        form = {
            "version": field(page, "version"), "title": "社区里的一件小事", "column_id": column[1],
            "html": "<p>楼道里的灯修好了。</p>", "source_url": link,
        }  # fmt: skip
        desk.post(f"/console/articles/{article}/edit", form)
    told = text_of(desk.client.get(f"/console/articles/{article}/history"))
    assert told.count("原文链接：https://example.cn/original?a=1&b=2") == 1
    assert told.count("去掉了原文链接") == 1


@pytest.mark.parametrize("left_out", ["hash", "stage"])
def test_a_review_that_does_not_say_what_was_read_is_refused(office: Office, left_out: str) -> None:
    article = office.article()
    office.desk("editor").post(f"/console/articles/{article}/submit")
    desk = office.desk("first")
    page = desk.get(f"/console/articles/{article}/review")
    form = {name: field(page, name) for name in ("hash", "stage") if name != left_out}
    answer = desk.post(f"/console/articles/{article}/review", {**form, "decision": "approve"}, 409)
    assert "请重新阅读" in text_of(answer)
    assert office.read(sa.select(sa.func.count(Review.id))) == 0


def test_what_acts_is_never_done_for_a_part_of_a_page_that_loads_itself(office: Office) -> None:
    article = office.article()
    desk = office.desk("editor")
    desk.get("/console/help")
    loads = {"HX-Request": "true"}
    answer = desk.post(f"/console/articles/{article}/submit", None, 403, headers=loads)
    assert "本人点按钮" in answer.text
    token_in_header = {"X-CSRFToken": desk.token}
    refused = desk.client.post(f"/console/articles/{article}/submit", headers=token_in_header)
    assert refused.status_code == 400
    assert office.read(sa.select(Article.status)) == "draft"
    desk.post(
        "/console/articles/check", {"title": "题", "html": "<p>文</p>", "column_id": "1"}, 200, headers=loads
    )


def _frame(page: str) -> str:
    """The address of the frame that shows the body."""
    found = re.search(r'<iframe class="paper-frame"[^>]* src="([^"]+)"', page)
    assert found
    return found[1]


def _actions(office: Office) -> list[str]:
    with office.parts.db.read_scope() as session:
        return list(session.scalars(sa.select(AuditEntry.action)))


def test_what_cannot_be_cleaned_is_answered_in_words_and_stands_in_the_form_as_its_source(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pasting, "MAX_CHARS", 30)
    desk = office.desk("editor")
    form = {"title": "太长", "html": "<b>正文</b>" * 20}
    assert "请清除格式" in desk.post("/console/articles/paste", form, 422).text
    assert "请清除格式" in desk.post("/console/articles/check", form, 422).text
    shown = unescape(desk.post("/console/articles/new", form, 422).text)
    assert "&lt;b&gt;正文" in shown
    assert "<b>正文" not in shown


def test_an_article_is_found_by_its_body_its_sound_and_its_day_and_other_words_are_offered(
    office: Office,
) -> None:
    desk = office.desk("editor")
    page = desk.get("/console/articles/new")
    column = re.search(r'<option value="(\d+)"', page)
    assert column
    for title, html in (
        ("邻里节办起来", "<p>分类投放垃圾，人人动手。</p>"),
        ("党课开讲", "<p>树荫下的一课。</p>"),
    ):
        form = {
            "once": field(desk.get("/console/articles/new"), "once"),
            "title": title,
            "column_id": column[1],
            "html": html,
        }
        desk.post("/console/articles/new", form)
    listed = desk.get("/console/articles?q=投放垃圾")
    assert "邻里节办起来" in listed
    assert "党课开讲" not in listed
    assert '<mark class="hit">投放垃圾</mark>' in listed
    assert "党课</mark>开讲" in desk.get("/console/articles?q=dangke")
    assert "邻里节" not in desk.get("/console/articles?q=垃圾&since=2020-01-01&until=2020-01-31")
    nothing = desk.get("/console/articles?q=垃圾焚烧")
    assert "垃圾（1 篇）" in nothing
    assert not re.search(r'class="alert alert- ', nothing), "the hints of the page itself are others"
