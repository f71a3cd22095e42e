"""发布（不群发）: an article lies at WeChat and in its column, nobody gets a message, and no quota is used."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import sqlalchemy as sa

from content import corrections, finding
from ground import clock
from ground.errors import Refused
from models import QuotaUse, Removal
from scheduler import removing, twice
from scheduler.engine import Engine
from tests.fixtures.processes import eventually
from tests.pushing.test_removing import retract
from tests.world.linked import World, jump, wait_status

Run = Callable[[World], Engine]


def published(world: World, run_engine: Run) -> int:
    """An article that was published without a message."""
    world.branch("第一党支部", 3)
    run_engine(world)
    article = world.article("楼道里的灯修好了")
    push = world.push("all", article, road="publish")
    assert push.planned == 0
    wait_status(world, push.id, "awaiting_result")
    jump(world, minutes=world.runtime.settings.wechat.limits.mass_result_minutes + 1)
    wait_status(world, push.id, "sent")
    return article


def test_it_is_out_and_nobody_heard_of_it(world: World, run_engine: Run) -> None:
    article = published(world, run_engine)
    assert not world.sandbox.receipts("mass")
    with world.runtime.db.read_scope() as session:
        assert finding.get(session, article).status == "published"
        assert session.scalar(sa.select(sa.func.count(QuotaUse.id))) == 0
        everyone = world.openids["第一党支部"]
        assert twice.reached(session, [article], everyone, at=clock.now()) == set()
    later = world.push("all", article)
    wait_status(world, later.id, "awaiting_result")
    assert set(world.received().values()) == {1}


def test_what_was_published_is_deleted_at_wechat_when_it_is_taken_back(
    lite_world: World, run_engine: Run
) -> None:
    article = published(lite_world, run_engine)
    retract(lite_world, article)
    removing.work(lite_world.runtime.db, lite_world.runtime.client)

    def states() -> list[str]:
        with lite_world.runtime.db.read_scope() as session:
            return list(session.scalars(sa.select(Removal.status)))

    eventually(lambda: states() == ["done"])
    assert "/cgi-bin/freepublish/delete" in str(lite_world.sandbox.log("api"))
    with lite_world.runtime.db.read_scope() as session:
        assert corrections.told(session, article)


def test_it_goes_by_no_other_road_beside(lite_world: World) -> None:
    with pytest.raises(Refused, match="不能和其他渠道一起选"):
        lite_world.push("all", road="mass,publish")
