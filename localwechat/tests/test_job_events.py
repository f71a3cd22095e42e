"""The events by which publishing, templates and notices tell of their end, as the rules of job_finish want them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from localwechat.tests.receiver import Receiver
from localwechat.tests.world import World

Start = Callable[[World], Any]


def publish(world: World) -> Any:
    return world.api("/cgi-bin/freepublish/submit", {"media_id": world.draft()})


def template(world: World) -> Any:
    return world.template(world.sandbox.followers(1)[0])


def notice(world: World) -> Any:
    (openid,) = world.sandbox.followers(1)
    world.sandbox.act(openid, "consent", template_id="SANDBOX_NOTICE_ACTIVITY")
    return world.notice(openid)


JOBS: list[tuple[Start, str]] = [
    (publish, "PUBLISHJOBFINISH"),
    (template, "TEMPLATESENDJOBFINISH"),
    (notice, "subscribe_msg_sent_event"),
]


def seen(world: World, event: str) -> list[dict[str, Any]]:
    """The deliveries of an event that have been answered."""
    return [entry for entry in world.sandbox.log("callback") if entry["event"] == event]


@pytest.mark.parametrize(("start", "event"), JOBS)
def test_an_event_may_come_twice(world: World, receiver: Receiver, start: Start, event: str) -> None:
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    world.sandbox.faults({"job_finish": "twice"})
    assert start(world)["errcode"] == 0
    world.sandbox.wait_for(lambda: seen(world, event))
    world.sandbox.clock(at="2026-03-05T10:00:10+08:00")
    world.sandbox.wait_for(lambda: len(seen(world, event)) == 2)


@pytest.mark.parametrize(("start", "event"), JOBS)
def test_an_event_may_be_late_by_the_clock(
    world: World, receiver: Receiver, start: Start, event: str
) -> None:
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    world.sandbox.faults({"job_finish": "late:900"})
    start(world)
    world.sandbox.clock(at="2026-03-05T10:14:00+08:00")
    world.sandbox.clock(speed=1)
    assert seen(world, event) == []
    world.sandbox.wait_for(lambda: world.sandbox.control("state")["counts"]["jobs"] == 1)
    world.sandbox.clock(at="2026-03-05T10:30:00+08:00")
    world.sandbox.wait_for(lambda: len(seen(world, event)) == 1)


@pytest.mark.parametrize(("start", "event"), JOBS)
def test_an_event_may_be_lost(world: World, receiver: Receiver, start: Start, event: str) -> None:
    world.sandbox.faults({"job_finish": "never"})
    start(world)
    world.sandbox.wait_for(lambda: world.sandbox.control("state")["counts"]["jobs"] == 0)
    start(world)  # the rule is used up: this one tells
    world.sandbox.wait_for(lambda: seen(world, event))
    assert len(seen(world, event)) == 1


@pytest.mark.parametrize(("start", "event"), JOBS[:2])
def test_an_event_may_come_before_the_answer(
    world: World, receiver: Receiver, start: Start, event: str
) -> None:
    world.sandbox.faults({"job_finish": "early"})
    assert start(world)["errcode"] == 0
    assert len(seen(world, event)) == 1


def test_publishing_may_fail_without_a_word(world: World, receiver: Receiver) -> None:
    world.sandbox.faults({"job_finish": "fail_silent"})
    number = publish(world)["publish_id"]

    def status() -> int:
        return int(world.api("/cgi-bin/freepublish/get", {"publish_id": number})["publish_status"])

    world.sandbox.wait_for(lambda: status() == 3)
    assert seen(world, "PUBLISHJOBFINISH") == []


def test_a_rule_may_be_for_one_kind_of_job_only(world: World, receiver: Receiver) -> None:
    world.sandbox.faults({"job_finish": "never", "only": "mass"})
    template(world)
    world.sandbox.wait_for(lambda: seen(world, "TEMPLATESENDJOBFINISH"))
    assert len(world.sandbox.control("faults")) == 1
