"""紧急签发: two who had no part in the text stand for the reviews that are missing, and those are made up for."""

from __future__ import annotations

import contextlib
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest

from accounts import users
from content import corrections, lifecycle, publish, releasing, review, waiting
from ground import clock
from ground.errors import Conflict, Forbidden, Refused
from models import Article, Release
from settings import Limits
from tests.content.conftest import Office

WHY = "台风预警，今天必须发布"


def sign(office: Office, article: Article, by: str, *, reason: str = WHY, seen: str | None = None) -> Release:
    with office.db.session_scope() as session:
        return releasing.release(
            session, article.id, office.users[by], reason=reason, limits=Limits(), expected_hash=seen, at=clock.now()
        )  # fmt: skip


def make_up(office: Office, article: Article, by: str) -> Release:
    with office.db.session_scope() as session:
        return releasing.countersign(session, article.id, office.users[by], at=clock.now())


def released(office: Office) -> Article:
    """An article that two have released behind its first review."""
    article = office.approve(office.submit(office.draft()), by="first")
    sign(office, article, "second")
    sign(office, article, "third")
    return office.now(article)


def test_two_persons_release_what_cannot_wait(office: Office) -> None:
    article = office.approve(office.submit(office.draft()), by="first")
    asked = sign(office, article, "second", seen=article.hash)
    assert (asked.status, office.now(article).status) == ("asked", "in_review")
    found = sign(office, article, "third", reason="已电话请示街道", seen=article.hash)
    now = office.now(article)
    assert now.status == "approved"
    assert (found.status, found.content_hash, list(releasing.missing(found))) == (
        "released",
        now.hash,
        ["二审", "三审"],
    )
    assert (found.first_reason, found.second_reason) == (WHY, "已电话请示街道")


def test_one_person_never_signs_twice(office: Office) -> None:
    article = office.submit(office.draft())
    sign(office, article, "first")
    with pytest.raises(Forbidden, match="您已经签发，须由另一位审核员签第二次"):
        sign(office, article, "first")
    assert office.now(article).status == "in_review"


@pytest.mark.parametrize(("by", "why"), [("admin", "您写过或修改过本稿"), ("editor", "没有此项权限")])
def test_whoever_wrote_in_it_or_does_not_review_never_signs(office: Office, by: str, why: str) -> None:
    article = office.submit(office.save(office.draft(), by="admin", title="管理员改过的标题"))
    with pytest.raises(Forbidden, match=why):
        sign(office, article, by)
    sign(office, article, "first")
    with pytest.raises(Forbidden, match=why):
        sign(office, article, by)


def test_a_release_needs_reasons_and_what_was_read(office: Office) -> None:
    article = office.submit(office.draft())
    with pytest.raises(Refused, match="请写明紧急签发的理由"):
        sign(office, article, "first", reason=" 急 ")
    with pytest.raises(Conflict, match="内容已更新，请重新审核"):
        sign(office, article, "first", seen="0" * 64)
    with pytest.raises(Conflict, match="不在审核中"):
        sign(office, office.draft(title="还没有送审"), "first")


def test_an_edit_between_the_two_voids_the_first(office: Office) -> None:
    article = office.submit(office.draft())
    sign(office, article, "first")
    edited = office.save(article, title="又改了标题")
    assert sign(office, edited, "second").status == "asked"
    assert office.now(edited).status == "in_review"


def test_an_edit_afterwards_voids_it_like_approvals(office: Office) -> None:
    article = released(office)
    make_up(office, article, "second")
    edited = office.save(article, title="签发以后又改")
    assert edited.status == "draft"
    assert all(one.void for one in office.now(edited).reviews)
    with office.db.read_scope() as session:
        assert [one.status for one in releasing.of_article(session, article.id)] == ["void"]
    with pytest.raises(Conflict, match="没有需要补审的紧急签发"):
        make_up(office, article, "third")


