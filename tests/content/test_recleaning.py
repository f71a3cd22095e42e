"""Bodies that were stored before the rules became stricter are cleaned anew, once, and nobody's approval covers the change."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa
from flask import Flask

from accounts import audit
from app import create_app
from cli import reclean
from content import finding, recleaning, revisions
from ground import clock
from models import Article, ArticleRevision, AuditEntry, Push, Review
from scheduler.pushes import changed_articles
from settings import Settings
from tests.content.conftest import Office, furnish
from tests.fixtures.configuration import make_settings
from tests.world import followers, pushes

OLD = '<p data-hx-post="/console/users/new" data-hx-trigger="load">网格员走访居民。</p>'
CLEAN = "<p>网格员走访居民。</p>"


def stored_before(office: Office, status: str = "draft", html: str = OLD, title: str = "旧稿") -> int:
    """An article as an earlier version stored it."""
    article = office.draft(title=title)
    with office.db.session_scope() as session:
        values = {
            "html": html,
            "status": status,
            "cleaned_by_rules": 0,
            "stage": 1 if status == "in_review" else 0,
        }
        if status in ("published", "corrected", "retracted"):
            values["published_at"] = clock.now()
        session.execute(sa.update(Article).where(Article.id == article.id).values(**values))
        session.execute(
            sa.update(ArticleRevision).where(ArticleRevision.article_id == article.id).values(html=html)
        )
        for stage, name in ((1, "first"), (2, "second")):
            session.add(
                Review(
                    article_id=article.id, stage=stage, user_id=office.users[name].id, decision="approved",
                    content_hash=article.hash, at=clock.now(), void=False,
                )
            )  # fmt: skip
    return article.id


def run(office: Office, most: int = 1000) -> list[recleaning.Change]:
    """What the command does, to the end or for some batches."""
    changes: list[recleaning.Change] = []
    for _, (_, changed) in zip(range(most), reclean.batches(office.db), strict=False):
        changes += changed
    return changes


def found(office: Office, article_id: int) -> tuple[Article, list[ArticleRevision], list[bool]]:
    with office.db.read_scope() as session:
        reviews = session.scalars(sa.select(Review.void).where(Review.article_id == article_id))
        return finding.get(session, article_id), revisions.kept(session, article_id), list(reviews)


@pytest.mark.parametrize("status", ["draft", "in_review", "returned", "approved", "queued"])
def test_an_article_that_has_not_gone_out_is_a_draft_again_with_the_reason(
    office: Office, status: str
) -> None:
    number = stored_before(office, status)
    before = found(office, number)[0]
    assert [change.id for change in run(office)] == [number]
    article, saves, voids = found(office, number)
    assert (article.status, article.stage, article.html, article.version) == ("draft", 0, CLEAN, 2)
    assert article.hash != before.hash
    assert article.queue_position is None
    assert voids == [True, True]
    assert (saves[0].version, saves[0].html, saves[0].saved_by) == (2, CLEAN, None)
    assert "清理正文" in saves[0].note
    with office.db.read_scope() as session:
        entry = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "article.reclean")).one()
        assert (entry.subject, entry.detail["before"]) == (f"article:{number}", status)
        assert audit.verify(session).intact


@pytest.mark.parametrize("status", ["publishing", "published", "corrected", "retracted"])
def test_an_article_that_has_gone_out_keeps_hash_and_approvals_and_serves_the_clean_body(
    office: Office, status: str
) -> None:
    number = stored_before(office, status)
    before = found(office, number)[0]
    run(office)
    article, saves, voids = found(office, number)
    assert (article.status, article.html, article.hash) == (status, CLEAN, before.hash)
    assert voids == [False, False]
    assert "内容指纹不变" in saves[0].note
    assert saves[0].html == CLEAN
    assert saves[1].html == OLD


def test_a_clean_article_is_only_marked_and_the_second_run_finds_nothing(office: Office) -> None:
    number = stored_before(office, "approved", CLEAN)
    stored_before(office, "published")
    assert len(run(office)) == 1
    article, saves, voids = found(office, number)
    assert (article.status, article.version, len(saves), voids) == ("approved", 1, 1, [False, False])
    assert run(office) == []
    with office.db.read_scope() as session:
        assert recleaning.due_count(session) == 0


def test_an_interrupted_run_goes_on_where_it_was(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reclean, "_BATCH", 2)
    numbers = [stored_before(office, title=f"旧稿{count}") for count in range(5)]
    first = [change.id for change in run(office, most=1)]
    assert first == numbers[:2]
    assert [change.id for change in run(office)] == numbers[2:]
    with office.db.read_scope() as session:
        entries = session.scalar(sa.select(sa.func.count()).where(AuditEntry.action == "article.reclean"))
    assert entries == 5


def test_what_somebody_saved_meanwhile_is_not_overwritten(office: Office) -> None:
    number = stored_before(office)
    with office.db.read_scope() as session:
        made = [recleaning.cleaned(one) for one in recleaning.due(session)]
    office.save(found(office, number)[0], html="<p>刚刚写的</p>")
    with office.db.session_scope() as session:
        assert recleaning.keep(session, made, at=clock.now()) == []
    assert found(office, number)[0].html == "<p>刚刚写的</p>"


def test_a_push_that_waits_does_not_send_what_became_a_draft(office: Office) -> None:
    number = stored_before(office, "approved")
    with office.db.session_scope() as session:
        followers.follower(session, "o-1")
        push = pushes.push(session, make_settings(), number)
        push_id = push.id
        assert changed_articles(session, push) == []
    run(office)
    with office.db.read_scope() as session:
        changed = changed_articles(session, session.get_one(Push, push_id))
        assert [article.id for article in changed] == [number]


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    """The application whose commands are run."""
    made = create_app(settings)
    yield made
    made.extensions["pioneer"].close()


def test_the_command_the_doctor_and_the_upgrade_say_what_is_due(app: Flask, settings: Settings) -> None:
    office = furnish(app.extensions["pioneer"].db, settings)
    stored_before(office, "published", title="甲")
    stored_before(office, "in_review", title="乙")
    runner = app.test_cli_runner()
    assert "2 篇稿件的正文" in runner.invoke(args=["db", "upgrade"]).output
    assert "article reclean" in runner.invoke(args=["doctor", "--offline"]).output
    said = runner.invoke(args=["article", "reclean"]).output
    assert "《甲》：有不安全内容已清理，仍为“已发布”" in said
    assert "《乙》：有不安全内容已清理，原为“审核中”，现退回草稿" in said
    assert "无需处理" in runner.invoke(args=["article", "reclean"]).output
    assert "article reclean" not in runner.invoke(args=["doctor", "--offline"]).output
