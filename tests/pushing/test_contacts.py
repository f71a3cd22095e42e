"""How often people are contacted: what is said before it is agreed to, and who hears of an activity how often."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa

from ground import clock
from ground.errors import Refused
from models import AuditEntry, Branch, Delivery, Push, User
from scheduler import audience, planner, pushes, reaching, roads
from settings import Settings
from tests.pushing.test_planning import other_settings
from tests.pushing.test_plans_that_hold import had
from tests.world.linked import World

FIRST = "branch:第一党支部"


def told(world: World, openids: Sequence[str], *, activity: int | None = None, by: str = "editor") -> int:
    """A notice went to these; the push."""
    now = clock.now()
    with world.runtime.db.session_scope() as session:
        push = Push(
            kind="activity", audience="all", due_at=now, created_by=world.user(session, by).id, created_at=now, skipped={},
            activity_id=activity, status="sent",
        )  # fmt: skip
        session.add(push)
        session.flush()
        sent = {"push_id": push.id, "road": "template", "status": "delivered", "due_at": now, "recipients": 1}
        rows = [{**sent, "key": f"n{push.id}-{number}", "openid": one} for number, one in enumerate(openids)]
        session.execute(sa.insert(Delivery), rows)
        return push.id


def decide(world: World, settings: Settings, **more: Any) -> pushes.Created:
    """A push of a new article to the first branch."""
    article = world.article()
    with world.runtime.db.session_scope() as session:
        return pushes.create(
            session,
            settings,
            world.user(session),
            audience=FIRST,
            article_ids=[article],
            **more,
            at=clock.now(),
        )


def test_people_who_are_contacted_often_are_counted_by_whom_and_need_a_reason(world: World) -> None:
    world.branch("第一党支部", 5)
    settings = other_settings(world, limits={"contacts_per_month": 3})
    with world.runtime.db.session_scope() as session:
        branch = session.scalars(sa.select(Branch.id)).one()
        now = clock.now()
        session.add(
            User(username="shuji", password_hash="-", role="secretary", branch_id=branch, created_at=now)
        )
    two = world.openids["第一党支部"][:2]
    had(world, 1)
    told(world, two)
    assert decide(world, settings).notes == ()
    told(world, two, by="shuji")
    for reason in ("", "要紧"):
        with pytest.raises(Refused) as refused:
            decide(world, settings, often=reason)
        said = refused.value.message
        assert "其中 2 人本月已收到 3 次以上推送和通知" in said
        assert "街道社区办公室 6 人次、第一党支部 2 人次" in said
        assert "请写明仍要联系的理由" in said
        assert not any(openid in said for openid in two)
    made = decide(world, settings, often="换届选举的正式公告")
    assert made.push.often == "换届选举的正式公告"
    with world.runtime.db.read_scope() as session:
        entry = session.scalars(sa.select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
        assert entry.detail["often"] == "换届选举的正式公告"


def test_who_is_not_of_the_audience_asks_for_no_reason(lite_world: World) -> None:
    lite_world.branch("第一党支部", 3)
    lite_world.branch("第二党支部", 3)
    settings = other_settings(lite_world, limits={"contacts_per_month": 1})
    told(lite_world, lite_world.openids["第二党支部"])
    assert decide(lite_world, settings).push.often == ""


def test_the_last_message_of_the_month_is_said_before_it_is_spent(world: World) -> None:
    world.branch("第一党支部", 4)
    had(world, 2)
    assert decide(world, world.runtime.settings).notes == ()
    assert decide(world, world.runtime.settings).notes == ("其中 4 人这是本月最后一条群发",)


def test_nobody_hears_of_an_activity_a_third_time(world: World) -> None:
    world.branch("第一党支部", 4)
    activity, people = world.activity(), world.openids["第一党支部"]
    told(world, people[:3], activity=activity)
    told(world, people[:1], activity=activity)
    settings = world.runtime.settings
    with world.runtime.db.read_scope() as session:
        made = planner.plan(
            session, settings, audience=audience.parse(session, f"activity:{activity}", at=clock.now()),
            by=[roads.of("template")], columns=set(), moment=clock.now(), activity_id=activity, at=clock.now(),
        )  # fmt: skip
        reached = reaching.reached(session, settings, made, clock.now(), at=clock.now())
    assert made.skipped == {"told": 1}
    assert sorted(one for call in made.deliveries for one in call.people) == sorted(people[1:])
    assert reached.said == ["其中 2 人已经收到过这次活动的通知，这次作为提醒"]
