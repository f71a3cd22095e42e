"""Between a finding and a submission: what blocks, what has to be explained, and what reviewers read of it."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
import sqlalchemy as sa

from content import wording
from content.wording import Checked
from ground import clock
from ground.errors import Conflict, Forbidden, Refused
from models import Article, WordingCheck
from tests.content.conftest import Office

PHONE = "<p>联系人电话 13800138000。</p>"


def checked(office: Office, article: Article) -> Checked:
    with office.db.read_scope() as session:
        return wording.look_at(session, article, at=clock.now())


def confirm(office: Office, article: Article, *, by: str = "editor", reason: str = "本人同意公开") -> int:
    with office.db.session_scope() as session:
        return wording.confirm_all(session, article.id, office.users[by], reason, at=clock.now())


def test_what_must_be_mended_stops_the_submission(office: Office) -> None:
    article = office.draft(html="<p>身份证 11010519491231002X。</p>")
    with pytest.raises(Refused, match="身份证号码"):
        office.submit(article)
    with pytest.raises(Refused, match="没有须核实的内容"):
        confirm(office, article)


def test_what_has_to_be_looked_into_waits_for_a_reason_that_is_kept(office: Office) -> None:
    article = office.draft(html=PHONE)
    with pytest.raises(Refused, match=r"1 项须核实（“138\*{4}8000”）"):
        office.submit(article)
    assert confirm(office, article) == 1
    (hit,) = checked(office, article).hits
    kept = checked(office, article).confirmation(hit)
    assert kept is not None
    assert (kept.reason, kept.user.username, kept.version, kept.shown) == (
        "本人同意公开",
        "editor",
        1,
        "138****8000",
    )
    assert office.submit(article).status == "in_review"


def test_hints_stop_nothing(office: Office) -> None:
    article = office.draft(html="<p>其它事项,请看公告。</p>")
    assert {hit.severity for hit in checked(office, article).hits} == {"hint"}
    assert office.submit(article).status == "in_review"


def test_a_reason_survives_edits_elsewhere_and_falls_where_it_stands_once_more(office: Office) -> None:
    article = office.draft(html=PHONE)
    confirm(office, article)
    article = office.save(article, html=f"<p>开头改过。</p>{PHONE}")
    assert checked(office, article).open == []
    article = office.save(article, html=f"{PHONE}{PHONE}")
    assert [hit.count for hit in checked(office, article).open] == [2]


def test_a_reason_is_needed_and_no_longer_than_can_be_kept(office: Office) -> None:
    article = office.draft(html=PHONE)
    with pytest.raises(Refused, match="请至少填写一条核实理由"):
        confirm(office, article, reason=" ")
    with pytest.raises(Refused, match="最多 200 个字"):
        confirm(office, article, reason="长" * 201)


def test_who_may_not_write_confirms_nothing(office: Office) -> None:
    article = office.draft(html=PHONE)
    with pytest.raises(Forbidden):
        confirm(office, article, by="first")


def test_a_reason_for_what_was_changed_meanwhile_is_refused(office: Office) -> None:
    article = office.draft(html=PHONE)
    key = checked(office, article).hits[0].key
    office.save(article, title="别的标题")

    def given(reasons: Mapping[str, str]) -> int:
        with office.db.session_scope() as session:
            return wording.confirm(
                session,
                article.id,
                office.users["editor"],
                reasons,
                expected_hash=article.hash,
                at=clock.now(),
            )

    with pytest.raises(Conflict, match="请刷新后重新核实"):
        given({key: "同意公开"})


def test_the_version_that_checked_a_save_is_kept_with_it(office: Office) -> None:
    article = office.draft(html=PHONE)
    confirm(office, article)
    article = office.submit(article)
    with office.db.read_scope() as session:
        kept = wording.last_check(session, article)
        assert kept is not None
        assert (kept.version, kept.content_hash, kept.confirms, kept.hints) == (1, article.hash, 1, 0)
        assert session.scalar(sa.select(sa.func.count()).select_from(WordingCheck)) == 1


def test_an_edit_in_review_that_brings_something_to_look_into_makes_a_draft_of_it(office: Office) -> None:
    article = office.submit(office.draft())
    assert office.save(article, html=PHONE).status == "draft"
    article = office.submit(office.draft())
    assert office.save(article, html="<p>楼道里的灯修好了。</p>").status == "in_review"
    with office.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.max(WordingCheck.version))) == 2


def test_text_in_pictures_is_said_to_be_unchecked(office: Office) -> None:
    picture = f'<img src="/m/asset/{office.cover}">'
    assert checked(office, office.draft(html=f"<p>图</p>{picture}{picture}")).pictures == 2


def test_an_article_that_nobody_edits_any_more_needs_no_reasons(office: Office) -> None:
    article = office.approved()
    with office.db.session_scope() as session:
        stored = session.get_one(Article, article.id)
        stored.status, stored.html = "published", PHONE
    with pytest.raises(Conflict, match="不需要核实"):
        confirm(office, article)
