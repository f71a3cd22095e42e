"""What was decided for a place or a column goes to the same people when its name changes before it is due."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from content import columns
from ground import clock
from models import Branch, Column
from scheduler import audience, pushes
from scheduler.audience import keeping
from scheduler.engine import Engine
from tests.fixtures.processes import eventually
from tests.world.linked import World, jump, wait_status

Run = Callable[[World], Engine]


def rename(world: World) -> None:
    """The branch and the column get other names, and another branch gets the branch's."""
    world.branch("第二党支部", 3)
    with world.runtime.db.session_scope() as session:
        for old, new in (("第一党支部", "湖畔党支部"), ("第二党支部", "第一党支部")):
            session.execute(sa.update(Branch).where(Branch.name == old).values(name=new, short_name=""))
        session.execute(sa.update(Column).where(Column.name == "学习园地").values(name="书香园地"))


def test_a_scheduled_push_reaches_those_whom_it_was_decided_for(world: World, run_engine: Run) -> None:
    world.branch("第一党支部", 4)
    due = clock.now() + timedelta(hours=2)
    push = world.push("branch:第一党支部 within column:学习园地", due_at=due)
    rename(world)
    with world.runtime.db.session_scope() as session:
        found = pushes.get(session, push.id)
        said = pushes.reschedule(
            session, world.runtime.settings, found, world.user(session), due_at=due, at=clock.now()
        )
        assert "预计 4 人收到" in said
        assert found.audience == "branch:湖畔党支部 within column:书香园地"
    jump(world, hours=2, seconds=1)
    run_engine(world)
    wait_status(world, push.id, "awaiting_result", "sent")
    assert set(world.received("第一党支部").values()) == {1}
    assert set(world.received("第二党支部").values()) == {0}


def test_a_saved_audience_and_a_slot_mean_whom_they_meant(world: World, run_engine: Run) -> None:
    world.branch("第一党支部", 4)
    with world.runtime.db.session_scope() as session:
        user, now = world.user(session, "boss"), clock.now()
        keeping.save(session, user, "骨干", "branch:第一党支部", at=now)
        column = columns.by_key(session, "study")
        text = "branch:第一党支部"
        meant = audience.parse(session, text, at=now).meant
        slot = {"weekdays": list(range(7)), "time": "11:00", "audience": text, "meant": meant, "active": True}
        columns.change(
            session, user, column, name=column.name, description="", active=True, slots=[slot], at=now
        )
    rename(world)
    with world.runtime.db.read_scope() as session:
        chosen = audience.parse(session, "saved:骨干", at=clock.now())
        people = {person.openid for person in audience.people(session, chosen)}
    assert people == set(world.openids["第一党支部"])
    world.article(status="queued")
    jump(world, hours=1, seconds=1)
    run_engine(world)
    eventually(lambda: set(world.received("第一党支部").values()) == {1}, timeout_s=30)
    assert set(world.received("第一党支部").values()) == {1}
    assert set(world.received("第二党支部").values()) == {0}
