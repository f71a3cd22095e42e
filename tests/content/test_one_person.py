"""Different persons are different people: neither two accounts of one, nor who wrote what is corrected, nor the two of a 委托."""

from __future__ import annotations

from datetime import timedelta

import pytest
import sqlalchemy as sa

from accounts import users
from content import columns, corrections, handovers, publish, releasing, review, waiting
from ground import clock
from ground.errors import Conflict, Forbidden, Refused
from models import Article, Member, User
from settings import Limits
from tests.content.conftest import Office
from tests.world import members, places

REASON, NOTE = "活动时间写错了", "第三段活动时间应为 12 月 5 日，特此更正。"


def one_person(office: Office, *names: str, merged: bool = False) -> None:
    """These accounts belong to one member; ``merged``: the last of them to a record that was merged into that member's."""
    with office.db.session_scope() as session:
        branch = places.branch(session, "第一党支部")
        member, double = members.member(session, "张甲", branch), members.member(session, "张乙", branch)
        for name in names:
            session.get_one(User, office.users[name].id).member_id = member.id
        if merged:
            session.get_one(User, office.users[names[-1]].id).member_id = double.id
            session.get_one(Member, double.id).merged_into = member.id
    again(office, *names)


def again(office: Office, *names: str) -> None:
    with office.db.read_scope() as session:
        for name in names:
            office.users[name] = users.by_name(session, name)


def hand_over(office: Office, whose: str, to: str, *, days: int = 1) -> int:
    today = clock.shanghai_day(clock.now())
    with office.db.session_scope() as session:
        made = handovers.make(
            session, office.users[whose], user_id=office.users[whose].id, deputy_id=office.users[to].id,
            first_day=today, last_day=today + timedelta(days), reason="出差", at=clock.now(),
        )  # fmt: skip
        return made.id


def sign(office: Office, article: Article, by: str) -> None:
    with office.db.session_scope() as session:
        releasing.release(
            session, article.id, office.users[by], reason="台风预警，今天必须发布", limits=Limits(), at=clock.now()
        )  # fmt: skip


def approve(office: Office, article: Article, by: str) -> None:
    office.approve(article, by=by)


def able(office: Office, article: Article) -> set[str]:
    with office.db.read_scope() as session:
        found = session.get_one(Article, article.id)
        told = review.seats(session, found, office.users["admin"], at=clock.now())
        return {user.username for user, _ in told.able}


def out(office: Office, article: Article) -> Article:
    with office.db.session_scope() as session:
        publish.mark_published(session, [article.id], at=clock.now())
    return office.now(article)


def correct(office: Office, article: Article, *, by: str, title: str) -> Article:
    """A correction of what is out, handed in."""
    with office.db.session_scope() as session:
        draft = corrections.begin(
            session, article.id, office.users[by], reason=REASON, note_=NOTE, at=clock.now()
        )
    return office.submit(office.save(draft, by=by, title=title), by=by)


@pytest.mark.parametrize("merged", [False, True])
def test_two_accounts_of_one_person_do_one_review(office: Office, merged: bool) -> None:
    one_person(office, "first", "second", merged=merged)
    article = office.approve(office.submit(office.draft()), by="first")
    assert able(office, article) == {"admin", "third", "only2"}
    with pytest.raises(Forbidden, match="同一人不能审两级"):
        office.approve(article, by="second")


def test_nobody_reviews_by_another_account_what_they_wrote(office: Office) -> None:
    one_person(office, "editor", "first")
    article = office.submit(office.draft(by="editor"))
    with pytest.raises(Forbidden, match="您的另一个账号"):
        office.approve(article, by="first")
    other = office.save(office.draft(by="colleague"), by="editor", title="换过标题")
    with pytest.raises(Forbidden, match="您修改过本稿"):
        office.approve(office.submit(other), by="first")


def test_two_accounts_of_one_person_are_one_signature(office: Office) -> None:
    one_person(office, "first", "second")
    article = office.submit(office.draft())
    sign(office, article, "first")
    with pytest.raises(Forbidden, match="另一个账号也算同一人"):
        sign(office, article, "second")
    with office.db.read_scope() as session:
        asked = {
            name: waiting.waits(session, office.users[name], at=clock.now()).signatures
            for name in ("second", "third")
        }
        article = session.get_one(Article, article.id)
        found = releasing.open_of(session, article.id)
        second, now = office.users["second"], clock.now()
        told = review.seats(session, article, second, at=now)
        assert not releasing.may_sign(session, article, found, second, told, at=now)
    assert asked == {"second": (), "third": (article.id,)}
    sign(office, article, "third")
    assert office.now(article).status == "approved"


