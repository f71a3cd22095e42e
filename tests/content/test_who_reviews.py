"""栏目的审核级数和审核人, and 委托: who may do which review, and what becomes of one that nobody can do."""

from __future__ import annotations

import contextlib
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from accounts import users
from content import columns, handovers, review, stages, waiting
from ground import clock
from ground.errors import Conflict, Forbidden, Refused
from models import Article, User
from settings import Limits
from tests.content.conftest import Office


def settle(
    office: Office, number: int | None, named_for: Mapping[int, Collection[str]] | None = None
) -> None:
    """What the column 先锋动态 demands from now on."""
    wanted = {stage: [office.users[name].id for name in names] for stage, names in (named_for or {}).items()}
    with office.db.session_scope() as session:
        column = columns.by_key(session, "news")
        stages.settle(session, office.users["admin"], column, number=number, named_for=wanted, at=clock.now())


def hand_over(office: Office, whose: str, to: str, first: int = 0, last: int = 1, by: str = "") -> int:
    """From so many days from today to so many days."""
    today = clock.shanghai_day(clock.now())
    with office.db.session_scope() as session:
        made = handovers.make(
            session, office.users[by or whose], user_id=office.users[whose].id, deputy_id=office.users[to].id,
            first_day=today + timedelta(first), last_day=today + timedelta(last), reason="出差", at=clock.now(),
        )  # fmt: skip
        return made.id


def able(office: Office, article: Article) -> set[str]:
    """Who may do the review that is awaited."""
    with office.db.read_scope() as session:
        found = review.seats(
            session, session.get_one(Article, article.id), office.users["admin"], at=clock.now()
        ).able
        return {user.username for user, _ in found}


def test_a_column_has_its_own_number_of_stages(office: Office) -> None:
    settle(office, 1)
    assert office.approve(office.submit(office.draft()), by="first").status == "approved"
    other = office.approve(office.submit(office.draft(column="study")), by="first")
    assert (other.status, other.stage) == ("in_review", 2)


def test_a_number_that_is_raised_counts_for_what_is_in_review_already(office: Office) -> None:
    settle(office, 1)
    article = office.submit(office.draft())
    settle(office, 3)
    for name, status in (("first", "in_review"), ("second", "in_review"), ("third", "approved")):
        article = office.approve(article, by=name)
        assert article.status == status


def test_a_number_that_is_lowered_lets_nothing_in_review_pass_earlier(office: Office) -> None:
    settle(office, 3)
    article = office.approve(office.submit(office.draft()), by="first")
    settle(office, 1)
    assert office.now(article).stage == 2
    article = office.approve(article, by="second")
    assert (article.status, article.stage) == ("in_review", 3)
    assert office.approve(office.submit(office.draft(title="以后的稿件")), by="first").status == "approved"


def test_a_stage_may_be_done_by_the_persons_named_for_it_alone(office: Office) -> None:
    settle(office, 2, {1: ["second", "only2"]})
    article = office.submit(office.draft())
    assert able(office, article) == {"second", "only2"}
    with pytest.raises(Forbidden, match="本栏目的一审由only2、second审核"):
        office.approve(article, by="first")
    assert office.approve(article, by="only2").stage == 2


def test_only_who_reviews_can_be_named(office: Office) -> None:
    with pytest.raises(Refused, match="一审指定的人没有审核权限"):
        settle(office, None, {1: ["editor"]})
    with pytest.raises(Refused, match="审核级数应为 1 到 3"):
        settle(office, 4)


def test_an_administrator_is_told_of_what_nobody_can_review(office: Office) -> None:
    settle(office, 1, {1: ["third"]})
    article = office.submit(office.draft())
    with office.db.session_scope() as session:
        users.set_active(session, users.by_name(session, "third"), False, at=clock.now())
    assert able(office, article) == set()
    with office.db.read_scope() as session:
        seen = {
            name: waiting.waits(session, office.users[name], at=clock.now()).stuck
            for name in ("admin", "first")
        }
    assert seen == {"admin": (article.id,), "first": ()}
    settle(office, 1, {1: ["first", "third"]})
    assert office.approve(article, by="first").status == "approved"


def test_a_deputy_reviews_in_the_place_of_who_handed_over(office: Office) -> None:
    settle(office, 2, {1: ["first"]})
    hand_over(office, "first", "second")
    article = office.approve(office.submit(office.draft()), by="second")
    (decision,) = office.now(article).reviews
    assert decision.principal is not None
    assert (decision.user.username, decision.principal.username) == ("second", "first")


@pytest.mark.parametrize("who", ["first", "second"])
def test_neither_of_the_two_does_a_further_stage(office: Office, who: str) -> None:
    settle(office, 2, {1: ["first"]})
    hand_over(office, "first", "second")
    article = office.approve(office.submit(office.draft()), by="second")
    with pytest.raises(Forbidden, match="您已完成本稿的一审，同一人不能审两级"):
        office.approve(article, by=who)
    assert able(office, article) == {"admin", "third", "only2"}


def test_a_deputy_never_reviews_the_own_text_nor_that_of_who_handed_over(office: Office) -> None:
    settle(office, 1, {1: ["admin"]})
    hand_over(office, "admin", "first")
    article = office.submit(office.draft(by="admin"))
    assert able(office, article) == set()
    settle(office, 1, {1: ["second"]})
    hand_over(office, "second", "admin", by="admin")
    with pytest.raises(Forbidden, match="不能审核自己的稿件"):
        office.approve(article, by="admin")


def test_a_deputy_does_not_hand_on_what_was_handed_over(office: Office) -> None:
    settle(office, 1, {1: ["first"]})
    hand_over(office, "first", "second")
    hand_over(office, "second", "third")
    assert able(office, office.submit(office.draft())) == {"first", "second"}


