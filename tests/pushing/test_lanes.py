"""Batches of notices: what goes first, what is not called any more, and what a refusal leaves of a batch."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from ground import clock
from localwechat.testing import SandboxControl
from models import Delivery, Push
from scheduler import report, roads
from scheduler.lanes import Lanes
from scheduler.planner import Plan, Route
from tests.fixtures.steps import watched
from tests.world.linked import World, make_world, settings_for
from tests.world.pushes import planned

TEMPLATE = "/cgi-bin/message/template/send"


@pytest.fixture
def world(wechat: SandboxControl, database_url: str, tmp_path: Path) -> Iterator[World]:
    """The world with a template."""
    settings = settings_for(wechat, database_url, str(tmp_path / "var"))
    template_id = wechat.control("templates")[0]["template_id"]
    own = msgspec.structs.replace(settings.wechat, template_id=template_id)
    made = make_world(wechat, msgspec.structs.replace(settings, wechat=own))
    with watched(made.runtime.db):
        yield made
    made.runtime.close()


def notices(world: World, people: int) -> list[int]:
    """The deliveries of a planned notice to so many."""
    openids = world.sandbox.followers(people)
    calls = [roads.Planned([one], "关注者", roads.Target.FOLLOWER, openids=[one]) for one in openids]
    ids = planned(world.runtime, Plan([Route(roads.ROADS["template"], calls)], {}))
    activity = world.activity()
    with world.runtime.db.session_scope() as session:
        session.execute(sa.update(Push).values(kind="activity", activity_id=activity))
    return ids


def lane(world: World) -> None:
    """One lane of the one push, to its end."""
    with world.runtime.db.read_scope() as session:
        push_id = session.scalars(sa.select(Push.id)).one()
    Lanes(world.runtime, threading.Event()).lane(push_id)


def called(world: World) -> list[str]:
    """To whom the local WeChat was asked to send notices, in order."""
    return [one["openid"] for one in world.sandbox.receipts("template")]


def rows(world: World, *columns: Any) -> list[Any]:
    with world.runtime.db.read_scope() as session:
        return list(session.execute(sa.select(*columns).order_by(Delivery.id)).all())


def doubt(world: World, delivery_id: int, minutes: float) -> str:
    """A delivery whose first call left so many minutes ago and was never answered; whom it is for."""
    at = clock.now() - timedelta(minutes=minutes)
    with world.runtime.db.session_scope() as session:
        session.execute(
            sa.update(Delivery)
            .where(Delivery.id == delivery_id)
            .values(status="claimed", called_at=at, attempts=1)
        )
        session.execute(sa.update(Delivery).where(Delivery.id == delivery_id).values(status="unknown"))
        return str(session.scalar(sa.select(Delivery.openid).where(Delivery.id == delivery_id)))


def test_each_of_many_gets_the_notice_once_though_several_lanes_send(world: World) -> None:
    ids = notices(world, 150)
    with world.runtime.db.read_scope() as session:
        push_id = session.scalars(sa.select(Push.id)).one()
    lanes = Lanes(world.runtime, threading.Event())
    threads = [threading.Thread(target=lanes.lane, args=[push_id]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(called(world)) == len(set(called(world))) == len(ids)
    found = rows(world, Delivery.status, Delivery.attempts, Delivery.openids)
    assert {tuple(one) for one in found} == {("accepted", 1, None)}
    numbers = [one.msg_id for one in rows(world, Delivery.msg_id)]
    assert len(set(numbers)) == len(ids)
    assert {str(one["msg_id"]) for one in world.sandbox.receipts("template")} == set(numbers)


def test_what_may_have_been_taken_already_is_repeated_before_anything_new(world: World) -> None:
    ids = notices(world, 60)
    doubtful = doubt(world, ids[-1], minutes=2)
    lane(world)
    assert called(world)[0] == doubtful
    assert len(called(world)) == len(ids)


def test_a_notice_whose_key_may_be_forgotten_is_left_to_a_person(world: World) -> None:
    ids = notices(world, 3)
    forgotten = doubt(world, ids[1], minutes=9)
    lane(world)
    assert forgotten not in called(world)
    assert len(called(world)) == 2
    (found,) = [
        one for one in rows(world, Delivery.id, Delivery.status, Delivery.finished_at) if one.id == ids[1]
    ]
    assert found.status == "unknown"
    assert found.finished_at is not None


def test_what_a_refusal_leaves_of_a_batch_counts_as_never_called(world: World) -> None:
    ids = notices(world, 40)
    world.sandbox.faults({"path": TEMPLATE, "kind": "err:48001", "count": 1})
    lane(world)
    assert called(world) == [], "the next ones would hear the same"
    found = rows(world, Delivery.status, Delivery.called_at)
    assert {tuple(one) for one in found} == {("planned", None)}
    assert sum(one.attempts for one in rows(world, Delivery.attempts)) == 1
    with world.runtime.db.session_scope() as session:
        assert session.scalar(sa.select(Push.status)) == "paused"
        session.execute(sa.update(Push).values(status="sending"))
    lane(world)
    assert sorted(set(called(world))) == sorted(called(world))
    assert len(called(world)) == len(ids)


def test_an_event_that_is_faster_than_its_batch_is_matched_with_it(world: World) -> None:
    ids = notices(world, 5)
    real = roads.attempt
    came: list[str] = []

    def attempt(*arguments: Any) -> Any:
        answer, failure = real(*arguments)
        if answer is not None:
            with world.runtime.db.session_scope() as session:
                report.job_finished(session, "template", answer.msg_id, "success", at=clock.now())
            came.append(answer.msg_id)
        return answer, failure

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("scheduler.lanes.roads.attempt", attempt)
        lane(world)
    assert len(came) == len(ids)
    assert {one.status for one in rows(world, Delivery.status)} == {"delivered"}
