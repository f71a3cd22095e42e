"""Several roads share one push, some of them to groups: by roads of a test, as those of the product come from other folders."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType

import pytest
import sqlalchemy as sa

from app import create_app
from ground import clock
from models import ChatGroup, Member
from scheduler import marks, pushes, reaching, shares
from scheduler.engine import Engine
from tests.fixtures.processes import eventually
from tests.fixtures.roads import folders
from tests.pushing.test_windows import BRANCH, HERE, by_road, plan, wrote
from tests.world import accounts
from tests.world.linked import World, jump, wait_status

Run = Callable[[World], Engine]

HORN = '''
"""大喇叭: speaks in groups that have a robot."""

from scheduler.roads.base import Answer, Content, Planned, Road, Routed, Target

SENT = []


class HornRoad(Road):
    name = "horn"
    title = "大喇叭"
    order = 50
    carries = frozenset({Content.ARTICLES})
    serial = False
    reports = False
    links = True

    def targets(self, settings):
        return frozenset({Target.GROUP})

    def plan(self, picture):
        return Routed([
            Planned((), chat.label, Target.GROUP, chat.id, branch_id=chat.branch_id)
            for chat in picture.chats if chat.robot
        ])

    def send(self, client, call):
        SENT.append((call.target_id, call.cards[0].url))
        return Answer("")


ROAD = HornRoad()
'''
COURIER = (
    HORN.replace("HornRoad", "CourierRoad").replace('"horn"', '"courier"').replace("大喇叭", "转交包")
    .replace("Target.GROUP", "Target.FORWARDER").replace("if chat.robot", "if chat.forwarder").replace("order = 50", "order = 60")
    .replace("    links = True", "    links = True\n    fills = True")
)  # fmt: skip


@pytest.fixture
def by_hand(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[ModuleType]]:
    with folders(tmp_path / "roads", monkeypatch, horn=HORN, courier=COURIER) as modules:
        yield modules


def groups(world: World, branch: str, *names: str, robot: bool = False) -> None:
    """Groups of a branch, with a robot or with its first member as the one who passes things on."""
    with world.runtime.db.session_scope() as session:
        somebody = session.scalars(sa.select(Member).order_by(Member.id)).all()
        of = [one for one in somebody if one.branch.name == branch]
        for name in names:
            session.add(
                ChatGroup(
                    branch_id=of[0].branch_id, name=name, kind="wecom" if robot else "wechat", robot_hint="abcd" if robot else "",
                    forwarder_id=None if robot else of[0].id, created_by=accounts.someone(session).id, created_at=clock.now(),
                )
            )  # fmt: skip


def test_one_article_to_one_branch_by_mass_and_to_its_groups_agrees_in_all_numbers(
    lite_named: World, run_engine: Run, by_hand: list[ModuleType]
) -> None:
    world, (horn, courier) = lite_named, by_hand
    world.branch(BRANCH, 6, others=3)
    world.branch("第二党支部", 2)
    groups(world, BRANCH, "支部群", robot=True)
    groups(world, BRANCH, "学习群", "老党员群")
    groups(world, "第二党支部", "别的群")
    made = plan(world, "mass+horn+courier")
    assert (made.planned, made.groups, made.unit) == (6, 3, shares.PEOPLE)
    assert made.said == "6 人用群发，另用大喇叭发 1 个群，另用转交包发 2 个群"
    with world.runtime.db.read_scope() as session:
        told = reaching.reached(
            session, world.runtime.settings, made, clock.now(), article_ids=[1], at=clock.now()
        )
    assert told.said == ["其中 6 人单独收到，在群里还会看到一遍"]

    run_engine(world)
    article = world.article("秋季植树")
    push = world.push(HERE, article, road="mass+horn+courier")
    shown = wait_status(world, push.id, "awaiting_result")
    assert {one["road"]: (one["planned"], one["unit"], one["accepted"]) for one in shown["roads"]} == {
        "mass": (6, "人", 6), "horn": (1, "个群", 1), "courier": (2, "个群", 2),
    }  # fmt: skip
    assert (shown["planned"], shown["accepted"], shown["calls"]) == (6, 6, 4)
    assert set(world.received(BRANCH).values()) == {1}
    assert (len(horn.SENT), len(courier.SENT)) == (1, 2)
    assert len({target for target, _ in (*horn.SENT, *courier.SENT)}) == 3, "no group has it twice"
    for _, url in (*horn.SENT, *courier.SENT):
        mark = marks.read(re.search(r"\?f=(.+)$", url)[1])  # type: ignore[index]
        assert mark is not None
        assert (mark.push_id, mark.branch_id is not None) == (push.id, True)

    again = plan(world, "horn+courier")
    assert (again.planned, again.unit, again.said) == (3, shares.GROUPS, "1 个群用大喇叭，2 个群用转交包")
    assert again.skipped == {}, "nobody is left out of a group by name"
    with world.runtime.db.read_scope() as session:
        told = reaching.reached(
            session, world.runtime.settings, again, clock.now(), article_ids=[article], at=clock.now()
        )
    assert told.said == ["其中 3 个群已经发过或将要发同一篇稿件，这次会再发一遍"]


def test_auto_says_in_numbers_who_is_reached_by_what_and_goes_to_groups_only_for_the_rest(
    lite_named: World, run_engine: Run, by_hand: list[ModuleType]
) -> None:
    world = lite_named
    world.branch(BRANCH, 5)
    world.branch("第二党支部", 4)
    groups(world, BRANCH, "学习群", "老党员群")
    groups(world, "第二党支部", "别的群")
    run_engine(world)
    wait_status(world, world.push(HERE).id, "awaiting_result")
    wrote(world, world.openids[BRANCH][:2])
    push = world.push("all", world.article("秋季植树"))
    shown = wait_status(world, push.id, "awaiting_result")
    assert shown["said"] == (
        "4 人用群发，5 人不能用群发（本月已收满 4 条），改用服务窗口（客服消息）2 人，其余 3 人靠转交包（2 个群）"
    )
    assert by_road(shown) == {"mass": (4, 4, 0), "custom": (2, 2, 2), "courier": (2, 2, 2)}
    assert len(by_hand[1].SENT) == 2
    runner = create_app(world.runtime.settings, world.runtime).test_cli_runner()
    lines = runner.invoke(args=["push", "show", str(push.id)]).stdout
    assert shown["said"] in lines
    assert re.search(r"转交包\s+2 个群", lines)
    made = runner.invoke(
        args=[
            "push",
            "create",
            "--article",
            str(world.article()),
            "--audience",
            HERE,
            "--road",
            "courier",
            "--as",
            "editor",
        ]
    )
    assert "将发给 2 个群" in made.stdout, made.stderr


def test_a_push_to_groups_alone_counts_groups_wherever_it_is_told(
    lite_named: World, run_engine: Run, by_hand: list[ModuleType]
) -> None:
    world = lite_named
    world.branch(BRANCH, 2)
    groups(world, BRANCH, "学习群", "老党员群")
    push = world.push(HERE, road="courier", due_at=clock.now() + timedelta(hours=1))
    with world.runtime.db.session_scope() as session:
        mine = pushes.get(session, push.id)
        said = pushes.reschedule(
            session,
            world.runtime.settings,
            mine,
            None,
            due_at=clock.now() + timedelta(hours=2),
            at=clock.now(),
        )
        assert said.endswith("预计 2 个群收到")
    jump(world, hours=2, seconds=1)
    run_engine(world)
    shown = wait_status(world, push.id, "sent")
    assert (shown["planned"], shown["delivered"], shown["unit"], shown["skipped"]) == (2, 2, "个群", {})
    eventually(lambda: len(by_hand[1].SENT) == 2)