@pytest.mark.parametrize("how", ["return", "withdraw", "revoke", "archive"])
def test_whatever_takes_it_out_of_review_voids_it(office: Office, how: str) -> None:
    article = released(office) if how in ("revoke", "archive") else office.submit(office.draft())
    if article.status == "in_review":
        sign(office, article, "first")
    with office.db.session_scope() as session:
        now = clock.now()
        if how == "return":
            review.send_back(session, article.id, office.users["second"], reason="数字不对", at=now)
        elif how == "withdraw":
            review.withdraw(session, article.id, office.users["editor"], at=now)
        elif how == "revoke":
            review.revoke(session, article.id, office.users["second"], reason="发现错误", at=now)
        else:
            lifecycle.archive(session, article.id, office.users["editor"], at=now)
    with office.db.read_scope() as session:
        assert releasing.open_of(session, article.id) is None


def test_the_missing_reviews_are_made_up_for_in_order_by_different_persons(office: Office) -> None:
    article = released(office)
    with pytest.raises(Forbidden, match="您已完成本稿的一审，同一人不能审两级"):
        make_up(office, article, "first")
    with pytest.raises(Forbidden, match="不能审核自己的稿件"):
        make_up(office, _own(office), "admin")
    assert list(releasing.missing(make_up(office, article, "only2"))) == ["三审"]
    with pytest.raises(Forbidden, match="您已完成本稿的二审"):
        make_up(office, article, "only2")
    assert make_up(office, article, "third").status == "settled"
    standing = [
        (one.stage, one.user.username, one.release_id is not None) for one in office.now(article).reviews
    ]
    assert standing == [(1, "first", False), (2, "only2", True), (3, "third", True)]


def _own(office: Office) -> Article:
    """One that the administrator wrote and others released."""
    article = office.submit(office.draft(by="admin", title="管理员写的"))
    sign(office, article, "first")
    sign(office, article, "second")
    return article


def test_what_is_out_is_made_up_for_all_the_same(office: Office) -> None:
    article = released(office)
    with office.db.session_scope() as session:
        publish.mark_published(session, [article.id], at=clock.now())
    make_up(office, article, "second")
    assert make_up(office, article, "third").status == "settled"
    assert office.now(article).status == "published"


def test_what_is_not_made_up_for_within_a_day_is_late_until_somebody_does(office: Office) -> None:
    article = released(office)

    def seen(hours: int, who: str) -> tuple[int, int]:
        with office.db.read_scope() as session:
            at = clock.now() + timedelta(hours=hours)
            waits = waiting.waits(session, office.users[who], at=at)
            return len(waits.make_ups), waits.late

    assert [seen(hours, "auditor") for hours in (23, 25)] == [(0, 0), (0, 1)]
    assert [seen(hours, "second") for hours in (23, 25)] == [(1, 0), (1, 0)]
    make_up(office, article, "second")
    make_up(office, article, "third")
    assert seen(25, "auditor") == (0, 0)


def test_the_last_approval_makes_a_release_needless(office: Office) -> None:
    article = office.submit(office.draft())
    sign(office, article, "admin")
    for name in ("first", "second", "third"):
        article = office.approve(article, by=name)
    with office.db.read_scope() as session:
        assert releasing.open_of(session, article.id) is None
        assert releasing.marked(session, [article.id]) == {}


def test_who_asked_may_drop_it(office: Office) -> None:
    article = office.submit(office.draft())
    sign(office, article, "first")
    with office.db.session_scope() as session, pytest.raises(Forbidden, match="只有申请的人或管理员可以取消"):
        releasing.drop(session, article.id, office.users["second"], at=clock.now())
    with office.db.session_scope() as session:
        releasing.drop(session, article.id, office.users["first"], at=clock.now())
    with office.db.session_scope() as session, pytest.raises(Conflict):
        releasing.drop(session, article.id, office.users["first"], at=clock.now())


def test_a_correction_is_released_the_same_way(office: Office) -> None:
    article = office.approved()
    with office.db.session_scope() as session:
        publish.mark_published(session, [article.id], at=clock.now())
    with office.db.session_scope() as session:
        draft = corrections.begin(
            session, article.id, office.users["editor"], reason="日期写错了", note_="活动日期已更正", at=clock.now()
        )  # fmt: skip
    draft = office.submit(office.save(draft, title="日期正确的标题"))
    sign(office, draft, "first")
    sign(office, draft, "second")
    now = office.now(article)
    assert (now.title, now.status) == ("日期正确的标题", "corrected")
    with office.db.read_scope() as session:
        assert releasing.marked(session, [article.id])[article.id].article_id == draft.id
    for name in ("third", "only2", "first"):
        assert make_up(office, draft, name).status in ("released", "settled")
    with office.db.read_scope() as session:
        assert releasing.marked(session, [article.id])[article.id].status == "settled"


