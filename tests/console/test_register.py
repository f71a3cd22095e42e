"""审核登记表: filled in with what happened, on paper for one and for many, and whether the text still is the one on it."""

from __future__ import annotations

import io
import re
from pathlib import Path

import sqlalchemy as sa
from pypdf import PdfReader

from ground import clock
from models import Article, Correction, Release, WordingConfirmation
from tests.console.conftest import Office, field
from tests.world import accounts, articles

REGISTERS = "/console/articles/registers"
WRITTEN = {"author": "葛曾䮌", "digest": "一件小事", "html": "<p>楼道里的灯修好了。</p>"}


def _pages(data: bytes) -> list[str]:
    return [re.sub(r"[\s\0]", "", page.extract_text()) for page in PdfReader(io.BytesIO(data)).pages]


def _reviewed(office: Office, *opinions: str) -> int:
    """An article that the editor wrote and handed in, and reviewers approved with these opinions."""
    article = articles.article(office.parts.db, office.parts.settings.data_dir, "路灯修好了", **WRITTEN)
    editor = office.desk("editor")
    editor.post(f"/console/articles/{article}/submit", {"hash": _hash(office, article)})
    for who, opinion in zip(("first", "second", "third"), opinions, strict=False):
        desk = office.desk(who)
        page = desk.get(f"/console/articles/{article}/review")
        said = {
            "hash": field(page, "hash"),
            "stage": field(page, "stage"),
            "decision": "approve",
            "reason": opinion,
        }
        desk.post(f"/console/articles/{article}/review", said)
    return article


def _hash(office: Office, article: int) -> str:
    return str(office.read(sa.select(Article.hash).where(Article.id == article)))


def test_the_form_says_who_reviewed_what_when_and_leaves_the_rest_to_the_pen(office: Office) -> None:
    article = _reviewed(office, "事实已向物业核对", "同意发布")
    shown = office.desk("auditor").get(f"/console/articles/{article}/register")
    year = clock.to_shanghai(clock.now()).year
    assert f"{year}-{article:06}" in shown
    for said in (
        "路灯修好了",
        "葛曾䮌",
        "原创",
        "9 字",
        "事实已向物业核对",
        "first",
        "同意发布",
        "second",
        "待审",
        "尚未发布",
    ):
        assert said in shown, said
    assert "（手签）" in shown
    answer = office.desk("auditor").client.get(f"{REGISTERS}.pdf?id={article}")
    assert answer.mimetype == "application/pdf"
    (paper,) = _pages(answer.data)
    for said in (
        "信息发布审核登记表",
        "葛曾䮌",
        "事实已向物业核对",
        "一审意见",
        "三审意见待审",
        "第1页，共1页",
    ):
        assert said in paper, said


def test_a_review_that_was_voided_stands_on_no_form(office: Office) -> None:
    article = _reviewed(office, "第一次看的意见")
    editor = office.desk("editor")
    page = editor.get(f"/console/articles/{article}/edit")
    changed = {**WRITTEN, "title": "路灯又坏了", "column_id": "1", "version": field(page, "version")}
    editor.post(f"/console/articles/{article}/edit", changed)
    shown = office.desk("editor").get(f"/console/articles/{article}/register")
    assert "第一次看的意见" not in shown
    assert "路灯又坏了" in shown


def test_one_character_changed_and_the_code_on_the_paper_says_so(office: Office) -> None:
    article = _reviewed(office)
    digest = _hash(office, article)
    phone = office.app.test_client()
    address = f"/m/a/{article}/check/{digest[:16]}"
    same = phone.get(address)
    assert "一致" in same.text
    assert "不一致" not in same.text
    assert "路灯" not in same.text  # it is not published: nothing of it is shown
    editor = office.desk("editor")
    page = editor.get(f"/console/articles/{article}/edit")
    changed = {**WRITTEN, "title": "路灯修好啦", "column_id": "1", "version": field(page, "version")}
    editor.post(f"/console/articles/{article}/edit", changed)
    assert "不一致" in phone.get(address).text
    assert "一致" in phone.get(f"/m/a/{article}/check/{_hash(office, article)[:16]}").text
    for unknown in (
        f"/m/a/{article}/check/{'0' * 16}",
        f"/m/a/{article}/check/{digest[:8]}",
        "/m/a/999/check/" + digest[:16],
    ):
        answer = phone.get(unknown)
        assert answer.status_code == 404, unknown
        assert "<h1>查不到这份登记表</h1>" in answer.text
    assert (
        phone.get(f"/m/a/{article}/check/%25%25%25%25%25%25%25%25%25%25%25%25%25%25%25%25").status_code == 404
    )


def test_the_page_of_the_code_says_how_the_article_stands_and_vouches_for_nothing_else(
    office: Office,
) -> None:
    phone = office.app.test_client()
    for status, said in (
        ("draft", "尚未审核通过"),
        ("in_review", "尚未审核通过"),
        ("approved", "审核通过，尚未发布"),
        ("published", "已发布"),
        ("corrected", "已更正"),
        ("retracted", "已撤回"),
    ):
        article = office.article(f"一篇{status}", "draft")
        with office.parts.db.session_scope() as session:
            session.execute(sa.update(Article).where(Article.id == article).values(status=status))
        page = phone.get(f"/m/a/{article}/check/{_hash(office, article)[:16]}").text
        assert "与这份登记表上的内容一致" in page, status
        assert f"稿件目前的状态：{said}。" in page, status
        assert "审核后发布" not in page
        assert "审核的内容" not in page


