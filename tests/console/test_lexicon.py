"""The lexicon and the findings of the check, as people in the office meet them."""

from __future__ import annotations

import io

import pytest
import sqlalchemy as sa
import xlsxwriter
from werkzeug.test import TestResponse

from content.lexicon import sheets
from content.proofing.entries import Entry, EntryKind
from ground import clock
from models import Article, AuditEntry, LexiconEntry, WordingConfirmation
from tests.console.conftest import DATA, Desk, Office, field, text_of

FORM = {
    "kind": "wrong", "text": "甲乙丙式写法", "suggestion": "规范写法", "severity": "confirm", "reason": "本单位的约定",
    "apart": "", "active": "yes",
}  # fmt: skip


def _with_body(office: Office, html: str) -> int:
    article = office.article()
    with office.parts.db.session_scope() as session:
        stored = session.get_one(Article, article)
        stored.html = html.replace("COVER", stored.cover_sha256 or "")
    return article


def _book(*rows: list[str]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out) as book:
        sheet = book.add_worksheet("词库")
        for number, values in enumerate([["类型", "词语", "建议"], *rows]):
            sheet.write_row(number, 0, values)
    return out.getvalue()


def _uploaded(desk: Desk, file: bytes) -> TestResponse:
    upload = {"file": (io.BytesIO(file), "词库.xlsx")}
    return desk.post("/console/lexicon/import", upload, 200, content_type="multipart/form-data")


def test_an_entry_is_made_changed_and_switched_off_with_a_trail(office_anywhere: Office) -> None:
    office = office_anywhere
    desk = office.desk("admin")
    desk.get("/console/lexicon/new")
    shown = desk.follow(desk.post("/console/lexicon/new", FORM))
    assert "甲乙丙式写法" in shown
    assert "现行第 2 版" in shown
    entry = office.read(sa.select(LexiconEntry.id).where(LexiconEntry.text == FORM["text"]))
    assert 'value="规范写法"' in desk.get(f"/console/lexicon/{entry}")
    desk.post(f"/console/lexicon/{entry}", {**FORM, "severity": "block"})
    entry = office.read(sa.select(sa.func.max(LexiconEntry.id)))
    desk.post(f"/console/lexicon/{entry}/switch", {"active": "no"})
    assert "甲乙丙式写法" in desk.get("/console/lexicon?state=off")
    assert "修改“甲乙丙式写法”" in desk.get("/console/lexicon/versions")
    assert "停用" in desk.get("/console/lexicon/versions/4")
    assert "修改错敏词库" in desk.get("/console/audit?action=lexicon.change")
    assert office.read(sa.select(sa.func.count()).where(AuditEntry.action == "lexicon.change")) == 3


def test_what_was_refused_is_said_above_the_form_with_everything_still_there(office: Office) -> None:
    desk = office.desk("admin")
    desk.get("/console/lexicon/new")
    answer = desk.post("/console/lexicon/new", {**FORM, "text": "写法"}, 422)
    assert "不能再含有易错写法本身" in text_of(answer)
    assert 'value="规范写法"' in answer.text


def test_an_editor_looks_but_does_not_change(office: Office) -> None:
    desk = office.desk("editor")
    page = desk.get("/console/lexicon")
    assert "新建词条" not in page
    assert "导出" in page


def test_the_list_goes_out_and_a_file_comes_in(office: Office) -> None:
    desk = office.desk("admin")
    desk.get("/console/lexicon/new")
    desk.post("/console/lexicon/new", FORM)
    file = desk.client.get("/console/lexicon.xlsx").data
    back = sheets.parse(file, today=clock.shanghai_day(clock.now()))
    assert Entry(EntryKind.WRONG, "甲乙丙式写法", "规范写法", "本单位的约定") in [
        one.entry for one in back.rows
    ]
    assert "没有需要写入的变化" in text_of(_uploaded(desk, file))


def test_a_file_is_shown_before_any_of_it_is_written(office: Office) -> None:
    desk = office.desk("admin")
    desk.get("/console/lexicon/new")
    desk.post("/console/lexicon/new", FORM)
    file = _book(
        ["易错敏感词", "甲乙丙式写法", "更规范的写法"],
        ["易错敏感词", "丁戊己式写法", "规范写法"],
        ["易错敏感词", "一", "二"],
    )
    shown = _uploaded(desk, file)
    assert "词语应为 2 到 40 个字" in text_of(shown)
    assert '<td class="num">4</td>' in shown.text
    assert "<del>规范写法</del>" in shown.text
    assert "丁戊己式写法" in shown.text
    assert office.read(sa.select(sa.func.count()).where(LexiconEntry.text == "丁戊己式写法")) == 0
    key = field(shown.text, "key")
    assert "仅导入正确行" in text_of(desk.post("/console/lexicon/import/confirm", {"key": key}, 422))
    done = desk.follow(desk.post("/console/lexicon/import/confirm", {"key": key, "only_valid": "yes"}))
    assert "新增 1 条，修改 1 条，未变 0 条，跳过错误 1 行" in done
    again = desk.post("/console/lexicon/import/confirm", {"key": key}, 409)
    assert "请重新选择文件" in text_of(again)


