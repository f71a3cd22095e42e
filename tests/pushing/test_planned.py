"""已排期: an article in a push that has not begun is planned, says so, and is free again in one step."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest
import sqlalchemy as sa

from content import corrections, drafting, finding, lifecycle, queue, review
from content.revisions import fields_of
from ground import clock, faultpoints
from ground.errors import Conflict, Forbidden
from models import Article, AuditEntry, Follower, Push, QuotaUse
from scheduler import pushes, report, twice, unscheduling, upcoming
from scheduler.agreeing import Agreed, Changed
from scheduler.engine import Engine
from scheduler.lanes import Lanes
from scheduler.sender import Sender
from scheduler.tick import Ticker
from scheduler.unscheduling import Unscheduled
from settings import WeChatLimits
from tests.pushing.test_plans_that_hold import DAY, FIRST, queued, step
from tests.world import articles
from tests.world.linked import World, jump, wait_status

LIMITS = WeChatLimits()
SECOND = "branch:第二党支部"
Run = Callable[[World], Engine]


def status(world: World, article: int) -> str:
    with world.runtime.db.read_scope() as session:
        return finding.get(session, article).status


def unschedule(world: World, article: int, username: str = "editor") -> Unscheduled:
    with world.runtime.db.session_scope() as session:
        who = world.user(session, username)
        return unscheduling.unschedule(
            session, world.runtime.settings, article, who, reason="标题要改", at=clock.now()
        )


def test_a_planned_article_is_locked_until_it_is_unscheduled(world: World) -> None:
    world.branch("第一党支部", 5)
    article = world.article()
    push = world.push(FIRST, article, due_at=clock.now() + DAY)
    assert status(world, article) == "planned"
    with world.runtime.db.session_scope() as session:
        editor, found = world.user(session), finding.get(session, article)
        now = clock.now()
        attempts: tuple[Callable[[], object], ...] = (
            lambda: drafting.save(
                session,
                article,
                editor,
                fields_of(found),
                limits=LIMITS,
                expected_version=found.version,
                at=now,
            ),
            lambda: queue.enqueue(session, article, editor, at=now),
            lambda: lifecycle.archive(session, article, editor, at=now),
        )
        for refused in attempts:
            with pytest.raises(Conflict, match="稿件已排期，请先撤出排期，再"):
                refused()
        assert article not in [one.id for one in finding.free(session, limit=50)]
        assert upcoming.times(session, world.runtime.settings, [found], at=now) == {article: push.due_at}
    done = unschedule(world, article)
    assert done.said == f"已撤出排期，推送 {push.id} 已取消，预留的额度已退回"
    assert (status(world, article), world.shown(push)["status"]) == ("approved", "cancelled")
    with world.runtime.db.session_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).where(QuotaUse.state == "held")) == 0
        (entry,) = session.scalars(sa.select(AuditEntry).where(AuditEntry.action == "article.unschedule"))
        assert entry.detail == {"cancelled": [push.id], "without": [], "reason": "标题要改"}
        assert queue.enqueue(session, article, world.user(session), at=clock.now()).status == "queued"
    with pytest.raises(Conflict, match="没有排期"):
        unschedule(world, article)


def test_a_push_of_several_goes_on_without_the_one_that_is_taken_out(
    lite_world: World, run_engine: Run
) -> None:
    lite_world.branch("第一党支部", 5)
    first, second, third = (lite_world.article(title) for title in ("甲", "乙", "丙"))
    push = lite_world.push(FIRST, article_ids=[first, second, third], due_at=clock.now() + DAY)
    assert unschedule(lite_world, first).without == (push.id,)
    shown = lite_world.shown(push)
    assert (shown["status"], shown["title"], shown["planned"]) == ("scheduled", "乙", 5)
    assert [one["id"] for one in shown["articles"]] == [second, third]
    assert [status(lite_world, one) for one in (first, second, third)] == ["approved", "planned", "planned"]
    run_engine(lite_world)
    jump(lite_world, days=1, minutes=1)
    wait_status(lite_world, push.id, "awaiting_result")
    assert set(lite_world.received().values()) == {1}
    assert [status(lite_world, one) for one in (first, second, third)] == [
        "approved",
        "publishing",
        "publishing",
    ]
    with pytest.raises(Conflict, match="没有排期"):
        unschedule(lite_world, second)


def test_two_pushes_hold_an_article_until_both_are_gone(world: World) -> None:
    world.branch("第一党支部", 4)
    world.branch("第二党支部", 3)
    article = world.article()
    one = world.push(FIRST, article, due_at=clock.now() + DAY)
    two = world.push(SECOND, article, due_at=clock.now() + 2 * DAY)
    step(world, one, "cancel")
    assert status(world, article) == "planned"
    step(world, two, "cancel")
    assert status(world, article) == "approved"


def test_a_second_push_says_who_gets_the_same_article_again(world: World) -> None:
    world.branch("第一党支部", 4)
    world.branch("第二党支部", 3)
    article = world.article()

    def to_all(*, twice: int | None = 0, text: str = "") -> pushes.Created:
        with world.runtime.db.session_scope() as session:
            agreed = Agreed(twice, [text] if text else [])
            return pushes.create(
                session, world.runtime.settings, world.user(session), audience="all", article_ids=[article],
                agreed=agreed, at=clock.now(),
            )  # fmt: skip

    first = world.push(FIRST, article, due_at=clock.now() + DAY)
    with pytest.raises(Changed, match="其中 4 人已经收到或将收到同一篇稿件，仍要再发给他们的，请再确认一次"):
        to_all()
    with pytest.raises(Changed, match=r"其中 4 人.*（确认时是 3 人）"):
        to_all(twice=3)
    with pytest.raises(Changed, match="在您确认之后改动过"):
        to_all(twice=4, text="0" * 64)
    made = to_all(twice=4)
    assert "其中 4 人已经收到或将收到同一篇稿件，这次会再收到一遍" in made.notes
    step(world, made.push, "cancel")
    step(world, first, "cancel")
    assert not [note for note in to_all().notes if "再收到" in note]


def test_of_two_who_decide_at_the_same_moment_the_second_sees_the_first(world: World) -> None:
    world.branch("第一党支部", 4)
    article = world.article()
    together = threading.Barrier(2)

    def decide(_which: int) -> str:
        together.wait()
        try:
            world.push(FIRST, article, due_at=clock.now() + DAY, agreed=Agreed())
        except Changed as error:
            return error.message
        return "made"

    with ThreadPoolExecutor(2) as pool:
        first, second = sorted(pool.map(decide, range(2)))
    assert first == "made"
    assert "其中 4 人已经收到或将收到" in second


def test_a_push_that_was_missed_keeps_its_article_until_a_person_decides(
    lite_world: World, run_engine: Run
) -> None:
    lite_world.branch("第一党支部", 5)
    article = lite_world.article()
    push = lite_world.push(FIRST, article, due_at=clock.now() + timedelta(hours=1))
    jump(lite_world, hours=30)
    run_engine(lite_world)
    wait_status(lite_world, push.id, "missed")
    assert status(lite_world, article) == "planned"
    assert unschedule(lite_world, article).cancelled == (push.id,)
    assert status(lite_world, article) == "approved"


def test_a_push_that_reaches_nobody_gives_its_article_back(lite_world: World, run_engine: Run) -> None:
    lite_world.branch("第一党支部", 1, tagged=False)
    article = lite_world.article()
    push = lite_world.push(FIRST, article)
    run_engine(lite_world)
    assert wait_status(lite_world, push.id, "failed")["note"] == "没有可以送达的人"
    assert status(lite_world, article) == "approved"


def test_a_queued_article_says_when_its_slot_takes_it(world: World) -> None:
    queued(
        world, {"weekdays": list(range(7)), "time": "08:00", "audience": "all", "active": True}, articles=2
    )
    with world.runtime.db.read_scope() as session:
        waiting = list(session.scalars(sa.select(Article).order_by(Article.queue_position)))
        said = upcoming.times(session, world.runtime.settings, waiting, at=clock.now())
    moments = [clock.to_shanghai(said[one.id]).strftime("%m-%d %H:%M") for one in waiting]
    assert moments == ["11-25 08:00", "11-26 08:00"]


def test_who_may_not_stop_a_push_may_not_unschedule(world: World) -> None:
    world.branch("第一党支部", 2)
    article = world.article()
    world.push(FIRST, article, due_at=clock.now() + DAY)
    with pytest.raises(Forbidden):
        unschedule(world, article, "guest")
    with world.runtime.db.session_scope() as session:
        reviewer = world.user(session, "boss")
        with pytest.raises(Conflict, match="请先撤出排期，再退回修改"):
            review.revoke(session, article, reviewer, reason="标题有误", at=clock.now())
        assert session.scalars(sa.select(Push.status)).all() == ["scheduled"]


def test_taking_one_out_agrees_to_no_other_numbers_than_those_that_a_person_saw(world: World) -> None:
    world.branch("第一党支部", 20)
    first, second = world.article("甲"), world.article("乙")
    push = world.push(FIRST, article_ids=[first, second], due_at=clock.now() + DAY)
    with world.runtime.db.session_scope() as session:
        leavers = world.openids["第一党支部"][:9]
        session.execute(sa.update(Follower).where(Follower.openid.in_(leavers)).values(subscribed=False))
    assert unschedule(world, first).without == (push.id,)
    with world.runtime.db.read_scope() as session:
        kept = session.get_one(Push, push.id)
        assert (kept.planned, kept.confirmed["planned"]) == (11, 20)


def test_what_is_out_is_taken_from_a_further_push_and_stays_out(world: World) -> None:
    world.branch("第一党支部", 3)
    article = world.article(status="published")
    push = world.push(FIRST, article, due_at=clock.now() + DAY)
    assert unschedule(world, article).cancelled == (push.id,)
    assert status(world, article) == "published"


def test_who_had_it_is_known_when_the_months_ledger_is_gone(lite_world: World) -> None:
    lite_world.branch("第一党支部", 4)
    article = lite_world.article()
    lite_world.push(FIRST, article, due_at=clock.now() + DAY)
    with lite_world.runtime.db.session_scope() as session:
        session.execute(sa.delete(QuotaUse))
        met = twice.reached(session, [article], lite_world.openids["第一党支部"], at=clock.now())
    assert met == set(lite_world.openids["第一党支部"])


def test_a_correction_that_takes_effect_goes_into_the_pushes_that_wait(
    lite_world: World, run_engine: Run
) -> None:
    lite_world.branch("第一党支部", 3)
    article = lite_world.article(status="published")
    push = lite_world.push(FIRST, article, due_at=clock.now() + DAY)
    with lite_world.runtime.db.session_scope() as session:
        editor, now = lite_world.user(session), clock.now()
        draft = corrections.begin(
            session, article, editor, reason="时间写错了", note_="活动时间应为 12 月 5 日。", at=now
        )
        fields = replace(fields_of(draft), title="更正后的标题")
        drafting.save(session, draft.id, editor, fields, expected_version=1, limits=LIMITS, at=now)
        review.submit(session, draft.id, editor, limits=LIMITS, at=now)
        for _ in range(3):
            articles.approve(session, draft.id)
    run_engine(lite_world)
    jump(lite_world, days=1, minutes=1)
    wait_status(lite_world, push.id, "awaiting_result")
    assert set(lite_world.received().values()) == {1}


@pytest.mark.parametrize(("result", "then"), [("send success", "published"), ("err(10001)", "approved")])
def test_what_is_cancelled_in_mid_call_is_nobodys_before_the_call_has_ended(
    world: World, monkeypatch: pytest.MonkeyPatch, result: str, then: str
) -> None:
    """Else it might be written anew while the text of before is on its way to its readers."""
    world.branch("第一党支部", 5)
    article = world.article()
    push = world.push(FIRST, article)
    sender = Sender(world.runtime, threading.Event(), Lanes(world.runtime, threading.Event()))
    monkeypatch.setattr(
        faultpoints, "reach", lambda at: step(world, push, "cancel") if at == "push.called" else None
    )
    Ticker(world.runtime, lambda _kind, row: sender.run(row)).tick()
    assert (world.shown(push)["status"], status(world, article)) == ("cancelled", "publishing")
    (call,) = world.shown(push)["deliveries"]
    with world.runtime.db.session_scope() as session:
        report.job_finished(session, "mass", call["msg_id"], result, at=clock.now())
    assert status(world, article) == then