def test_the_page_of_the_code_names_the_reviews_that_a_release_still_owes(office: Office) -> None:
    article = office.article("防汛通知", "approved")
    with office.parts.db.session_scope() as session:
        first = accounts.someone(session, "reviewer")
        session.add(
            Release(
                article_id=article, status="released", content_hash=_hash(office, article), version=1, first_by=first.id,
                first_reason="台风预警", first_at=clock.now(), stage=1, last_stage=3, due_at=clock.now(),
            )
        )  # fmt: skip
    page = office.app.test_client().get(f"/m/a/{article}/check/{_hash(office, article)[:16]}").text
    assert "稿件目前的状态：已紧急签发，尚未发布，补审还没有完成。" in page


def test_twelve_that_went_out_are_printed_together(office: Office) -> None:
    ids = [office.article(f"第{number}篇小事", "published") for number in range(12)]
    desk = office.desk("editor")
    page = desk.get(REGISTERS)
    assert page.count('name="id"') == 12
    assert "这段时间没有发布稿件" in desk.get(f"{REGISTERS}?first=2020-01-01&last=2020-01-31")
    assert "开始日期应不晚于结束日期" in desk.get(f"{REGISTERS}?first=2026-02-01&last=2026-01-01")
    assert "日期没有写对" in desk.get(f"{REGISTERS}?first=abc")
    query = "&".join(f"id={one}" for one in reversed(ids))
    papers = _pages(desk.client.get(f"{REGISTERS}.pdf?{query}").data)
    assert len(papers) == 12
    assert [
        f"第{number}篇小事" in paper for number, paper in zip(range(11, -1, -1), papers, strict=True)
    ] == [True] * 12
    too_many = "&".join(f"id={one}" for one in range(1, 102))
    assert "一次最多打印 100 篇" in desk.get(f"{REGISTERS}.pdf?{too_many}", status=422)
    desk.get(f"{REGISTERS}.pdf?id=9999", status=404)
    office.desk("secretary").get(f"{REGISTERS}.pdf?id={ids[0]}", status=403)


def test_a_long_form_is_printed_on_several_pages_and_does_not_spoil_the_others(office: Office) -> None:
    long = _reviewed(office, "\r\n".join(["好"] * 45), "末尾")
    short = office.article("第二篇", "published")
    with office.parts.db.session_scope() as session:
        editor = accounts.someone(session, "editor")
        for number in range(12):
            session.add(
                WordingConfirmation(
                    article_id=long, version=1, key=f"k{number}", rule="name", shown="修好", places=1,
                    reason=f"第{number}条" + "理" * 195, user_id=editor.id, at=clock.now(),
                )
            )  # fmt: skip
        for number in range(4):
            session.add(
                Correction(
                    article_id=long, kind="correct", reason=f"第{number}次" + "因" * 497, note="更正", status="done",
                    asked_by=editor.id, asked_at=clock.now(), due_at=clock.now(), decided_at=clock.now(),
                )
            )  # fmt: skip
    answer = office.desk("editor").client.get(f"{REGISTERS}.pdf?id={long}&id={short}")
    assert answer.status_code == 200
    papers = "".join(_pages(answer.data))
    for said in (
        "好" * 45,
        "末尾",
        "第二篇",
        *(f"第{n}条" for n in range(12)),
        *(f"第{n}次" for n in range(4)),
    ):
        assert said in papers, said


def test_the_command_writes_the_same_paper(office: Office, tmp_path: Path) -> None:
    article = _reviewed(office, "同意")
    out = tmp_path / "表.pdf"
    done = office.app.test_cli_runner().invoke(
        args=["article", "register", str(article), "--output", str(out)]
    )
    assert done.exit_code == 0, done.output
    assert "路灯修好了" in _pages(out.read_bytes())[0]


def test_the_whole_story_of_an_article_stands_on_one_page(office: Office) -> None:
    article = _reviewed(office, "第一次看的意见")
    second = office.desk("second")
    page = second.get(f"/console/articles/{article}/review")
    said = {"hash": field(page, "hash"), "stage": field(page, "stage")}
    second.post(
        f"/console/articles/{article}/review", {**said, "decision": "return", "reason": "灯的地点写具体"}
    )
    editor = office.desk("editor")
    page = editor.get(f"/console/articles/{article}/edit")
    for title in ("三号楼的灯修好了", "三号楼二楼的灯修好了"):
        changed = {**WRITTEN, "title": title, "column_id": "1", "version": field(page, "version")}
        editor.post(f"/console/articles/{article}/edit", changed)
        page = editor.get(f"/console/articles/{article}/edit")
    shown = office.desk("auditor").get(f"/console/articles/{article}/story")
    places = [
        shown.index(word)
        for word in ("提交审核", "错敏检查", "一审通过", "二审退回", "保存 2 次（第 2 至 3 版）")
    ]
    assert places == sorted(places)
    for word in ("第一次看的意见", "后来作废", "灯的地点写具体"):
        assert word in shown, word


def test_a_draft_that_nobody_handed_in_is_not_said_to_be_awaited(office: Office) -> None:
    article = articles.article(office.parts.db, office.parts.settings.data_dir, "路灯修好了", **WRITTEN)
    shown = office.desk("editor").get(f"/console/articles/{article}/register")
    assert "尚未提交审核" in shown
    assert "待审" not in shown


def test_a_comment_stands_once_in_the_story(office: Office) -> None:
    article = _reviewed(office)
    first = office.desk("first")
    page = first.get(f"/console/articles/{article}/review")
    said = {"quote": "楼道里的灯", "text": "写明几号楼", "hash": field(page, "hash")}
    first.post(f"/console/articles/{article}/comments", said)
    shown = office.desk("editor").get(f"/console/articles/{article}/story")
    assert shown.count("写明几号楼") == 1
    assert shown.count("批注") == 1
