"""How fast a push goes, and how long it still takes."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

import runtime as parts
from app import create_app
from ground import clock
from models import Delivery, Push
from runtime import Runtime
from scheduler import progress, roads
from scheduler.life import PUSH
from scheduler.planner import Plan, Route
from tests.fixtures.configuration import make_settings
from tests.world import pushes


def going(runtime: Runtime, people: int) -> tuple[list[int], datetime]:
    """A push of so many calls to one person each that has begun ten minutes ago; its deliveries, and the moment."""
    calls = [roads.Planned([f"o{n}"], "关注者", roads.Target.FOLLOWER) for n in range(people)]
    ids = pushes.planned(runtime, Plan([Route(roads.ROADS["template"], calls)], {}))
    with runtime.db.session_scope() as session:
        push = session.scalars(sa.select(Push)).one()
        at = push.due_at
        push.started_at, push.planned = at - timedelta(minutes=10), people
    return ids, at


def taken(runtime: Runtime, ids: list[int], at: datetime) -> None:
    with runtime.db.session_scope() as session:
        session.execute(
            sa.update(Delivery).where(Delivery.id.in_(ids)).values(status="accepted", accepted_at=at)
        )


def look(runtime: Runtime, at: datetime, **of_push: object) -> progress.Progress:
    with runtime.db.session_scope() as session:
        push = session.scalars(sa.select(Push)).one()
        for name, value in of_push.items():
            setattr(push, name, value)
        session.flush()
        return progress.of(session, push, at=at)


@pytest.fixture
def runtime(database_url: str) -> Runtime:
    return parts.build(make_settings(database={"url": database_url}))


def test_the_rate_is_that_of_the_last_minute_and_says_how_long_it_still_takes(runtime: Runtime) -> None:
    ids, at = going(runtime, 100)
    taken(runtime, ids[:10], at - timedelta(minutes=5))
    taken(runtime, ids[10:40], at - timedelta(seconds=30))
    with runtime.db.session_scope() as session:
        session.execute(
            sa.update(Delivery).where(Delivery.id == ids[99]).values(status="failed", finished_at=at)
        )
    how = look(runtime, at)
    assert (how.accepted, how.total, how.left) == (40, 100, 59)
    assert (how.per_second, how.seconds_left) == (0.5, 118)
    assert how.said == "微信已受理 40／100 人，最近一分钟平均每秒 0.5 人，还要约 2 分钟"
    runtime.close()


def test_a_push_that_began_seconds_ago_is_not_slow_for_it(runtime: Runtime) -> None:
    ids, at = going(runtime, 100)
    taken(runtime, ids[:20], at - timedelta(seconds=1))
    how = look(runtime, at, started_at=at - timedelta(seconds=2))
    assert (how.per_second, how.seconds_left) == (10.0, 8)
    runtime.close()


def test_no_time_is_promised_where_nothing_goes_on(runtime: Runtime) -> None:
    ids, at = going(runtime, 10)
    assert look(runtime, at).seconds_left is None
    taken(runtime, ids[:5], at)
    assert look(runtime, at, status="paused").seconds_left is None
    assert look(runtime, at).said == "微信已受理 5／10 人"
    assert look(runtime, at, started_at=at).seconds_left is None
    waiting = look(runtime, at, planned_at=None, status="scheduled")
    assert (waiting.total, waiting.left, waiting.seconds_left) == (10, 10, None)
    runtime.close()


def test_the_command_line_shows_it_and_watches_until_it_is_over(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids, _ = going(runtime, 40)
    now = clock.now()
    look(runtime, now, started_at=now - timedelta(minutes=10))
    taken(runtime, ids[:10], now)
    with runtime.db.read_scope() as session:
        push_id = str(session.scalars(sa.select(Push.id)).one())
    runner = create_app(runtime.settings).test_cli_runner()
    first = "微信已受理 10／40 人，最近一分钟平均每秒 0.2 人，还要约 3 分钟"
    assert first in runner.invoke(args=["push", "show", push_id]).output

    def meanwhile(_: float) -> None:
        taken(runtime, ids, now)
        look(runtime, now, status="sent")

    monkeypatch.setattr("cli.push.time.sleep", meanwhile)
    watched = runner.invoke(args=["push", "watch", push_id])
    over = f"{PUSH.label('sent')}，微信已受理 40／40 人"
    assert (watched.exit_code, watched.output.splitlines()) == (
        0,
        [f"{PUSH.label('sending')}，{first}", over],
    )
    runtime.close()
