"""更正与撤回: what is out is corrected by reviewed text or taken back by two persons, and its address keeps answering."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from accounts import audit
from content import corrections, finding, lifecycle, publish, releasing, revisions
from ground import clock
from ground.errors import Conflict, Forbidden, Refused
from models import Article, Correction
from scheduler import pushes
from settings import Limits, Settings
from tests.content.conftest import Office

REASON, NOTE = "活动时间写错了", "第三段活动时间应为 12 月 5 日，特此更正。"


@pytest.fixture
def published(office: Office) -> Article:
    """An article that has reached its readers."""
    article = office.approved(title="主题党日通知")
    with office.db.session_scope() as session:
        publish.mark_published(session, [article.id], at=clock.now(), url="http://mp.weixin.qq.com/s/abc")
    return article


def begin(office: Office, article: Article, who: str = "editor") -> Article:
    """A correction, and its text with the mistake mended."""
    return office.save(untouched(office, article, who), by=who, title="主题党日通知（更正）")


def untouched(office: Office, article: Article, who: str = "editor") -> Article:
    """The text of a correction as it is when it begins: what is out."""
    with office.db.session_scope() as session:
        return corrections.begin(
            session, article.id, office.users[who], reason=REASON, note_=NOTE, at=clock.now()
        )


def reviewed(office: Office, draft: Article) -> None:
    """Submitted, and approved by three persons."""
    office.submit(draft)
    for who in ("first", "second", "third"):
        office.approve(draft, by=who)


def open_one(office: Office, article: Article) -> Correction:
    with office.db.read_scope() as session:
        found = corrections.open_of(session, article.id)
        assert found is not None
        return found


def test_a_corrected_text_replaces_the_published_one_with_its_last_approval(
    office: Office, published: Article
) -> None:
    draft = untouched(office, published)
    assert (draft.title, draft.status) == ("主题党日通知", "draft")
    office.save(draft, title="主题党日通知（更正）")
    office.submit(draft)
    for who in ("first", "second"):
        office.approve(draft, by=who)
    assert (office.now(published).title, office.now(published).status) == ("主题党日通知", "published")
    office.approve(draft, by="third")
    now = office.now(published)
    assert (now.title, now.status, now.hash) == ("主题党日通知（更正）", "corrected", office.now(draft).hash)
    assert (now.published_url, office.now(draft).status) == ("http://mp.weixin.qq.com/s/abc", "archived")
    with office.db.read_scope() as session:
        (told,) = corrections.told(session, published.id)
        assert (told.kind, told.note) == ("correct", NOTE)
        assert revisions.kept(session, published.id)[0].note == f"更正：{REASON}"
        assert publish.sendable(session, [published.id])[0].status == "corrected"


def test_a_correction_that_changes_nothing_is_reviewed_by_nobody(office: Office, published: Article) -> None:
    draft = untouched(office, published)
    with pytest.raises(
        Refused, match="更正稿和已发布的内容完全相同，请先改好标题、正文、图片等有误的地方再提交"
    ):
        office.submit(draft)
    changed = office.submit(office.save(draft, html="<p>活动时间是 12 月 5 日。</p>"))
    assert changed.status == "in_review"
    back = office.save(changed, html=draft.html)  # the mistake comes back while reviewers read
    assert back.status == "draft"
    with pytest.raises(Refused, match="如果不需要更正，请取消这次更正"):
        office.submit(back)
    assert office.submit(office.save(back, digest="时间已更正")).status == "in_review"


def test_nobody_approves_the_correction_that_they_wrote(office: Office, published: Article) -> None:
    draft = begin(office, published, "admin")
    office.submit(draft, by="admin")
    with pytest.raises(Forbidden, match="不能审核自己"):
        office.approve(draft, by="admin")


def test_one_correction_at_a_time_and_each_says_why(office: Office, published: Article) -> None:
    begin(office, published)
    with pytest.raises(Conflict, match="更正正在办理"):
        begin(office, published)
    with office.db.session_scope() as session, pytest.raises(Refused, match="撤回的原因"):
        corrections.ask_to_retract(
            session, published.id, office.users["editor"], reason="错", note_=NOTE, at=clock.now()
        )
    with office.db.session_scope() as session, pytest.raises(Conflict, match="正在办理"):
        lifecycle.archive(session, published.id, office.users["editor"], at=clock.now())


def test_a_dropped_correction_changes_nothing_and_another_may_follow(
    office: Office, published: Article
) -> None:
    draft = begin(office, published)
    office.submit(draft)
    with office.db.session_scope() as session:
        corrections.drop(session, open_one(office, published).id, office.users["editor"], at=clock.now())
    assert (office.now(draft).status, office.now(published).status) == ("archived", "published")
    assert begin(office, published).id != draft.id


def test_a_retraction_takes_two_persons(office: Office, published: Article) -> None:
    editor, admin = office.users["editor"], office.users["admin"]
    with office.db.session_scope() as session:
        corrections.ask_to_retract(session, published.id, admin, reason=REASON, note_=NOTE, at=clock.now())
    asked = open_one(office, published)
    assert asked.due_at - asked.asked_at == timedelta(hours=24)
    for who, why in ((admin, "不能同意自己申请的撤回"), (editor, "没有此项权限")):
        with office.db.session_scope() as session, pytest.raises(Forbidden, match=why):
            corrections.retract(session, asked.id, who, at=clock.now())
    with office.db.session_scope() as session:
        corrections.retract(session, asked.id, office.users["first"], at=clock.now())
    assert office.now(published).status == "retracted"
    with office.db.session_scope() as session, pytest.raises(Conflict, match="已完成"):
        corrections.retract(session, asked.id, office.users["second"], at=clock.now())


@pytest.mark.parametrize("status", ["draft", "approved", "archived"])
def test_only_what_is_out_can_be_corrected(office: Office, status: str) -> None:
    article = office.approved() if status == "approved" else office.draft()
    if status == "archived":
        with office.db.session_scope() as session:
            lifecycle.archive(session, article.id, office.users["editor"], at=clock.now())
    with pytest.raises(Conflict, match="只有已发布的稿件"):
        begin(office, article)


def test_the_text_of_a_correction_is_sent_by_no_push(office: Office, published: Article) -> None:
    draft = begin(office, published)
    reviewed(office, draft)
    with office.db.read_scope() as session, pytest.raises(Conflict, match="已归档"):
        publish.sendable(session, [draft.id])


def test_a_page_that_was_archived_meanwhile_is_not_corrected(office: Office, published: Article) -> None:
    draft = begin(office, published)
    with office.db.session_scope() as session:
        found = finding.get(session, published.id)
        found.status = "archived"  # by a version that did not know of corrections
    office.submit(draft)
    for who in ("first", "second"):
        office.approve(draft, by=who)
    with pytest.raises(Conflict, match="请先取消归档"):
        office.approve(draft, by="third")
    assert office.now(draft).status == "in_review"


@pytest.mark.parametrize("way", ["draft", "approved", "published", "corrected"])
def test_what_was_put_away_comes_back_as_what_it_was_for_its_readers(office: Office, way: str) -> None:
    article = office.draft() if way == "draft" else office.approved()
    if way in ("published", "corrected"):
        with office.db.session_scope() as session:
            publish.mark_published(session, [article.id], at=clock.now())
    if way == "corrected":
        reviewed(office, begin(office, article))
    editor = office.users["editor"]
    office.do(lambda s: lifecycle.archive(s, article.id, editor, at=clock.now()))
    back = office.do(lambda s: lifecycle.bring_back(s, article.id, editor, at=clock.now()))
    assert back.status == ("draft" if way == "approved" else way)
    with pytest.raises(Conflict, match="没有归档"):
        office.do(lambda s: lifecycle.bring_back(s, article.id, editor, at=clock.now()))


def test_the_text_of_a_correction_does_not_come_back_and_what_was_retracted_is_not_put_away(
    office: Office, published: Article
) -> None:
    draft, editor = begin(office, published), office.users["editor"]
    reviewed(office, draft)
    with pytest.raises(Conflict, match="更正稿"):
        office.do(lambda s: lifecycle.bring_back(s, draft.id, editor, at=clock.now()))
    with office.db.session_scope() as session:
        corrections.ask_to_retract(session, published.id, editor, reason=REASON, note_=NOTE, at=clock.now())
        corrections.retract_article(session, published.id, office.users["first"], at=clock.now())
    with pytest.raises(Conflict, match="已撤回"):
        office.do(lambda s: lifecycle.archive(s, published.id, editor, at=clock.now()))


@pytest.mark.parametrize("last", ["approval", "signature"])
def test_what_ends_a_correction_and_a_push_of_the_same_article_do_not_wait_in_a_circle(
    office: Office, published: Article, settings: Settings, last: str
) -> None:
    draft = begin(office, published)
    office.submit(draft)

    def sign(by: str) -> None:
        with office.db.session_scope() as session:
            user, why = office.users[by], "今天必须更正"
            releasing.release(session, draft.id, user, reason=why, limits=Limits(), at=clock.now())

    def end() -> None:
        if last == "approval":
            office.approve(draft, by="third")
        else:
            sign("third")

    office.approve(draft, by="first")
    if last == "approval":
        office.approve(draft, by="second")
    else:
        sign("second")
    at = clock.now()
    with ThreadPoolExecutor(1) as pool:
        with office.db.session_scope() as session:
            articles = [session.get_one(Article, published.id)]
            push = pushes.create_for_slot(
                session, settings, articles, audience="all", meant={}, slot_key="news:x", moment=at, at=at
            )
            ending = pool.submit(end)
            with contextlib.suppress(TimeoutError):
                ending.result(timeout=1)
            audit.record(
                session, "push.create", at=at, user=office.users["editor"], subject=f"push:{push.id}"
            )
        ending.result()
    assert office.now(published).status == "corrected"
