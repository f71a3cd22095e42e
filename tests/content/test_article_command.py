"""``flask article``: from the Word file to the third approval, with plain refusals."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from click.testing import Result
from flask import Flask

from accounts import audit
from app import create_app
from content import finding, publish
from ground import clock
from models import Article, Asset
from settings import Settings
from tests.content.conftest import Office, furnish

DATA = Path(__file__).parents[1] / "data"


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application whose commands are run."""
    made = create_app(settings)
    yield made
    made.extensions["pioneer"].close()


@pytest.fixture
def office(app: Flask, settings: Settings) -> Office:
    """People who may act."""
    return furnish(app.extensions["pioneer"].db, settings)


def run(app: Flask, *words: str) -> Result:
    return app.test_cli_runner().invoke(args=["article", *words])


def told(result: Result) -> Any:
    assert result.exit_code == 0, result.stderr
    return json.loads(result.stdout)


def imported(app: Flask, name: str = "article-2.docx") -> Any:
    return told(run(app, "import", str(DATA / name), "--column", "study", "--author", "editor", "--json"))


def test_a_word_file_goes_through_three_reviews(app: Flask, office: Office) -> None:
    made = imported(app)
    assert made["title"] == "书香社区:主题教育读书班见实效"
    assert any("已压缩" in warning for warning in made["warnings"])
    number = str(made["id"])
    assert told(run(app, "submit", number, "--as", "editor", "--json"))["status"] == "in_review"
    for name in ("first", "second", "third"):
        told(run(app, "approve", number, "--as", name, "--json"))
    shown = told(run(app, "show", number, "--json"))
    assert {
        "id",
        "title",
        "author",
        "digest",
        "column",
        "status",
        "hash",
        "html",
        "reviews",
        "published",
    } <= shown.keys()
    assert (shown["column"], shown["status"], shown["published"]["url"]) == ("study", "approved", "")
    assert [(one["stage"], one["user"], one["decision"]) for one in shown["reviews"]] == [
        (1, "first", "approved"), (2, "second", "approved"), (3, "third", "approved"),
    ]  # fmt: skip
    assert [one["status"] for one in told(run(app, "list", "--column", "study", "--json"))] == ["approved"]
    with office.db.read_scope() as session:
        assert audit.verify(session).entries == len(office.users) + 5, "each account has one too"
        assert audit.verify(session).intact


def test_a_returned_article_carries_its_reason(app: Flask, office: Office) -> None:
    number = str(imported(app)["id"])
    told(run(app, "submit", number, "--as", "editor", "--json"))
    assert (
        told(run(app, "return", number, "--as", "first", "--reason", "人数与附件不符", "--json"))["status"]
        == "returned"
    )
    assert told(run(app, "show", number, "--json"))["reviews"][0]["reason"] == "人数与附件不符"


