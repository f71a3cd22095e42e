"""A plan that a person has confirmed holds: its quota is reserved, its numbers kept, the night quiet, and states honest."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from content import columns
from ground import clock
from ground.errors import Conflict, Forbidden, Refused
from localwechat.testing import SandboxControl
from models import Article, Follower, Push, QuotaUse
from scheduler import audience, planner, pushes, quota, roads
from scheduler.agreeing import Changed
from scheduler.engine import Engine
from tests.fixtures.configuration import make_settings
from tests.fixtures.processes import eventually
from tests.pushing.test_planning import other_settings, plan_of
from tests.world.linked import World, jump, make_world, sections_for, wait_status
from tests.world.pushes import sent

DAY = timedelta(days=1)
FIRST = "branch:第一党支部"
Run = Callable[[World], Engine]


@pytest.fixture
def night(wechat: SandboxControl, sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    """A world with quiet hours, at ten in the evening."""
    sections = sections_for(wechat, sqlite_url, str(tmp_path / "var"))
    sections["limits"] = {"quiet_hours": "22:00-07:00"}
    made = make_world(wechat, make_settings(**sections))
    wechat.clock(at="2026-11-24T22:30:00+08:00")
    clock.sync()
    yield made
    made.runtime.close()


def had(world: World, times: int) -> None:
    """Everybody has had so many mass messages this month."""
    openids = [openid for people in world.openids.values() for openid in people]
    for _ in range(times):
        sent(world.runtime, openids)


def queued(world: World, slot: dict[str, Any], articles: int = 1) -> None:
    """Articles that wait for this slot of the study column."""
    ids = [world.article(f"排队的第 {number} 篇") for number in range(1, articles + 1)]
    with world.runtime.db.session_scope() as session:
        columns.by_key(session, "study").slots = [slot]
        for position, article_id in enumerate(ids, start=1):
            article = session.get_one(Article, article_id)
            article.status, article.queue_position, article.queued_at = "queued", position, clock.now()


def step(world: World, push: Push, name: str, username: str = "editor", **more: Any) -> str:
    """Take a step as a person; what is said."""
    with world.runtime.db.session_scope() as session:
        act: Callable[..., str] = getattr(pushes, name)
        if name == "reschedule":
            return act(
                session,
                world.runtime.settings,
                pushes.get(session, push.id),
                world.user(session, username),
                at=clock.now(),
                **more,
            )
        return act(
            session, pushes.get(session, push.id), world.user(session, username), at=clock.now(), **more
        )


def arrives(world: World, push_id: int) -> dict[str, Any]:
    """WeChat takes it, and is asked about the result later on; the report."""
    wait_status(world, push_id, "awaiting_result")
    jump(world, minutes=world.runtime.settings.wechat.limits.mass_result_minutes + 1)
    return wait_status(world, push_id, "sent")


# --- Reservation ------------------------------------------------------------------------------------------------


def test_what_is_confirmed_first_keeps_its_quota_and_cancelling_gives_it_back(world: World) -> None:
    world.branch("第一党支部", 5)
    had(world, 3)
    first = world.push(FIRST, due_at=clock.now() + DAY)
    second = world.push(FIRST)
    assert (first.planned, second.planned) == (5, 0)
    assert second.skipped == {"quota_used": 5}
    with world.runtime.db.read_scope() as session:
        own = planner.plan(
            session, world.runtime.settings, audience=audience.parse(session, FIRST, at=clock.now()), by=[roads.ROADS["mass"]],
            columns={"study"}, moment=clock.now() + DAY, own=first.id, at=clock.now(),
        )  # fmt: skip
    assert own.planned == 5, "what it has reserved is its own"
    step(world, second, "cancel")
    step(world, first, "cancel")
    assert world.push(FIRST).planned == 5


def test_what_is_sent_uses_what_was_reserved_for_it_and_no_more(lite_world: World, run_engine: Run) -> None:
    lite_world.branch("第一党支部", 5)
    push = lite_world.push(FIRST)
    run_engine(lite_world)
    arrives(lite_world, push.id)
    with lite_world.runtime.db.read_scope() as session:
        for openid in lite_world.openids["第一党支部"]:
            assert quota.remaining(session, lite_world.runtime.settings, openid, clock.now()) == 3
        assert session.scalar(sa.select(sa.func.count()).where(QuotaUse.delivery_id.is_(None))) == 0


def test_slots_ahead_count_before_what_is_due_after_them(world: World) -> None:
    world.branch("第一党支部", 5)
    had(world, 2)
    queued(
        world, {"weekdays": list(range(7)), "time": "08:00", "audience": FIRST, "active": True}, articles=2
    )
    tomorrow = clock.now().replace(hour=0, minute=30) + DAY  # 08:30 in Shanghai
    assert world.push(FIRST, due_at=tomorrow + timedelta(hours=1)).planned == 5, (
        "one slot before it: the fourth is left"
    )
    assert world.push(FIRST, due_at=tomorrow + DAY).planned == 0, "two slots and a reservation before it"
    assert plan_of(world, FIRST).planned == 5, "now comes before all of them but the reservation"


# --- What was confirmed, and what it has become -------------------------------------------------------------------


def test_a_plan_that_is_too_far_from_what_was_confirmed_waits_for_a_person(
    lite_world: World, run_engine: Run
) -> None:
    lite_world.branch("第一党支部", 20)
    push = lite_world.push(FIRST, due_at=clock.now() + timedelta(minutes=5))
    with lite_world.runtime.db.session_scope() as session:
        leavers = lite_world.openids["第一党支部"][:6]
        session.execute(sa.update(Follower).where(Follower.openid.in_(leavers)).values(subscribed=False))
    jump(lite_world, minutes=5)
    run_engine(lite_world)
    shown = wait_status(lite_world, push.id, "held")
    assert "确认时预计 20 人收到，现在是 14 人" in shown["note"]
    assert shown["confirmed"] == {"planned": 20, "skipped": {}}
    assert not lite_world.sandbox.receipts("mass")
    assert "同意" in step(lite_world, push, "release")
    shown = arrives(lite_world, push.id)
    assert (shown["planned"], shown["confirmed"]["planned"]) == (14, 20)
    assert sorted(lite_world.received().values()) == [0] * 6 + [1] * 14


def test_a_few_more_or_less_go_without_asking_again(lite_world: World, run_engine: Run) -> None:
    lite_world.branch("第一党支部", 5)
    push = lite_world.push(FIRST, due_at=clock.now() + timedelta(minutes=5))
    with lite_world.runtime.db.session_scope() as session:
        one = lite_world.openids["第一党支部"][0]
        session.execute(sa.update(Follower).where(Follower.openid == one).values(subscribed=False))
    jump(lite_world, minutes=5)
    run_engine(lite_world)
    shown = arrives(lite_world, push.id)
    assert (shown["planned"], shown["confirmed"]["planned"]) == (4, 5)


def test_another_moment_means_its_own_numbers_and_its_own_quota(world: World) -> None:
    world.branch("第一党支部", 5)
    had(world, 4)
    push = world.push(FIRST, due_at=clock.now() + DAY)
    assert push.planned == 0
    december = clock.now() + 10 * DAY
    assert "预计 5 人收到" in step(world, push, "reschedule", due_at=december)
    with world.runtime.db.read_scope() as session:
        held = session.scalars(sa.select(QuotaUse.period).where(QuotaUse.push_id == push.id).distinct()).all()
    assert held == ["2026-12"]
    with pytest.raises(Refused, match="已经过去"):
        step(world, push, "reschedule", due_at=clock.now() - DAY)
    with pytest.raises(Refused, match="年太远了，最晚可以定在 2027 年 12 月，请检查年份"):
        step(world, push, "reschedule", due_at=clock.now() + 800 * DAY)
    with pytest.raises(Forbidden):
        step(world, push, "reschedule", username="guest", due_at=december)


def test_who_moves_a_push_to_a_day_on_which_fewer_get_it_is_asked_first(world: World) -> None:
    world.branch("第一党支部", 5)
    had(world, 4)
    tomorrow, december = clock.now() + DAY, clock.now() + 10 * DAY
    push = world.push(FIRST, due_at=december)
    with pytest.raises(Refused, match=r"没有人能收到，最近可以改到 12月1日 .*，预计 5 人收到"):
        step(world, push, "reschedule", due_at=tomorrow)
    with world.runtime.db.read_scope() as session:
        stays = session.get_one(Push, push.id)
        assert (stays.due_at, stays.planned) == (push.due_at, 5)
    world.branch("第二党支部", 3)
    wide = world.push("all", due_at=december)
    with pytest.raises(Changed, match="预计只有 3 人收到，原来是 8 人"):
        step(world, wide, "reschedule", due_at=tomorrow)
    with pytest.raises(Changed, match="预计只有 3 人收到"):
        step(world, wide, "reschedule", due_at=tomorrow, fewest=4)
    assert "预计 3 人收到" in step(world, wide, "reschedule", due_at=tomorrow, fewest=3)


def test_an_account_that_sends_once_a_day_is_told_the_next_day_that_is_free(world: World) -> None:
    world.branch("第一党支部", 5)
    settings = other_settings(world, wechat={"account_type": "subscription"})
    due = clock.now() + DAY
    articles = [world.article("第一篇"), world.article("第二篇")]

    def create(article: int, when: datetime) -> Push:
        with world.runtime.db.session_scope() as session:
            return pushes.create(
                session, settings, world.user(session), audience="all", article_ids=[article], due_at=when, at=clock.now()
            ).push  # fmt: skip

    assert create(articles[0], due).planned == 5
    with pytest.raises(
        Refused, match="11月25日已经安排了群发，公众号一天只能群发 1 次，最近可以改到 11月26日"
    ):
        create(articles[1], due + timedelta(hours=2))
    assert create(articles[1], due + DAY).planned == 5


# --- Honest states ------------------------------------------------------------------------------------------------


def test_what_wechat_has_taken_waits_for_its_result_and_offers_no_way_to_stop_it(
    lite_world: World, run_engine: Run
) -> None:
    lite_world.branch("第一党支部", 5)
    push = lite_world.push(FIRST)
    run_engine(lite_world)
    wait_status(lite_world, push.id, "awaiting_result")
    for name in ("pause", "cancel", "resume"):
        with pytest.raises(Conflict, match="等待微信结果"):
            step(lite_world, push, name)
    assert arrives(lite_world, push.id)["delivered"] == 5


# --- The night ----------------------------------------------------------------------------------------------------


def test_at_night_nothing_goes_out_that_does_not_answer_a_person(night: World, run_engine: Run) -> None:
    night.branch("第一党支部", 5)
    article = night.article()
    with night.runtime.db.session_scope() as session:
        made = pushes.create(
            session,
            night.runtime.settings,
            night.user(session),
            audience=FIRST,
            article_ids=[article],
            at=clock.now(),
        )
    assert "现在是免打扰时段（22:00-07:00），将在 11-25 07:00 发送" in "".join(made.notes)
    with night.runtime.db.session_scope() as session:
        session.execute(sa.update(Push).values(due_at=clock.now()))  # as if the hours had been others then
    engine = run_engine(night)
    for _ in range(3):
        engine.tick()
    shown = night.shown(made.push)
    assert (shown["status"], shown["due_at"]) == ("scheduled", "2026-11-25T07:00:00+08:00")
    assert not night.sandbox.receipts("mass")
    jump(night, hours=8.6)  # six past seven
    arrives(night, made.push.id)


def test_what_is_being_sent_when_the_night_begins_goes_on_in_the_morning(
    night: World, run_engine: Run
) -> None:
    night.branch("第一党支部", 5)
    push = night.push(FIRST)
    with night.runtime.db.session_scope() as session:
        session.execute(sa.update(Push).values(status="sending", due_at=clock.now()))
    engine = run_engine(night)
    for _ in range(3):
        engine.tick()
    assert night.shown(push)["deliveries"] == []
    jump(night, hours=9)
    arrives(night, push.id)
    assert set(night.received().values()) == {1}


def test_an_emergency_needs_a_reason_and_a_second_person(night: World, run_engine: Run) -> None:
    night.branch("第一党支部", 5)
    with pytest.raises(Refused, match="请写明为什么不能等"):
        night.push(FIRST, urgent="急")
    push = night.push(FIRST, urgent="今夜暴雨，请低洼处居民转移")
    engine = run_engine(night)
    for _ in range(3):
        engine.tick()
    assert night.shown(push)["status"] == "held"
    with pytest.raises(Forbidden, match="另一位"):
        step(night, push, "release")
    with pytest.raises(Conflict, match="不能改期"):
        step(night, push, "reschedule", due_at=clock.now() + DAY)
    step(night, push, "release", "boss")
    arrives(night, push.id)
    assert set(night.received().values()) == {1}
    eventually(lambda: night.shown(push)["urgent"] == "今夜暴雨，请低洼处居民转移")


def test_by_day_there_is_no_emergency(lite_world: World) -> None:
    lite_world.branch("第一党支部", 5)
    push = lite_world.push(FIRST, urgent="今夜暴雨，请低洼处居民转移")
    assert (push.status, push.urgent) == ("scheduled", "")
