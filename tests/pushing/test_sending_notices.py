"""Answers and notices on their way: customer-service messages, template messages, and what may go wrong with either."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from community import invitation
from ground import clock
from localwechat.testing import SandboxControl
from models import Delivery, QuotaUse
from scheduler import pushes, report, settling
from scheduler.engine import Engine
from scheduler.roads import Answer
from settings import with_base_url
from tests.fixtures.processes import eventually
from tests.world.linked import World, jump, make_world, settings_for, wait_status
from tests.world.pushes import sent

SENDALL = "/cgi-bin/message/mass/sendall"
SEND = "/cgi-bin/message/mass/send"
TEMPLATE = "/cgi-bin/message/template/send"
CUSTOM = "/cgi-bin/message/custom/send"

Run = Callable[[World], Engine]
Until = Callable[[World, int, str], dict[str, Any]]


def status_of(world: World, message_id: int) -> str:
    with world.runtime.db.read_scope() as session:
        return session.get_one(Delivery, message_id).status


@pytest.mark.parametrize(
    ("fault", "ends_as", "arrived"),
    [
        (None, "delivered", 1),
        ("drop_after", "unknown", 1),
        ("drop_before", "unknown", 0),
        ("err:45047", "failed", 0),
    ],
)
def test_a_customer_service_message_is_never_sent_twice(
    lite_world: World, run_engine: Run, fault: str | None, ends_as: str, arrived: int
) -> None:
    openid = lite_world.sandbox.followers(1)[0]
    lite_world.sandbox.say(openid, "你好")
    if fault:
        lite_world.sandbox.faults({"path": CUSTOM, "kind": fault, "count": 1})
    engine = run_engine(lite_world)
    message = lite_world.answer(openid)
    eventually(lambda: status_of(lite_world, message) == ends_as, timeout_s=30)
    jump(lite_world, minutes=30)
    for _ in range(3):
        engine.tick()
    assert len(lite_world.sandbox.receipts("custom")) == arrived


# --- notices of activities -----------------------------------------------------------------------------------


def test_a_notice_of_an_activity_reaches_each_by_template_once(
    wechat: SandboxControl, sqlite_url: str, tmp_path: Path, run_engine: Run, until: Until
) -> None:
    settings = settings_for(wechat, sqlite_url, str(tmp_path / "var"))
    template = wechat.control("templates")
    settings = msgspec.structs.replace(
        with_base_url(settings, "https://pioneer.example"),
        wechat=msgspec.structs.replace(settings.wechat, template_id=template[0]["template_id"]),
    )
    world = make_world(wechat, settings)
    world.branch("第一党支部", 30)
    wechat.faults({"path": TEMPLATE, "kind": "drop_after", "count": 2})
    run_engine(world)
    activity = world.activity()
    push = world.push("branch:第一党支部", activity_id=activity)
    shown = until(world, push.id, "accepted")
    assert invitation.path(activity) in str(wechat.chat(world.openids["第一党支部"][0]))
    assert (shown["planned"], shown["accepted"]) == (30, 30)
    got = [one["openid"] for one in wechat.receipts("template")]
    assert sorted(got) == sorted(world.openids["第一党支部"])
    with world.runtime.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(QuotaUse)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 30
    world.runtime.close()


def test_a_notice_of_whose_fate_nothing_is_heard_is_not_called_delivered(
    wechat: SandboxControl, sqlite_url: str, tmp_path: Path, run_engine: Run, until: Until
) -> None:
    settings = settings_for(wechat, sqlite_url, str(tmp_path / "var"))
    chosen = wechat.control("templates")[0]["template_id"]
    settings = msgspec.structs.replace(
        settings, wechat=msgspec.structs.replace(settings.wechat, template_id=chosen)
    )
    world = make_world(wechat, settings)
    world.branch("第一党支部", 2)
    run_engine(world)
    push = world.push("branch:第一党支部", activity_id=world.activity())
    heard, silent = until(world, push.id, "accepted")["deliveries"]
    with world.runtime.db.session_scope() as session:
        report.job_finished(session, "template", heard["msg_id"], "success", at=clock.now())
    jump(world, minutes=6)
    assert world.shown(push)["status"] == "awaiting_result"  # it may still come
    jump(world, minutes=6)
    shown = wait_status(world, push.id, "unknown")
    assert (shown["delivered"], shown["unknown"]) == (1, 1)
    with world.runtime.db.session_scope() as session:
        report.job_finished(session, "template", silent["msg_id"], "success", at=clock.now())
    assert (world.shown(push)["status"], world.shown(push)["delivered"]) == ("sent", 2)
    world.runtime.close()


def test_an_event_that_can_only_be_its_own_settles_an_unknown_delivery(
    lite_world: World, run_engine: Run, until: Until
) -> None:
    lite_world.branch("第一党支部", 5)
    lite_world.sandbox.faults({"path": SENDALL, "kind": "drop_after", "count": 1})
    engine = run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    until(lite_world, push.id, "unknown")
    jump(lite_world, hours=25)
    engine.tick()
    wait_status(lite_world, push.id, "unknown")
    job = lite_world.sandbox.control("mass")[0]
    with lite_world.runtime.db.session_scope() as session:
        report.job_finished(
            session,
            "mass",
            str(job["msg_id"]),
            "send success",
            {"total": 5, "filter": 5, "sent": 5, "error": 0},
            at=clock.now(),
        )
    shown = wait_status(lite_world, push.id, "sent")
    assert (shown["delivered"], shown["unknown"]) == (5, 0)


def test_an_answer_with_the_number_of_another_batch_is_not_believed(
    lite_world: World, run_engine: Run, until: Until
) -> None:
    lite_world.branch("第一党支部", 5)
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    shown = until(lite_world, push.id, "accepted")
    with lite_world.runtime.db.session_scope() as session:
        known = session.get_one(Delivery, shown["deliveries"][0]["id"])
        other = Delivery(
            push_id=push.id,
            road="mass",
            key="another",
            status="claimed",
            lease_owner="me",
            recipients=4,
            due_at=clock.now(),
            called_at=clock.now(),
        )
        session.add(other)
        session.flush()
        answer = Answer(str(known.msg_id), repeated=True)
        settling.accept(session, lite_world.runtime.settings, other.id, "me", answer, clock.now())
        assert (other.status, other.msg_id) == ("unknown", None)


@pytest.mark.parametrize(
    ("path", "fault"),
    [
        ("/cgi-bin/draft/add", "drop_after"),
        ("/cgi-bin/draft/add", "err:40007"),
        ("/cgi-bin/material/add_material", "drop_after"),
        ("/cgi-bin/stable_token", "http:500"),
    ],
)
def test_what_goes_wrong_before_the_send_is_simply_done_again(
    lite_world: World, run_engine: Run, path: str, fault: str
) -> None:
    lite_world.branch("第一党支部", 5)
    lite_world.sandbox.faults({"path": path, "kind": fault, "count": 1})
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    eventually(lambda: not lite_world.sandbox.control("faults"), timeout_s=30)

    def accepted_after_a_while() -> bool:
        jump(lite_world, seconds=10)
        return bool(lite_world.shown(push)["accepted"])

    eventually(accepted_after_a_while, timeout_s=30, every_s=0.3)
    assert lite_world.shown(push)["note"] == ""
    assert set(lite_world.received().values()) == {1}


def test_a_message_whose_sender_died_in_the_call_is_not_sent_again(
    lite_world: World, run_engine: Run
) -> None:
    openid = lite_world.sandbox.followers(1)[0]
    lite_world.sandbox.say(openid, "你好")
    message = lite_world.answer(openid)
    now = clock.now()
    with lite_world.runtime.db.session_scope() as session:
        session.execute(
            sa.update(Delivery).values(
                status="claimed", lease_owner="dead", lease_until=now + timedelta(minutes=2), called_at=now
            )
        )
    run_engine(lite_world)
    eventually(lambda: status_of(lite_world, message) == "unknown", timeout_s=30)
    assert not lite_world.sandbox.receipts("custom")


def test_a_repeat_that_came_too_soon_waits_and_keeps_its_key(
    lite_world: World, run_engine: Run, until: Until
) -> None:
    lite_world.branch("第一党支部", 5)
    lite_world.sandbox.settings(mass_retry_gap_s=2.5)
    lite_world.sandbox.faults({"path": SENDALL, "kind": "drop_after", "count": 1})
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    shown = until(lite_world, push.id, "accepted")
    codes = [call.get("code") for call in lite_world.sandbox.log("api") if call.get("path") == SENDALL]
    assert shown["deliveries"][0]["attempts"] >= 3, codes
    assert set(lite_world.received().values()) == {1}


def test_what_is_cancelled_in_mid_call_comes_to_rest(
    wechat: SandboxControl, sqlite_url: str, tmp_path: Path, run_engine: Run
) -> None:
    world = make_world(wechat, settings_for(wechat, sqlite_url, str(tmp_path / "var"), mass_max_openids=5))
    world.branch("第一党支部", 5)
    world.branch("第二党支部", 5)
    world.sandbox.faults(
        {"path": SEND, "kind": "slow:1", "count": 1}, {"path": SEND, "kind": "err:42010", "count": 1}
    )
    run_engine(world)
    push = world.push("branch:第一党支部,branch:第二党支部")
    eventually(
        lambda: any(one["status"] == "claimed" for one in world.shown(push)["deliveries"]), timeout_s=30
    )
    with world.runtime.db.session_scope() as session:
        pushes.cancel(session, pushes.get(session, push.id), world.user(session), at=clock.now())

    def at_rest() -> bool:
        return not {one["status"] for one in world.shown(push)["deliveries"]} & {"claimed", "planned"}

    eventually(at_rest, timeout_s=30)
    shown = world.shown(push)
    assert shown["status"] == "cancelled"
    assert len(world.sandbox.receipts("mass")) == shown["accepted"]
    with world.runtime.db.read_scope() as session:
        held = session.scalar(sa.select(sa.func.count()).where(QuotaUse.state == "held"))
        assert held == 0


def test_two_pushes_at_once_never_count_on_the_same_last_message(world: World, run_engine: Run) -> None:
    world.branch("第一党支部", 5)
    for _ in range(3):
        sent(world.runtime, world.openids["第一党支部"])
    made = [world.push("branch:第一党支部") for _ in range(4)]
    run_engine(world)

    def settled() -> bool:
        return [world.shown(push)["status"] for push in made].count("failed") == 3

    eventually(settled, timeout_s=30)
    assert sum(world.shown(push)["planned"] for push in made) == 5
    assert [world.shown(push)["skipped"] for push in made].count({"quota_used": 5}) == 3
    eventually(lambda: set(world.received().values()) == {1}, timeout_s=30)
