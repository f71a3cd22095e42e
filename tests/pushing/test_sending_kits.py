"""Kits for ordinary groups: they lie ready whatever becomes of the hint, and nobody is told of one twice."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ground import clock
from ground.errors import Refused
from localwechat.testing import SandboxControl
from models import Article, ArticleStatus, Delivery, LinkOpening
from scheduler import audience as audiences
from scheduler import kits, marks, planner, pushes, roads
from scheduler.engine import Engine
from settings import with_base_url
from tests.fixtures.processes import eventually
from tests.world import kits as groups
from tests.world.linked import World, jump, make_world, settings_for, wait_status

CUSTOM = "/cgi-bin/message/custom/send"
ROOT = "https://pioneer.example"

Run = Callable[[World], Engine]


def furnished(wechat: SandboxControl, database_url: str, tmp_path: Path) -> Iterator[World]:
    """A branch whose first member passes things on to its group, and a group that nobody passes anything on to."""
    made = make_world(wechat, with_base_url(settings_for(wechat, database_url, str(tmp_path / "var")), ROOT))
    branch = made.branch("第一党支部", 6)
    with made.runtime.db.session_scope() as session:
        groups.group(session, branch, "学习群", made.openids["第一党支部"][0])
        groups.group(session, branch, "值班群")
    yield made
    made.runtime.close()


@pytest.fixture
def office(wechat: SandboxControl, database_url: str, tmp_path: Path) -> Iterator[World]:
    """The office on both databases."""
    yield from furnished(wechat, database_url, tmp_path)


@pytest.fixture
def lite_office(wechat: SandboxControl, sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    """The office on SQLite only, where the database makes no difference."""
    yield from furnished(wechat, sqlite_url, tmp_path)


def forwarder(world: World) -> str:
    return world.openids["第一党支部"][0]


def hears(world: World) -> None:
    """The forwarder has just written to the account."""
    world.sandbox.say(forwarder(world), "您好")
    with world.runtime.db.session_scope() as session:
        groups.wrote(session, forwarder(world))


def hints(world: World) -> list[dict[str, Any]]:
    return world.sandbox.receipts("custom")


def kits_of(world: World) -> list[kits.Shown]:
    """What the forwarder finds."""
    with world.runtime.db.read_scope() as session:
        found = kits.of_openid(session, forwarder(world), at=clock.now())
        return [kits.shown(session, world.runtime.settings, one) for one in found]


def test_a_kit_lies_ready_and_its_forwarder_hears_of_it_once(office: World, run_engine: Run) -> None:
    hears(office)
    engine = run_engine(office)
    push = office.push("branch:第一党支部", office.article("小院议事会"), road="kit")
    shown = wait_status(office, push.id, "sent")
    assert (shown["planned"], shown["delivered"], shown["calls"]) == (1, 1, 1), "groups are counted"
    assert [(one["title"], one["unit"]) for one in shown["roads"]] == [("转群包", "个群")]
    for _ in range(3):
        engine.tick()
    assert len(hints(office)) == 1
    (kit,) = kits_of(office)
    said = str(office.sandbox.chat(forwarder(office))[-1])
    assert "《小院议事会》可以转到“第一党支部·学习群”了" in said
    assert "回复“待转发”" in said
    assert kit.text.startswith("【学习园地】小院议事会\n")
    link = kit.items[0].link
    with office.runtime.db.read_scope() as session:
        branch_id = session.scalars(sa.select(Delivery.branch_id)).one()
    mark = f"{ROOT}/m/a/1?f={marks.text_of(marks.Mark(push.id, 'kit', branch_id))}"
    assert link == mark, "push, road and branch, and nobody"
    with office.runtime.db.read_scope() as session:
        assert session.scalars(sa.select(Article.status)).all() == [ArticleStatus.PUBLISHED.value]
        assert session.scalars(sa.select(Delivery.openids)).all() == [None], "no list names the forwarder"
        assert session.scalar(sa.select(sa.func.count()).select_from(LinkOpening)) == 0


@pytest.mark.parametrize(
    ("fault", "told"), [("err:45047", 0), ("drop_before", 0), ("drop_after", 1), (None, 0)]
)
def test_whatever_becomes_of_the_hint_the_kit_is_there(
    lite_office: World, run_engine: Run, fault: str | None, told: int
) -> None:
    """Refused, lost before or after it acted, or not sent at all, as nothing was written lately."""
    if fault:
        hears(lite_office)
        lite_office.sandbox.faults({"path": CUSTOM, "kind": fault, "count": 1})
    engine = run_engine(lite_office)
    push = lite_office.push("branch:第一党支部", road="kit")
    shown = wait_status(lite_office, push.id, "sent")
    jump(lite_office, minutes=30)
    for _ in range(3):
        engine.tick()
    assert (shown["delivered"], shown["failed"], shown["unknown"]) == (1, 0, 0)
    assert len(hints(lite_office)) == told
    assert [one.title for one in kits_of(lite_office)] == ["学习园地第一期"]
    if fault is None:
        asked = [one for one in lite_office.sandbox.log("api") if one.get("path") == CUSTOM]
        assert asked == [], "WeChat is not asked what it must refuse"


def test_a_kit_whose_sender_was_killed_in_the_call_is_there_and_told_of_no_second_time(
    office: World, run_engine: Run
) -> None:
    hears(office)
    push = office.push("branch:第一党支部", road="kit")
    engine = run_engine(office)
    wait_status(office, push.id, "sent")
    engine.stop()
    long_ago = clock.now() - timedelta(minutes=10)
    with (
        office.runtime.db.session_scope() as session
    ):  # as it lies there after a kill between call and answer
        dead = {"lease_owner": "dead", "lease_until": long_ago, "called_at": long_ago, "finished_at": None}
        session.execute(sa.update(Delivery).values(status="claimed", accepted_at=None, **dead))
        session.execute(sa.text("UPDATE push SET status = 'sending', finished_at = NULL"))
    engine = run_engine(office)
    shown = wait_status(office, push.id, "sent")
    assert (shown["delivered"], len(hints(office)), len(kits_of(office))) == (1, 1, 1)


def test_an_activity_goes_to_a_group_as_well(lite_office: World, run_engine: Run) -> None:
    run_engine(lite_office)
    push = lite_office.push("branch:第一党支部", activity_id=lite_office.activity("义务植树"), road="kit")
    wait_status(lite_office, push.id, "sent")
    (kit,) = kits_of(lite_office)
    assert kit.text.startswith("【活动通知】义务植树\n时间：")
    assert f"{ROOT}/m/activity/" in kit.text


def test_the_plan_names_the_groups_to_which_nothing_goes(lite_office: World) -> None:
    with lite_office.runtime.db.read_scope() as session:
        made = planner.plan(
            session, lite_office.runtime.settings, audience=audiences.parse(session, "branch:第一党支部", at=clock.now()),
            by=roads.choose("kit", "articles", lite_office.runtime.settings), columns=set(), moment=clock.now(), at=clock.now(),
        )  # fmt: skip
    assert made.planned == 1
    assert made.missed == "第一党支部·值班群（没有转发人，或转发人没有关注公众号）"


def test_what_was_withdrawn_is_not_passed_on_any_more(lite_office: World, run_engine: Run) -> None:
    run_engine(lite_office)
    push = lite_office.push("branch:第一党支部", road="kit")
    wait_status(lite_office, push.id, "sent")
    with lite_office.runtime.db.session_scope() as session:
        session.execute(sa.update(Article).values(status=ArticleStatus.RETRACTED.value))
    (kit,) = kits_of(lite_office)
    assert (kit.items, kit.text) == ([], "")
    jump(lite_office, days=15)
    assert kits_of(lite_office) == [], "an old poster in a group helps nobody"


def test_a_cancelled_push_leaves_no_kit(lite_office: World) -> None:
    push = lite_office.push("branch:第一党支部", road="kit", due_at=clock.now() + timedelta(hours=1))
    with lite_office.runtime.db.session_scope() as session:
        pushes.cancel(session, pushes.get(session, push.id), lite_office.user(session), at=clock.now())
    assert kits_of(lite_office) == []


def test_without_an_address_of_ours_no_kit_can_be_chosen(lite_world: World) -> None:
    with pytest.raises(Refused, match=r"server\.base_url"):
        roads.choose("kit", "articles", lite_world.runtime.settings)


def test_by_mass_message_and_kit_nobody_gets_it_twice(office: World, run_engine: Run) -> None:
    run_engine(office)
    push = office.push("branch:第一党支部", road="mass+kit")
    due = {"mass": (6, "人"), "kit": (1, "个群")}

    def taken() -> dict[str, tuple[int, str]]:
        return {one["road"]: (one["accepted"], one["unit"]) for one in office.shown(push)["roads"]}

    eventually(lambda: taken() == due, timeout_s=30)
    assert office.shown(push)["planned"] == 6
    assert set(office.received().values()) == {1}
