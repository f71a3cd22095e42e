"""Robots in the groups of branches: what they show, and what becomes of it when something goes wrong on the way."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import groups as kept
from ground import clock
from ground.errors import Refused
from localwechat.testing import SandboxControl
from models import Branch, ChatGroup, Delivery
from scheduler import planner, pushes, roads
from scheduler.engine import Engine
from settings import with_base_url
from tests.fixtures.processes import eventually
from tests.world import groups
from tests.world.linked import World, jump, make_world, settings_for, wait_status

SEND = "/cgi-bin/webhook/send"
_BASE = "https://pioneer.example"

Run = Callable[[World], Engine]


def office(wechat: SandboxControl, database_url: str, folder: Path, **limits: Any) -> World:
    """A world whose links lead somewhere; the template of its account serves notices."""
    settings = with_base_url(settings_for(wechat, database_url, str(folder / "var"), **limits), _BASE)
    chosen = wechat.control("templates")[0]["template_id"]
    account = msgspec.structs.replace(settings.wechat, template_id=chosen)
    return make_world(wechat, msgspec.structs.replace(settings, wechat=account))


def with_robot(world: World, branch: str, name: str = "学习群") -> str:
    """A group of this branch with a robot; its key."""
    key = groups.robot(world.sandbox, name)
    found = world.branch(branch, 3) if branch not in world.openids else None
    with world.runtime.db.session_scope() as session:
        groups.group(session, found or _branch(session, branch), name, robot=key)
    return key


def _branch(session: Session, name: str) -> Branch:
    return session.scalars(sa.select(Branch).where(Branch.name == name)).one()


def codes(world: World) -> list[int]:
    """The codes by which WeCom has refused."""
    return [
        call["errcode"] for call in world.sandbox.log("api") if call.get("path") == SEND and call["errcode"]
    ]


def test_an_article_goes_by_mass_and_into_the_branch_s_group_and_the_numbers_agree(
    wechat: SandboxControl, database_url: str, tmp_path: Path, run_engine: Run
) -> None:
    world = office(wechat, database_url, tmp_path)
    key = with_robot(world, "第一党支部")
    other = with_robot(world, "第二党支部")
    run_engine(world)
    push = world.push("branch:第一党支部", road="mass+robot")
    wait_status(world, push.id, "awaiting_result")
    jump(world, minutes=6)  # no event comes here: WeChat is asked what became of the mass message
    shown = wait_status(world, push.id, "sent")
    (message,) = groups.said(wechat, key)
    assert (message["type"], message["title"]) == ("template_card", "学习园地第一期")
    assert groups.pushes_in([message]) == [push.id]
    assert message["url"].startswith(f"{_BASE}/m/a/")
    assert groups.said(wechat, other) == []
    assert set(world.received("第一党支部").values()) == {1}
    by_road = {one["road"]: one for one in shown["roads"]}
    assert (by_road["mass"]["delivered"], by_road["mass"]["unit"]) == (3, "人")
    assert (by_road["robot"]["delivered"], by_road["robot"]["unit"]) == (1, "个群")
    assert (shown["planned"], shown["delivered"]) == (3, 3)
    told = world.push(
        "branch:第一党支部,branch:第二党支部", road="robot", activity_id=world.activity("主题*党日*")
    )
    shown = wait_status(world, told.id, "sent")
    assert (shown["planned"], shown["delivered"], shown["skipped"]) == (2, 2, {})
    notice = groups.said(wechat, other)[-1]
    assert notice["type"] == "markdown"
    assert "> 活动：主题＊党日＊" in notice["content"]
    assert f"[查看活动详情]({_BASE}/m/activity/" in notice["content"]
    assert groups.pushes_in([notice]) == [told.id]
    assert len(wechat.receipts("robot")) == 3
    world.runtime.close()


def test_whatever_becomes_of_the_answer_a_group_never_reads_it_twice(
    wechat: SandboxControl, sqlite_url: str, tmp_path: Path, run_engine: Run, caplog: pytest.LogCaptureFixture
) -> None:
    """Taken; lost before and after it was shown; refused for good. Only what is certain is called by its name."""
    caplog.set_level(logging.DEBUG)
    world = office(wechat, sqlite_url, tmp_path)
    key = with_robot(world, "第一党支部")
    engine = run_engine(world)
    expected = {
        "": ("delivered", 1, "sent"),
        "drop_after": ("unknown", 1, "unknown"),
        "drop_before": ("unknown", 0, "unknown"),
        "garbage": ("unknown", 0, "unknown"),
        "err:-1": ("unknown", 0, "unknown"),
        "err:93000": ("failed", 0, "failed"),
        "err:40058": ("failed", 0, "failed"),
    }
    for fault, (ends_as, comes, push_ends) in expected.items():
        if fault:
            wechat.faults({"path": SEND, "kind": fault, "count": 1})
        before = len(groups.said(wechat, key))
        push = world.push("branch:第一党支部", road="robot")

        def ended(push_id: int = push.id, status: str = ends_as) -> bool:
            return [one["status"] for one in world.shown(push_id)["deliveries"]] == [status]

        eventually(ended, timeout_s=30, message=fault)
        jump(world, minutes=5)
        engine.tick()
        shown = wait_status(world, push.id, push_ends)
        assert len(groups.said(wechat, key)) - before == comes, fault
        (call,) = shown["deliveries"]
        assert call["attempts"] == 1, fault
        if ends_as == "unknown":
            assert "到群里看一看" in call["error"]
        if fault == "err:93000":
            assert "重新添加机器人" in call["error"]
    for _ in range(3):
        engine.tick()
    assert len(wechat.receipts("robot")) == sum(comes for _, comes, _ in expected.values())
    with world.runtime.db.read_scope() as session:
        assert session.scalars(sa.select(ChatGroup.robot)).one() == key
    assert key.encode() not in b"".join(path.read_bytes() for path in tmp_path.rglob("*.db*"))
    assert key not in caplog.text
    world.runtime.close()


def test_beyond_so_many_a_minute_messages_wait_and_none_is_lost_or_doubled(
    wechat: SandboxControl, sqlite_url: str, tmp_path: Path, run_engine: Run
) -> None:
    """We keep to the limit by ourselves; where somebody else uses the robot as well, 45009 is waited for."""
    wechat.settings(robot_per_minute=3)
    wechat.clock(at="2026-11-24T10:00:05+08:00", speed=1)
    world = office(wechat, sqlite_url, tmp_path, robot_per_minute=2)
    key, other = with_robot(world, "第一党支部"), with_robot(world, "第二党支部")
    run_engine(world)
    made = [world.push("branch:第一党支部", road="robot") for _ in range(4)]
    beside = world.push("branch:第二党支部", road="robot")
    wait_status(world, beside.id, "sent")
    for push in made[:2]:
        wait_status(world, push.id, "sent")
    assert len(groups.said(wechat, other)) == 1
    assert len(groups.said(wechat, key)) == 2
    assert codes(world) == []
    jump(world, seconds=61)
    for push in made[2:]:
        wait_status(world, push.id, "sent")
    assert codes(world) == []
    jump(world, seconds=121)
    for _ in range(3):
        wechat.api(f"{SEND}?key={key}", {"msgtype": "text", "text": {"content": "别人发的"}}, token="")
    late = world.push("branch:第一党支部", road="robot")
    eventually(lambda: bool(codes(world)), timeout_s=30)
    jump(world, seconds=61)
    wait_status(world, late.id, "sent")
    assert sorted(groups.pushes_in(groups.said(wechat, key))) == [push.id for push in (*made, late)]
    world.runtime.close()


def test_a_call_whose_sender_died_in_it_is_not_made_again(
    wechat: SandboxControl, sqlite_url: str, tmp_path: Path, run_engine: Run
) -> None:
    world = office(wechat, sqlite_url, tmp_path)
    key = with_robot(world, "第一党支部")
    push = world.push("branch:第一党支部", road="robot")
    now = clock.now()
    with world.runtime.db.session_scope() as session:
        found = pushes.get(session, push.id)
        found.status, found.planned_at, found.planned_roads = "sending", now, "robot"
        route = planner.Route(roads.of("robot"), _calls(session))
        planner.write(session, world.runtime.settings, found, planner.Plan([route], {}), now)
        died = {"status": "claimed", "lease_owner": "dead", "lease_until": now + timedelta(minutes=2)}
        session.execute(sa.update(Delivery).values(**died, called_at=now))
    run_engine(world)
    jump(world, minutes=3)
    shown = wait_status(world, push.id, "unknown")
    assert shown["unknown"] == 1
    assert groups.said(wechat, key) == []
    world.runtime.close()


def _calls(session: Session) -> list[roads.Planned]:
    group = session.scalars(sa.select(ChatGroup)).one()
    return [
        roads.Planned((), "学习群", roads.Target.GROUP, target_id=group.id, branch_id=group.branch_id),
    ]


def test_what_a_robot_cannot_do_any_more_is_said_with_what_to_do(
    wechat: SandboxControl, sqlite_url: str, tmp_path: Path, run_engine: Run
) -> None:
    """Its group is given up before the push begins; it is taken out of its group; the branch never had one."""
    world = office(wechat, sqlite_url, tmp_path)
    key = with_robot(world, "第一党支部")
    gone = with_robot(world, "第二党支部")
    world.branch("第三党支部", 3)
    with pytest.raises(Refused, match="没有可用的群机器人"):
        world.push("branch:第三党支部", road="robot")
    later = world.push("branch:第一党支部", road="robot", due_at=clock.now() + timedelta(hours=1))
    with world.runtime.db.session_scope() as session:
        group = session.scalars(sa.select(ChatGroup).order_by(ChatGroup.id)).first()
        assert group is not None
        kept.give_up(session, world.user(session, "boss"), group.id, at=clock.now())
        assert (group.robot, group.robot_hint) == (None, "")
    wechat.control("robots", {"key": gone, "removed": True})
    run_engine(world)
    jump(world, hours=1, minutes=1)
    shown = wait_status(world, later.id, "paused")
    assert "没有可用的群机器人" in shown["note"]
    removed = world.push("branch:第二党支部", road="mass+robot")
    wait_status(world, removed.id, "awaiting_result")
    jump(world, minutes=6)
    shown = wait_status(world, removed.id, "partly_failed")
    by_road = {one["road"]: one for one in shown["roads"]}
    assert (by_road["mass"]["delivered"], by_road["robot"]["failed"]) == (3, 1)
    assert "更新这个群的机器人地址" in next(
        one["error"] for one in shown["deliveries"] if one["road"] == "robot"
    )
    assert groups.said(wechat, key) == []
    world.runtime.close()
