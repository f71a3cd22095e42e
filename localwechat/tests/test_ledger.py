"""Who has had how many mass messages, and which keys are taken: whatever the clock does."""

from __future__ import annotations

import pytest

from localwechat.testing import SandboxError
from localwechat.tests.receiver import Receiver
from localwechat.tests.world import World


def reached(world: World, msg_id: int) -> int:
    """How many a finished job reached."""
    job = world.sandbox.wait_for(
        lambda: next(
            (j for j in world.sandbox.control("mass") if j["msg_id"] == msg_id and j["status"] == "done"),
            None,
        )
    )
    return int(job["sent"])


def test_a_month_keeps_its_count_while_the_clock_goes_to_the_next_and_back(world: World) -> None:
    people = world.sandbox.followers(2)
    counts = []
    for at in ("03-02T10", "03-03T10", "03-04T10", "03-05T10", "03-06T10", "04-01T10", "03-07T10"):
        world.sandbox.clock(at=f"2026-{at}:00:00+08:00")
        counts.append(reached(world, world.send_list(people)["msg_id"]))
    assert counts == [2, 2, 2, 2, 0, 2, 0]


def test_a_key_that_was_taken_later_than_the_clock_shows_is_taken(world: World) -> None:
    people, media_id = world.sandbox.followers(2), world.draft()
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    first = world.send_list(people, "k", media_id)
    world.sandbox.clock(at="2026-03-05T07:00:00+08:00")
    again = world.send_list(people, "k", media_id)
    assert (again["errcode"], again["msg_id"]) == (45065, first["msg_id"])


def test_the_order_of_the_openids_makes_no_other_key(world: World) -> None:
    people, media_id = world.sandbox.followers(3), world.draft()
    world.send_list(people, media_id=media_id)
    assert world.send_list(people[::-1], media_id=media_id)["errcode"] in (45065, 45066)


def test_a_send_by_hand_uses_the_same_quota_and_is_unknown_to_the_api(
    world: World, receiver: Receiver
) -> None:
    world.sandbox.followers(3)
    number = world.sandbox.control("mass", {"text": "节日快乐"})["msg_id"]
    assert reached(world, number) == 3
    assert world.send_all()["errcode"] == 45028
    assert world.api("/cgi-bin/message/mass/get", {"msg_id": number})["errcode"] == 40059
    world.sandbox.wait_for(lambda: [m for m in receiver.messages if m.event == "masssendjobfinish"])
    with pytest.raises(SandboxError):
        world.sandbox.control("mass", {"text": "再来一次"})


def test_new_people_follow_by_habit(world: World, receiver: Receiver) -> None:
    world.sandbox.clock(at="2026-03-05T10:00:00+08:00")
    world.sandbox.habits(follow=1.0, within_s=60)
    people = world.sandbox.followers(4)
    world.send_list(people)
    world.sandbox.wait_for(lambda: world.sandbox.receipt_count("mass") == 4)
    world.sandbox.clock(at="2026-03-05T10:02:00+08:00")
    world.sandbox.wait_for(lambda: len([m for m in receiver.messages if m.event == "subscribe"]) == 4)
    assert world.api("/cgi-bin/user/get")["total"] == 8
