"""A push of very many calls beside everything else: it keeps no thread for itself, and all workers share it."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from localwechat.testing import SandboxControl
from models import Delivery, Push
from scheduler.engine import Engine
from scheduler.lanes import HELD
from tests.fixtures.configuration import write_config
from tests.fixtures.processes import Spawn, eventually
from tests.world.linked import World, make_world, sections_for, settings_for, wait_status

TEMPLATE = "/cgi-bin/message/template/send"
SLOW = {"path": TEMPLATE, "kind": "slow:0.05", "count": -1}
VERY_SLOW = {**SLOW, "kind": "slow:0.5"}
"""Four lanes are more than ten seconds at a hundred: time to look, also on a busy machine."""

Run = Callable[[World], Engine]


@pytest.fixture
def world(wechat: SandboxControl, sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    settings = settings_for(wechat, sqlite_url, str(tmp_path / "var"))
    template_id = wechat.control("templates")[0]["template_id"]
    own = msgspec.structs.replace(settings.wechat, template_id=template_id)
    made = make_world(wechat, msgspec.structs.replace(settings, wechat=own))
    yield made
    made.runtime.close()


def sent(world: World) -> int:
    return world.sandbox.receipt_count("template")


def test_an_answer_does_not_wait_until_a_long_push_is_sent(world: World, run_engine: Run) -> None:
    world.branch("第一党支部", 700)
    openid = world.sandbox.followers(1)[0]
    world.sandbox.say(openid, "你好")
    world.sandbox.faults(SLOW)
    run_engine(world)
    push = world.push("branch:第一党支部", activity_id=world.activity())
    eventually(lambda: sent(world) > 0, timeout_s=30)
    world.answer(openid)
    eventually(lambda: world.sandbox.receipt_count("custom") == 1, timeout_s=30)
    assert sent(world) < 700
    world.sandbox.faults()
    wait_status(world, push.id, "awaiting_result")
    got = [one["openid"] for one in world.sandbox.receipts("template")]
    assert sorted(got) == sorted(world.openids["第一党支部"])


def test_a_push_that_its_lanes_hold_is_free_again_when_they_have_ended(world: World, run_engine: Run) -> None:
    world.branch("第一党支部", 100)
    world.sandbox.faults(VERY_SLOW)
    engine = run_engine(world)
    push = world.push("branch:第一党支部", activity_id=world.activity())

    def holder() -> str:
        with world.runtime.db.read_scope() as session:
            return session.scalar(sa.select(Push.lease_owner).where(Push.id == push.id)) or ""

    eventually(lambda: holder() == HELD, timeout_s=30)
    engine.stop()
    assert holder() == ""
    assert sent(world) < 100
    world.sandbox.faults()
    run_engine(world)
    wait_status(world, push.id, "awaiting_result")
    assert sent(world) == 100


def test_all_workers_send_one_push_together(
    spawn: Spawn, wechat: SandboxControl, postgres_url: str, redis_url: str, tmp_path: Path
) -> None:
    sections = sections_for(wechat, postgres_url, str(tmp_path / "var"))
    sections["wechat"]["template_id"] = wechat.control("templates")[0]["template_id"]
    sections["redis"] = {"url": redis_url}
    env = {"PIONEER_CONFIG": str(write_config(tmp_path / "config.toml", **sections)), "FLASK_APP": "app"}
    settings = settings_for(wechat, postgres_url, str(tmp_path / "var"))
    own = msgspec.structs.replace(settings.wechat, template_id=sections["wechat"]["template_id"])
    world = make_world(wechat, msgspec.structs.replace(settings, wechat=own))
    world.branch("第一党支部", 600)
    wechat.faults(SLOW)
    processes = [spawn.flask(role, env=env) for role in ("worker", "worker", "scheduler")]
    for process in processes:
        process.wait_for_text("engine_started")
    push = world.push("branch:第一党支部", activity_id=world.activity())
    wait_status(world, push.id, "awaiting_result")
    with world.runtime.db.read_scope() as session:
        owners = session.scalars(sa.select(Delivery.lease_owner).distinct()).all()
    assert {owner.split(":")[1] for owner in owners} == {str(one.pid) for one in processes[:2]}
    got = [one["openid"] for one in wechat.receipts("template")]
    assert sorted(got) == sorted(world.openids["第一党支部"])
    for process in processes:
        process.kill(signal.SIGINT)
    for process in processes:
        assert process.wait() == 0, process.output()
    world.runtime.close()