def test_of_many_at_once_only_what_two_have_read_is_released(office: Office) -> None:
    for _ in range(4):
        article = office.submit(office.draft())
        sign(office, article, "first")

        def agree(name: str) -> None:
            with contextlib.suppress(Conflict, Forbidden):
                sign(office, article, name, seen=article.hash)  # noqa: B023 - run at once

        def edit() -> None:
            with contextlib.suppress(Conflict):
                office.save(article, title="同时改")  # noqa: B023

        with ThreadPoolExecutor(3) as pool:
            for done in [pool.submit(agree, "second"), pool.submit(edit), pool.submit(agree, "third")]:
                done.result()
        now = office.now(article)
        with office.db.read_scope() as session:
            counting = [one for one in releasing.of_article(session, now.id) if one.status == "released"]
        assert all(one.content_hash == now.hash for one in counting)
        assert (now.status == "approved") == (len(counting) == 1)


def test_a_review_and_an_edit_at_once_leave_no_approval_of_what_was_edited(office: Office) -> None:
    for _ in range(4):
        article = released(office)

        def countersign() -> None:
            with contextlib.suppress(Conflict):
                make_up(office, article, "second")  # noqa: B023 - run at once

        def edit() -> None:
            with contextlib.suppress(Conflict):
                office.save(article, title="同时改")  # noqa: B023

        with ThreadPoolExecutor(2) as pool:
            for done in [pool.submit(countersign), pool.submit(edit)]:
                done.result()
        now = office.now(article)
        assert all(one.void or one.content_hash == now.hash for one in now.reviews)


def test_a_first_signature_falls_with_the_right_to_give_it(office: Office) -> None:
    article = office.submit(office.draft())
    sign(office, article, "first")
    with office.db.session_scope() as session:
        users.set_active(session, users.by_name(session, "first"), False, at=clock.now())
    assert sign(office, article, "second").status == "asked"
    assert sign(office, article, "third").status == "released"


def test_who_makes_up_for_a_review_may_find_a_fault(office: Office) -> None:
    def find(article: Article, by: str, reason: str = "报警电话写错了一位") -> Release:
        with office.db.session_scope() as session:
            return releasing.find_fault(session, article.id, office.users[by], reason=reason, at=clock.now())

    article = released(office)
    with pytest.raises(Refused, match="请写明发现了什么问题"):
        find(article, "admin", reason="错")
    with pytest.raises(Forbidden, match="同一人不能审两级"):
        find(article, "first")
    find(article, "admin")  # nobody has read it yet
    assert office.now(article).status == "returned"
    again = released(office)
    with office.db.session_scope() as session:
        publish.mark_published(session, [again.id], at=clock.now())
    found = find(again, "admin")
    assert (office.now(again).status, found.status, list(releasing.missing(found))) == (
        "published", "released", ["二审", "三审"],
    )  # fmt: skip
    with office.db.read_scope() as session:
        ((fault,),) = releasing.faults(session, [found]).values()
        assert (fault.user.username, fault.reason, fault.stage) == ("admin", "报警电话写错了一位", 2)
    assert make_up(office, again, "admin").stage == 3  # it was none, or has been corrected


def test_a_signature_that_nobody_joins_in_a_day_is_none(office: Office) -> None:
    article = office.submit(office.draft())
    asked = sign(office, article, "first")
    with office.db.session_scope() as session:
        session.get_one(Release, asked.id).first_at = clock.now() - timedelta(hours=25)
    with office.db.read_scope() as session:
        assert waiting.waits(session, office.users["second"], at=clock.now()).signatures == ()
    again = sign(office, article, "second")
    assert (again.status, again.first_by, office.now(article).status) == (
        "asked", office.users["second"].id, "in_review",
    )  # fmt: skip
    sign(office, article, "first")
    assert office.now(article).status == "approved"