def test_what_came_with_the_product_counts_as_there_before_the_first_change(office: Office) -> None:
    desk = office.desk("admin")
    desk.get("/console/lexicon/import")
    shown = text_of(_uploaded(desk, _book(["易错敏感词", "领导小姐", "领导小组"])))
    assert "将要修改" in shown
    assert "将要新增" not in shown
    assert office.read(sa.select(sa.func.count()).select_from(LexiconEntry)) == 0


def test_a_file_that_is_no_lexicon_is_refused_on_its_page(office: Office) -> None:
    desk = office.desk("admin")
    desk.get("/console/lexicon/import")
    upload = {"file": (io.BytesIO(b"nothing"), "词库.xlsx")}
    answer = desk.post("/console/lexicon/import", upload, 422, content_type="multipart/form-data")
    assert "这是没有分列的文本文件" in text_of(answer)


def test_a_finding_is_explained_on_the_article_s_page_and_reviewers_read_it(office_anywhere: Office) -> None:
    office = office_anywhere
    article = _with_body(office, "<p>联系人电话 13800138000。</p><p><img src='/m/asset/COVER'></p>")
    desk = office.desk("editor")
    page = desk.get(f"/console/articles/{article}")
    answer = desk.post(f"/console/articles/{article}/submit", {"hash": field(page, "hash")})
    assert "1 项须核实" in desk.follow(answer)
    key = page.split('name="reason-')[1].split('"')[0]
    desk.post(f"/console/articles/{article}/confirm", {f"reason-{key}": " "}, 422)
    desk.post(f"/console/articles/{article}/confirm", {f"reason-{key}": "本人已书面同意"})
    assert "已提交一审" in desk.follow(desk.post(f"/console/articles/{article}/submit"))
    read = office.desk("first").get(f"/console/articles/{article}/review")
    assert "已核实：本人已书面同意（editor" in read
    assert "提交时用随程序提供的词库检查" in read
    assert "正文有 1 张图片，图片中的文字没有检查" in read
    assert "13800138000" not in read
    assert office.read(sa.select(WordingConfirmation.version)) == 1
    assert office.read(sa.select(sa.func.count()).where(AuditEntry.action == "article.confirm")) == 1


def test_a_mark_of_secrecy_beside_the_text_of_a_word_file_is_answered_for_before_the_reviews(
    office: Office,
) -> None:
    desk = office.desk("editor")
    once = field(desk.get("/console/articles/import"), "once")
    file = io.BytesIO((DATA / "hard" / "secret_watermark.docx").read_bytes())
    form = {"column": "news", "once": once, "file": (file, "通知.docx")}
    desk.post("/console/articles/import", form, content_type="multipart/form-data")
    article = office.read(sa.select(Article.id))
    page = desk.get(f"/console/articles/{article}")
    assert "均未发现问题" not in page
    refused = desk.follow(desk.post(f"/console/articles/{article}/submit", {"hash": field(page, "hash")}))
    assert "有 1 项须核实（“机密”）" in refused
    key = page.split('name="reason-')[1].split('"')[0]
    desk.post(f"/console/articles/{article}/confirm", {f"reason-{key}": "已向来源单位核实，水印是模板自带的"})
    assert "已提交一审" in desk.follow(desk.post(f"/console/articles/{article}/submit"))
    assert "水印是模板自带的" in office.desk("first").get(f"/console/articles/{article}/review")


def test_the_check_while_typing_knows_what_was_confirmed(office: Office) -> None:
    article = _with_body(office, "<p>联系人电话 13800138000。</p>")
    desk = office.desk("editor")
    page = desk.get(f"/console/articles/{article}")
    key = page.split('name="reason-')[1].split('"')[0]
    desk.post(f"/console/articles/{article}/confirm", {f"reason-{key}": "本人已书面同意"})
    form = {
        "title": "题",
        "html": "<p>找 13800138000，其它</p>",
        "column_id": "1",
        "article_id": str(article),
    }
    shown = desk.post("/console/articles/check", form, 200).text
    assert "已核实：本人已书面同意" in shown
    assert 'data-take="其他"' in shown


@pytest.mark.parametrize("person", ["first", "auditor"])
def test_who_may_not_write_sees_findings_and_confirms_none(office: Office, person: str) -> None:
    article = _with_body(office, "<p>联系人电话 13800138000。</p>")
    page = office.desk(person).get(f"/console/articles/{article}")
    assert "138****8000" in page
    assert "保存核实理由" not in page