def test_a_refused_file_leaves_nothing_behind(app: Flask, office: Office, settings: Settings) -> None:
    before = sorted(settings.data_dir.rglob("*"))
    result = run(
        app, "import", str(DATA / "article-broken.docx"), "--column", "study", "--author", "editor", "--json"
    )
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.strip() == "文档已损坏，无法读取，请在 Word 中打开并另存一份再导入"
    with office.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(Article)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Asset)) == 1
    assert sorted(settings.data_dir.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        (("import", "none.docx", "--column", "study", "--author", "editor"), "找不到文件"),
        (
            ("import", str(DATA / "article-1.docx"), "--column", "none", "--author", "editor"),
            "没有栏目“none”",
        ),
        (
            ("import", str(DATA / "article-1.docx"), "--column", "study", "--author", "auditor"),
            "没有此项权限",
        ),
        (("show", "4711"), "没有编号为 4711 的稿件"),
        (("approve", "4711", "--as", "first"), "没有编号为 4711 的稿件"),
        (("submit", "4711", "--as", "first"), "没有此项权限"),
    ],
)
def test_a_refusal_is_one_chinese_line_and_exit_code_two(
    app: Flask, office: Office, words: tuple[str, ...], reason: str
) -> None:
    result = run(app, *words)
    assert result.exit_code == 2
    assert reason in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_what_the_check_says_is_listed_and_explained_before_a_submission(app: Flask, office: Office) -> None:
    article = office.draft(html="<p>联系人 13800138000，其它</p>")
    number = str(article.id)
    shown = told(run(app, "check", number, "--json"))
    assert [(one["severity"], one["rule"], one["text"]) for one in shown["findings"]] == [
        ("confirm", "phone", "138****8000"), ("hint", "lexicon", "其它"),
    ]  # fmt: skip
    assert shown["findings"][1]["places"][0]["name"] == "正文第 1 段"
    refused = run(app, "submit", number, "--as", "editor")
    assert refused.exit_code == 2
    assert "1 项须核实" in refused.stderr
    assert (
        told(run(app, "confirm", number, "--reason", "本人同意", "--as", "editor", "--json"))["confirmed"]
        == 1
    )
    assert "本人同意" in run(app, "check", number).stdout
    assert told(run(app, "submit", number, "--as", "editor", "--json"))["status"] == "in_review"


def test_what_is_out_is_corrected_and_taken_back_by_commands(app: Flask, office: Office) -> None:
    article = office.approved()
    number = str(article.id)
    why = ("--reason", "时间写错了", "--note", "活动时间应为 12 月 5 日。", "--json")
    refused = run(app, "correct", number, "--as", "editor", *why)
    assert refused.exit_code == 2, refused.stderr
    assert "只有已发布的稿件" in refused.stderr
    with office.db.session_scope() as session:
        publish.mark_published(session, [article.id], at=clock.now())
    draft = told(run(app, "correct", number, "--as", "editor", *why))["draft"]
    unchanged = run(app, "submit", str(draft), "--as", "editor", "--json")
    assert "完全相同" in unchanged.stderr
    with office.db.session_scope() as session:
        text = finding.get(session, int(draft), full=True)
    office.save(text, title="主题党日通知（更正）")
    told(run(app, "submit", str(draft), "--as", "editor", "--json"))
    for name in ("first", "second", "third"):
        told(run(app, "approve", str(draft), "--as", name, "--json"))
    assert told(run(app, "show", number, "--json"))["status"] == "corrected"
    assert told(run(app, "archive", number, "--as", "editor", "--json"))["status"] == "archived"
    assert told(run(app, "archive", number, "--undo", "--as", "editor", "--json"))["status"] == "corrected"
    told(run(app, "retract", number, "--as", "editor", *why))
    assert run(app, "retract", number, "--agree", "--as", "editor").exit_code == 2
    assert told(run(app, "retract", number, "--agree", "--as", "first", "--json"))["status"] == "retracted"


def test_a_notice_to_who_received_it_says_first_whom_it_reaches(app: Flask, office: Office) -> None:
    article = office.approved(title="主题党日通知")
    with office.db.session_scope() as session:
        publish.mark_published(session, [article.id], at=clock.now())
    unneeded = run(app, "notify", str(article.id), "--as", "editor")
    assert "没有已生效的更正或撤回" in unneeded.stderr
    words = ("--reason", "活动取消了", "--note", "活动已取消，以社区通知为准。")
    told(run(app, "retract", str(article.id), *words, "--as", "editor", "--json"))
    told(run(app, "retract", str(article.id), "--agree", "--as", "first", "--json"))
    seen = told(run(app, "notify", str(article.id), "--look", "--as", "editor", "--json"))
    assert (seen["received"], seen["can_be_told"], seen["told"]) == (0, 0, 0)
    refused = run(app, "notify", str(article.id), "--as", "editor")
    assert refused.exit_code != 0
    assert seen["refusal"] in refused.stderr
