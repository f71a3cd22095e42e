"""Slots: several articles at once, nothing for what came later, and what was missed waits for a person."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import sqlalchemy as sa

from content import columns
from ground import clock
from models import Article, InstanceLease, Push, PushArticle, YearState
from scheduler import instance
from scheduler.engine import Engine
from tests.fixtures.processes import eventually
from tests.pushing.test_plans_that_hold import DAY, FIRST, night, step
from tests.world.linked import World, jump, wait_status
from workdays import Holiday, keeping

__all__ = ["night"]  # a fixture of theirs
Run = Callable[[World], Engine]


def slotted(world: World, **slot: Any) -> None:
    """学习园地 has this slot, of every day at eleven unless it says otherwise."""
    with world.runtime.db.session_scope() as session:
        column = columns.by_key(session, "study")
        whole = {"weekdays": list(range(7)), "time": "11:00", "audience": FIRST, **slot}
        columns.change(
            session, world.user(session, "boss"), column, name=column.name, description="", active=True,
            slots=[whole], at=clock.now(),
        )  # fmt: skip


def made(world: World) -> list[tuple[str, list[str]]]:
    """Status and titles of every push."""
    with world.runtime.db.read_scope() as session:
        lines = sa.select(Article.title).join(PushArticle, PushArticle.article_id == Article.id)
        return [
            (
                push.status,
                list(
                    session.scalars(
                        lines.where(PushArticle.push_id == push.id).order_by(PushArticle.position)
                    )
                ),
            )
            for push in session.scalars(sa.select(Push).order_by(Push.due_at, Push.id))
        ]


def served(world: World, engine: Engine) -> None:
    """Tick until a push was made: one tick of ours may fall into one of the engine's own, and does nothing then."""

    def there() -> bool:
        engine.tick()
        return bool(made(world))

    eventually(there, timeout_s=30, message="the slot took nothing")


def waiting(world: World) -> list[str]:
    with world.runtime.db.read_scope() as session:
        queued = sa.select(Article.title).where(Article.status == "queued").order_by(Article.queue_position)
        return list(session.scalars(queued))


def test_a_slot_takes_as_many_as_it_may_in_their_order_in_one_message(world: World, run_engine: Run) -> None:
    world.branch("第一党支部", 3)
    slotted(world, most=3)
    for title in ("甲稿", "乙稿", "丙稿", "丁稿"):
        world.article(title, status="queued")
    jump(world, hours=1, seconds=2)
    served(world, run_engine(world))
    with world.runtime.db.read_scope() as session:
        push = session.scalars(sa.select(Push)).one()
    wait_status(world, push.id, "awaiting_result", "sent")
    assert [titles for _, titles in made(world)] == [["甲稿", "乙稿", "丙稿"]]
    assert waiting(world) == ["丁稿"]
    assert set(world.received().values()) == {1}


def test_a_slot_that_nobody_served_is_missed_and_a_person_sends_it(
    lite_world: World, run_engine: Run
) -> None:
    lite_world.branch("第一党支部", 3)
    slotted(lite_world)
    lite_world.article("甲稿", status="queued")
    lite_world.article("乙稿", status="queued")
    jump(lite_world, hours=26)  # the server was off for a whole day, and over two slots
    lite_world.article("丙稿", status="queued")  # came too late for both
    engine = run_engine(lite_world)
    for _ in range(3):
        engine.tick()
    assert made(lite_world) == [("missed", ["甲稿"]), ("missed", ["乙稿"])]
    assert waiting(lite_world) == ["丙稿"]
    assert not lite_world.sandbox.receipts("mass")
    with lite_world.runtime.db.read_scope() as session:
        first, second = session.scalars(sa.select(Push).order_by(Push.due_at))
    step(lite_world, first, "resume")
    wait_status(lite_world, first.id, "awaiting_result", "sent")
    assert "已改到" in step(lite_world, second, "reschedule", due_at=clock.now() + DAY)
    assert made(lite_world)[1] == ("scheduled", ["乙稿"])


def test_a_slot_that_was_set_after_its_moment_waits_for_the_next(lite_world: World, run_engine: Run) -> None:
    lite_world.branch("第一党支部", 3)
    lite_world.article("甲稿", status="queued")
    slotted(lite_world, time="09:50")  # it is past ten
    engine = run_engine(lite_world)
    for _ in range(3):
        engine.tick()
    assert made(lite_world) == []
    slotted(lite_world, time="09:50", most=2)  # what it takes is no other moment
    jump(lite_world, hours=23, minutes=55)
    served(lite_world, engine)
    assert [titles for _, titles in made(lite_world)] == [["甲稿"]]


def test_what_was_missed_by_day_is_not_put_off_to_the_morning_by_the_night(
    night: World, run_engine: Run
) -> None:
    night.branch("第一党支部", 3)
    push = night.push(FIRST)
    with night.runtime.db.session_scope() as session:
        session.execute(sa.update(Push).values(due_at=clock.now() - timedelta(hours=4)))
    run_engine(night)
    assert "没有自动发送" in wait_status(night, push.id, "missed")["note"]


def test_what_another_server_may_have_sent_before_this_one_took_over_is_not_missed(
    lite_world: World, run_engine: Run
) -> None:
    lite_world.branch("第一党支部", 3)
    slotted(lite_world)
    lite_world.article("甲稿", status="queued")
    late = lite_world.push(FIRST, lite_world.article("乙稿"), due_at=clock.now() + timedelta(hours=1))
    with lite_world.runtime.db.session_scope() as session:
        session.add(InstanceLease(id=1, fingerprint="restored"))
    jump(lite_world, hours=26)  # the former server went on for a day after the backup
    with lite_world.runtime.db.session_scope() as session:
        boss = lite_world.user(session, "boss")
        instance.confirm(session, lite_world.runtime.settings, boss, clock.now())
    engine = run_engine(lite_world)
    for _ in range(3):
        engine.tick()
    assert waiting(lite_world) == ["甲稿"]
    assert "可能已由原服务器发出" in wait_status(lite_world, late.id, "missed")["note"]
    assert made(lite_world) == [("missed", ["乙稿"])]


def test_days_that_are_entered_afterwards_make_no_moment_that_was_missed(
    lite_world: World, run_engine: Run
) -> None:
    def enter(*holidays: Holiday) -> None:
        with lite_world.runtime.db.session_scope() as session:
            boss = lite_world.user(session, "boss")
            keeping.replace(session, boss, 2026, holidays, YearState.PROVISIONAL, at=clock.now())

    lite_world.branch("第一党支部", 3)
    wednesday, saturday = date(2026, 11, 25), date(2026, 11, 28)
    enter(Holiday("调休", (wednesday,)))
    slotted(lite_world, weekdays=[wednesday.weekday()], rests=True, made_up=True)
    lite_world.article("甲稿", status="queued")
    lite_world.sandbox.clock(at="2026-11-28T12:00:00+08:00")
    clock.sync()
    enter(Holiday("调休", (date(2026, 11, 27),), (saturday,)))  # worked on Wednesday after all, and today
    engine = run_engine(lite_world)
    for _ in range(3):
        engine.tick()
    assert (made(lite_world), waiting(lite_world)) == ([], ["甲稿"])
    jump(lite_world, hours=95, seconds=2)
    served(lite_world, engine)
    assert [titles for _, titles in made(lite_world)] == [["甲稿"]]