def test_a_handover_begins_and_ends_by_itself(office: Office) -> None:
    settle(office, 1, {1: ["first"]})
    hand_over(office, "first", "second", first=1, last=2)
    article = office.submit(office.draft())
    seen = []
    for days in (0, 1, 2, 3):
        with office.db.read_scope() as session:
            at = clock.now() + timedelta(days)
            seen.append(len(waiting.waits(session, office.users["second"], at=at).reviews))
    assert seen == [0, 1, 1, 0]
    assert able(office, article) == {"first"}


def test_a_handover_is_taken_back_once(office: Office) -> None:
    made = hand_over(office, "first", "second")
    with office.db.session_scope() as session, pytest.raises(Forbidden, match="只有委托人、受托人或管理员"):
        handovers.end(session, office.users["third"], made, at=clock.now())
    with office.db.session_scope() as session:
        handovers.end(session, office.users["first"], made, at=clock.now())
    with office.db.session_scope() as session, pytest.raises(Conflict, match="已经结束"):
        handovers.end(session, office.users["first"], made, at=clock.now())


def test_whoever_reviews_no_more_ends_no_handover(office: Office) -> None:
    made = hand_over(office, "first", "third")
    with office.db.session_scope() as session:
        users.set_active(session, users.by_name(session, "third"), False, at=clock.now())
    with office.db.session_scope() as session, pytest.raises(Forbidden, match="没有此项权限"):
        handovers.end(session, session.get_one(User, office.users["third"].id), made, at=clock.now())


@pytest.mark.parametrize(
    ("whose", "to", "first", "last", "by", "why"),
    [
        ("first", "first", 0, 1, "", "不能委托给本人"),
        ("first", "editor", 0, 1, "", "受托人没有审核权限"),
        ("first", "second", 2, 1, "", "结束日期早于开始日期"),
        ("first", "second", -3, -1, "", "结束日期已经过去"),
        ("first", "second", 0, 400, "", "最长一年"),
        ("editor", "second", 0, 1, "admin", "委托人没有审核权限"),
    ],
)
def test_a_handover_that_cannot_be_is_refused(
    office: Office, whose: str, to: str, first: int, last: int, by: str, why: str
) -> None:
    with pytest.raises(Refused, match=why):
        hand_over(office, whose, to, first, last, by)


def test_nobody_hands_over_for_another_or_twice(office: Office) -> None:
    with pytest.raises(Forbidden):
        hand_over(office, "first", "second", by="third")
    hand_over(office, "first", "second", by="admin")
    with pytest.raises(Conflict, match="已经委托给同一位"):
        hand_over(office, "first", "second", first=1, last=9)


def test_an_opinion_is_kept_with_the_approval(office: Office) -> None:
    article = office.submit(office.draft())

    def approve(opinion: str) -> None:
        with office.db.session_scope() as session:
            review.approve(
                session, article.id, office.users["first"], limits=Limits(), opinion=opinion, at=clock.now()
            )  # fmt: skip

    with pytest.raises(Refused, match="审核意见不能超过 500 个字"):
        approve("长" * 501)
    approve(" 同意，标题可再短 ")
    (decision,) = office.now(article).reviews
    assert (decision.decision, decision.reason) == ("approved", "同意，标题可再短")


def test_a_day_of_a_handover_is_one_of_shanghai(office: Office) -> None:
    hand_over(office, "first", "second", first=0, last=0)
    with office.db.read_scope() as session:
        (made,) = handovers.listing(session, office.users["admin"], at=clock.now())
    assert isinstance(made.first_day, date)
    assert made.first_day == clock.to_shanghai(clock.now()).date()


def test_a_number_that_is_lowered_leaves_the_persons_named_for_what_is_in_review(office: Office) -> None:
    settle(office, 3, {3: ["third"]})
    article = office.submit(office.draft())
    for name in ("first", "second"):
        article = office.approve(article, by=name)
    settle(office, 2, {3: ["third"]})  # as the form sends it, which shows all stages
    assert able(office, article) == {"third"}
    with pytest.raises(Forbidden, match="本栏目的三审由third审核"):
        office.approve(article, by="admin")
    assert office.approve(article, by="third").status == "approved"


def test_who_is_named_just_now_counts_for_the_review_that_comes_at_the_same_moment(office: Office) -> None:
    article = office.submit(office.draft())
    with ThreadPoolExecutor(1) as pool:
        with office.db.session_scope() as session:
            admin, column = office.users["admin"], columns.by_key(session, "news")
            named = {1: [office.users["second"].id]}
            stages.settle(session, admin, column, number=None, named_for=named, at=clock.now())
            coming = pool.submit(office.approve, article, by="first")
            with contextlib.suppress(TimeoutError):
                coming.result(timeout=1)
        with pytest.raises(Forbidden, match="本栏目的一审由second审核"):
            coming.result()
    assert office.now(article).stage == 1


@pytest.mark.parametrize(
    ("number", "named", "too_few"),
    [
        (3, {1: [7], 2: [7], 3: [7]}, True),
        (3, {1: [7, 8], 2: [7, 8], 3: [7, 8]}, True),
        (2, {1: [7, 8], 2: [7, 8], 3: [7]}, False),
        (3, {1: [7], 3: [7]}, True),
        (3, {1: [7], 3: [7, 8]}, False),
        (3, {}, False),
    ],
)
def test_one_person_is_not_enough_for_two_stages(
    number: int, named: Mapping[int, Collection[int]], too_few: bool
) -> None:
    assert stages.needs_more_people(number, named) is too_few