def test_nobody_agrees_by_another_account_to_the_retraction_they_asked_for(office: Office) -> None:
    one_person(office, "editor", "first")
    article = out(office, office.approved_by("second", "third", "admin"))
    with office.db.session_scope() as session:
        corrections.ask_to_retract(
            session, article.id, office.users["editor"], reason=REASON, note_=NOTE, at=clock.now()
        )
    with office.db.session_scope() as session, pytest.raises(Forbidden, match="同一人的另一个账号"):
        corrections.retract_article(session, article.id, office.users["first"], at=clock.now())
    with office.db.session_scope() as session:
        corrections.retract_article(session, article.id, office.users["second"], at=clock.now())


def test_nobody_hands_over_to_their_other_account_nor_back(office: Office) -> None:
    one_person(office, "first", "second")
    with pytest.raises(Refused, match="本人的另一个账号"):
        hand_over(office, "first", "second")
    hand_over(office, "first", "third")
    with pytest.raises(Conflict, match="不能互相委托"):
        hand_over(office, "third", "first")


@pytest.mark.parametrize(("signs", "then"), [("second", "first"), ("first", "second")])
def test_the_two_of_a_handover_do_one_review_together_as_long_as_it_lasts(
    office: Office, signs: str, then: str
) -> None:
    made = hand_over(office, "first", "second")
    article = office.approve(office.submit(office.draft()), by=signs)
    assert office.now(article).reviews[0].principal is None  # by the own right
    with pytest.raises(Forbidden, match=f"{signs}已完成本稿的一审，委托期间你们两人合计只能审一级"):
        office.approve(article, by=then)
    with office.db.session_scope() as session:
        handovers.end(session, office.users["first"], made, at=clock.now())
    assert office.approve(article, by=then).stage == 3


@pytest.mark.parametrize("signing", [False, True])
def test_who_wrote_the_original_has_no_say_in_its_correction(office: Office, signing: bool) -> None:
    article = out(office, office.approved_by("first", "second", "third", by="admin"))
    draft = correct(office, article, by="editor", title="网格里的一天（更正）")
    assert "admin" not in able(office, draft)
    with pytest.raises(Forbidden, match="不能签发" if signing else "您写过被更正的原稿"):
        (sign if signing else approve)(office, draft, "admin")
    for name in ("first", "second", "third"):
        office.approve(draft, by=name)
    assert office.now(article).title == "网格里的一天（更正）"
    # whoever wrote an earlier correction wrote what this one corrects; whoever approved it did not
    with office.db.session_scope() as session:
        session.execute(sa.update(User).where(User.username == "editor").values(role="admin"))
    again(office, "editor")
    second = correct(office, article, by="colleague", title="网格里的一天（再次更正）")
    assert able(office, second) == {"first", "second", "third"}  # only2 does second reviews alone
    with pytest.raises(Forbidden, match="您写过被更正的原稿"):
        office.approve(second, by="editor")


def test_a_correction_stays_in_the_column_that_demanded_its_reviews(office: Office) -> None:
    article = out(office, office.approved())
    with office.db.session_scope() as session:
        lenient = columns.by_key(session, "study")
        lenient.review_stages = 1
        moved_to = lenient.id
        draft = corrections.begin(
            session, article.id, office.users["editor"], reason=REASON, note_=NOTE, at=clock.now()
        )
    with pytest.raises(Refused, match="更正稿不能换栏目"):
        office.save(draft, column_id=moved_to)
    draft = office.submit(office.save(draft, title="仍在原栏目"))
    with office.db.session_scope() as session:  # by a version that let it
        session.get_one(Article, draft.id).column_id = moved_to
        session.get_one(Article, draft.id).review_stages = 1
    with pytest.raises(Conflict, match="更正稿不能换栏目"):
        office.approve(draft, by="first")
    assert office.now(article).column_id == office.columns["news"]
