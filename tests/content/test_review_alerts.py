"""Who is told of a review by WeChat: the ones whom it concerns, once, and nobody at night or at a weekend."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from accounts import users
from community import telling
from content import columns, releasing, review, stages
from ground import clock
from models import Article, ReviewAlert, User
from scheduler import reviewing
from settings import Limits
from tests.content.conftest import LIMITS, Office
from tests.content.test_who_reviews import hand_over
from tests.world import followers, members, places

FRIDAY = datetime(2026, 11, 27, 8, 30, tzinfo=UTC)
"""16:30 in Shanghai: one hour of work is left in this week."""
MONDAY_NOON, MONDAY_DUE = FRIDAY + timedelta(days=2, hours=20), FRIDAY + timedelta(days=2, hours=23)
"""12:30, and 15:30 when eight hours of work are over."""


@pytest.fixture
def reached(office: Office) -> Office:
    """The office, everybody of which is on the roster; ``second`` alone is not bound."""
    with office.db.session_scope() as session:
        branch = places.branch(session, "第一党支部")
        for number, (name, user) in enumerate(office.users.items()):
            member = members.member(session, f"张{'甲乙丙丁戊己庚辛壬'[number]}", branch)
            users.tie(session, session.get_one(User, user.id), member.id, at=clock.now())
            if name != "second":
                followers.bind_all(session, [f"o-{name}"], [member])
    for name in office.users:
        with office.db.read_scope() as session:
            office.users[name] = users.by_name(session, name)
    return office


def told(office: Office) -> dict[str, str]:
    """Whom the clock has told what since it was asked last, by openid."""
    with office.db.session_scope() as session:
        reviewing.tell(session, at=clock.now())
        assert session.scalar(sa.select(sa.func.count()).select_from(ReviewAlert)) == 0
        return {one.openid.removeprefix("o-"): one.text for one in telling.take(session, 100)}


def name_alone(office: Office, stage: int, names: Iterable[str]) -> None:
    with office.db.session_scope() as session:
        wanted = {stage: [office.users[name].id for name in names]}
        column = columns.by_key(session, "news")
        stages.settle(session, office.users["admin"], column, number=2, named_for=wanted, at=clock.now())


def test_those_who_review_next_are_told_and_nobody_else(reached: Office) -> None:
    name_alone(reached, 1, ["first", "second"])
    article = reached.submit(reached.draft(title="网格里的一天"))
    assert told(reached) == {"first": "《网格里的一天》等待一审，请登录管理后台办理"}
    reached.approve(article, by="first")
    assert set(told(reached)) == {"admin", "third", "only2"}
    assert told(reached) == {}


def test_who_handed_over_is_told_where_the_deputy_cannot_be(reached: Office) -> None:
    name_alone(reached, 1, ["first"])
    hand_over(reached, "first", "second")
    article = reached.submit(reached.draft(title="网格里的一天"))
    assert told(reached) == {"first": "《网格里的一天》等待一审，请登录管理后台办理"}
    reached.send_back(article, by="first")
    told(reached)
    hand_over(reached, "first", "third")
    reached.submit(article)
    assert told(reached) == {"third": "《网格里的一天》等待一审（受first委托），请登录管理后台办理"}


def test_writer_and_earlier_reviewers_are_told_of_a_return(reached: Office) -> None:
    article = reached.approve(reached.submit(reached.draft(title="网格里的一天")), by="first")
    told(reached)
    reached.send_back(article, by="only2", reason="人数与附件不一致")
    assert told(reached) == {
        "editor": "《网格里的一天》在二审被退回修改，请在后台查看理由",
        "first": "您审过的《网格里的一天》在二审被退回修改，您的审核结论已作废",
    }


def test_nobody_is_told_in_the_morning_of_what_was_done_at_night(reached: Office) -> None:
    name_alone(reached, 1, ["first"])
    article = reached.submit(reached.draft(title="网格里的一天"))
    with reached.db.session_scope() as session:
        review.withdraw(session, article.id, reached.users["editor"], at=clock.now())
    assert told(reached) == {}
    reached.submit(article)
    reached.approve(article, by="first")
    assert set(told(reached)) == {"admin", "third", "only2"}  # of the second review alone
    reached.send_back(article, by="third")
    told(reached)
    reached.approve(reached.submit(article), by="first")
    reached.approve(article, by="only2")
    assert told(reached) == {}


def test_nobody_is_told_in_the_morning_of_a_release_that_fell_or_was_made_up_for(reached: Office) -> None:
    name_alone(reached, 1, ["first"])
    dropped, article = (reached.submit(reached.draft(title=title)) for title in ("甲稿", "乙稿"))
    told(reached)

    def sign(one: Article, name: str) -> None:
        with reached.db.session_scope() as session:
            releasing.release(
                session, one.id, reached.users[name], reason="今天必须发布", limits=Limits(), at=clock.now()
            )  # fmt: skip

    sign(dropped, "admin")
    with reached.db.session_scope() as session:
        releasing.drop(session, dropped.id, reached.users["admin"], at=clock.now())
    sign(article, "admin")
    sign(article, "third")
    with reached.db.session_scope() as session:
        releasing.countersign(session, article.id, reached.users["first"], at=clock.now())
    assert set(told(reached).values()) == {"《乙稿》已紧急签发，等待补二审，请登录管理后台办理"}


def test_an_administrator_is_told_where_nobody_can_review(reached: Office) -> None:
    name_alone(reached, 1, ["first"])
    with reached.db.session_scope() as session:
        users.set_active(session, users.by_name(session, "first"), False, at=clock.now())
    reached.submit(reached.draft(title="网格里的一天"))
    assert told(reached) == {"admin": "《网格里的一天》等待一审，但现在没有人可以审核，请安排审核人"}


def test_those_who_may_sign_and_those_who_make_up_are_told_of_a_release(reached: Office) -> None:
    name_alone(reached, 1, ["first"])
    article = reached.submit(reached.draft(title="网格里的一天"))
    told(reached)

    def sign(name: str) -> None:
        with reached.db.session_scope() as session:
            releasing.release(
                session, article.id, reached.users[name], reason="今天必须发布", limits=Limits(), at=clock.now()
            )  # fmt: skip

    sign("admin")
    assert set(told(reached)) == {"first", "third", "only2"}
    sign("third")
    assert told(reached) == {"first": "《网格里的一天》已紧急签发，等待补一审，请登录管理后台办理"}


def test_what_waits_for_eight_hours_of_work_is_reminded_of_once(reached: Office) -> None:
    name_alone(reached, 1, ["first"])
    draft = reached.draft(title="网格里的一天")
    with reached.db.session_scope() as session:
        review.submit(session, draft.id, reached.users["editor"], limits=LIMITS, at=FRIDAY)
    told(reached)

    def due(at: datetime) -> list[int]:
        with reached.db.read_scope() as session:
            return reviewing.due(session, Limits(), at=at)

    saturday, night = FRIDAY + timedelta(days=1), FRIDAY + timedelta(days=3, hours=6)
    late = reached.draft(title="周四送审的稿件")
    with reached.db.session_scope() as session:
        review.submit(session, late.id, reached.users["editor"], limits=LIMITS, at=FRIDAY - timedelta(days=1))
    assert (due(saturday), due(MONDAY_NOON)) == ([], [late.id])
    with reached.db.session_scope() as session:
        review.withdraw(session, late.id, reached.users["editor"], at=FRIDAY)
    assert [due(at) for at in (saturday, MONDAY_NOON, MONDAY_DUE, night)] == [[], [], [draft.id], []]
    for expected in (True, False):
        with reached.db.session_scope() as session:
            assert reviewing.remind(session, draft.id, Limits(), at=MONDAY_DUE) is expected
    assert told(reached) == {"first": "《网格里的一天》还在等待一审，请登录管理后台办理"}
    assert due(MONDAY_DUE) == []
    with reached.db.session_scope() as session:
        review.approve(session, draft.id, reached.users["first"], limits=Limits(), at=MONDAY_DUE)
        assert session.get_one(Article, draft.id).reminded_at is None


def test_an_office_may_want_no_reminder(reached: Office) -> None:
    draft = reached.draft()
    with reached.db.session_scope() as session:
        review.submit(session, draft.id, reached.users["editor"], limits=LIMITS, at=FRIDAY)
    with reached.db.session_scope() as session:
        assert reviewing.due(session, Limits(review_remind_hours=0), at=MONDAY_DUE) == []
        assert not reviewing.remind(session, draft.id, Limits(review_remind_hours=0), at=MONDAY_DUE)
