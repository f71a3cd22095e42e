"""How a push stands: since when, and whether WeChat waits for the administrator (群发保护)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import sqlalchemy as sa

from ground import clock
from models import Push, QuotaUse
from scheduler import pushes, resending, standing
from scheduler.engine import Engine
from tests.world.linked import World, jump, wait_status

SENDALL = "/cgi-bin/message/mass/sendall"

Run = Callable[[World], Engine]
Until = Callable[[World, int, str], dict[str, Any]]


def asked(world: World, push: Push) -> standing.Confirming | None:
    """Whether the administrator is waited for."""
    limits = world.runtime.settings.wechat.limits
    with world.runtime.db.read_scope() as session:
        return standing.confirming(session, pushes.get(session, push.id), limits, at=clock.now())


def since(world: World, push: Push) -> str:
    """The moment from which it stands as it does, to the minute."""
    with world.runtime.db.read_scope() as session:
        return f"{standing.since(session, pushes.get(session, push.id)):%H:%M}"


def protected(world: World, run_engine: Run) -> Push:
    """A push to all that waits for the administrator."""
    world.branch("第一党支部", 4)
    world.sandbox.account(protection=True)
    run_engine(world)
    push = world.push("all")
    wait_status(world, push.id, "awaiting_result")
    return push


def test_a_send_to_all_may_wait_for_the_administrator_and_says_until_when(
    lite_world: World, run_engine: Run
) -> None:
    push = protected(lite_world, run_engine)
    first = asked(lite_world, push)
    assert first is not None
    assert (first.sure, first.likely) == (False, False)
    assert timedelta(minutes=29) < first.until - clock.now() <= timedelta(minutes=30)
    jump(lite_world, minutes=11)
    later = asked(lite_world, push)
    assert later is not None
    assert later.likely
    (waiting,) = lite_world.sandbox.control("protection")
    lite_world.sandbox.protection(waiting["msg_id"], "confirm")
    lite_world.sandbox.wait_for(lambda: len(lite_world.sandbox.receipts("mass")) == 4)
    jump(lite_world, minutes=6)  # asked any earlier, WeChat would say that it is still sending
    assert wait_status(lite_world, push.id, "sent")["delivered"] == 4
    assert asked(lite_world, push) is None


def test_where_the_administrator_stays_silent_it_fails_gives_its_quota_back_and_can_be_sent_again(
    lite_world: World, run_engine: Run
) -> None:
    push = protected(lite_world, run_engine)
    jump(lite_world, minutes=31)
    assert asked(lite_world, push) is None
    jump(lite_world, minutes=6)
    assert wait_status(lite_world, push.id, "failed")["failed"] == 4
    assert not lite_world.sandbox.receipts("mass")
    with lite_world.runtime.db.read_scope() as session:
        states = set(session.scalars(sa.select(QuotaUse.state)))
        offer = resending.offer(session, pushes.get(session, push.id), at=clock.now())
    assert states == {"released"}
    assert offer is not None
    assert (offer.audience, offer.people) == (f"failed:{push.id}", 4)


def test_a_list_waits_for_nobody_and_what_wechat_says_is_certain(
    lite_world: World, run_engine: Run, until: Until
) -> None:
    lite_world.branch("第一党支部", 4, tagged=False)
    run_engine(lite_world)
    listed = lite_world.push("branch:第一党支部")
    wait_status(lite_world, listed.id, "awaiting_result")
    assert asked(lite_world, listed) is None
    lite_world.sandbox.faults({"path": SENDALL, "kind": "err:89504", "count": 1})
    said = lite_world.push("all")
    until(lite_world, said.id, "unknown")
    told = asked(lite_world, said)
    assert told is not None
    assert told.sure


def test_a_push_says_since_when_it_stands_as_it_does(lite_world: World, run_engine: Run) -> None:
    lite_world.branch("第一党支部", 4)
    push = lite_world.push("all", due_at=clock.now() + timedelta(hours=3))
    assert since(lite_world, push) == "02:00"
    jump(lite_world, hours=1)
    with lite_world.runtime.db.session_scope() as session:
        pushes.pause(session, pushes.get(session, push.id), lite_world.user(session), at=clock.now())
    assert since(lite_world, push) == "03:00"
    jump(lite_world, hours=1)
    with lite_world.runtime.db.session_scope() as session:
        pushes.resume(session, pushes.get(session, push.id), lite_world.user(session), at=clock.now())
    assert since(lite_world, push) == "04:00"
    jump(lite_world, hours=1, minutes=1)
    run_engine(lite_world)
    wait_status(lite_world, push.id, "awaiting_result")
    assert since(lite_world, push) == "05:01"
    jump(lite_world, minutes=7)
    wait_status(lite_world, push.id, "sent")
    assert since(lite_world, push) == "05:08"
