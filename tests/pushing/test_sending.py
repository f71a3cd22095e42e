"""A push from its due time to its report, against the local WeChat, with everything that may go wrong on the way."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from database import claims
from ground import clock
from ground.errors import Conflict, Refused
from localwechat.testing import SandboxControl
from models import Article, Column, Delivery, InstanceLease, OutboxMessage, Push, QuotaUse
from scheduler import instance, pushes, quota, report, settling
from scheduler.clock import Clock
from scheduler.engine import Engine
from scheduler.roads import Answer
from tests.fixtures.processes import eventually
from tests.pushing.world import World, make_world, settings_for

SENDALL = "/cgi-bin/message/mass/sendall"
SEND = "/cgi-bin/message/mass/send"
TEMPLATE = "/cgi-bin/message/template/send"
CUSTOM = "/cgi-bin/message/custom/send"

Run = Callable[[World], Engine]
Until = Callable[[World, int, str], dict[str, Any]]


def jump(world: World, **delta: float) -> None:
    """Move the one clock forward."""
    world.sandbox.clock(at=(clock.now() + timedelta(**delta)).isoformat())
    clock.sync()


def wait_status(world: World, push_id: int, *statuses: str) -> dict[str, Any]:
    """The report of a push once it has one of these statuses."""

    eventually(
        lambda: world.shown(push_id)["status"] in statuses,
        timeout_s=30,
        message=f"push {push_id} never became {statuses}",
    )
    return world.shown(push_id)


def test_a_push_arrives_once_and_its_report_says_so(world: World, run_engine: Run, until: Until) -> None:
    world.branch("第一党支部", 12, others=3)
    run_engine(world)
    push = world.push("branch:第一党支部")
    assert (push.status, push.planned) == ("scheduled", 12)
    shown = until(world, push.id, "accepted")
    assert set(world.received().values()) == {1}
    assert (shown["planned"], shown["accepted"], shown["delivered"]) == (12, 12, 0)
    with world.runtime.db.session_scope() as session:
        report.job_finished(
            session,
            "mass",
            shown["deliveries"][0]["msg_id"],
            "send success",
            {"total": 12, "filter": 12, "sent": 11, "error": 1},
            {1: "http://mp.weixin.qq.com/s/abc"},
        )
    after = world.shown(push)
    assert (after["status"], after["delivered"], after["failed"], after["unknown"]) == ("sent", 11, 1, 0)
    assert after["articles"][0]["url"] == "http://mp.weixin.qq.com/s/abc"
    with world.runtime.db.read_scope() as session:
        article = session.get_one(Article, after["articles"][0]["id"])
        used = session.scalar(sa.select(sa.func.count()).where(QuotaUse.state == "used"))
        assert (article.status, used) == ("published", 12)


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "err:-1", "garbage", "http:502"])
def test_a_lost_answer_is_repeated_with_the_same_key(
    lite_world: World, run_engine: Run, until: Until, fault: str
) -> None:
    lite_world.branch("第一党支部", 5)
    lite_world.sandbox.faults({"path": SENDALL, "kind": fault, "count": 1})
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    unknown = until(lite_world, push.id, "unknown")
    assert (unknown["unknown"], unknown["status"]) == (5, "sending")
    shown = until(lite_world, push.id, "accepted")
    assert set(lite_world.received().values()) == {1}
    assert {one["client_id"] for one in lite_world.sandbox.receipts("mass")} == {
        shown["deliveries"][0]["key"]
    }
    assert shown["deliveries"][0]["msg_id"]


def test_a_key_that_wechat_has_forgotten_is_never_used_again(
    lite_world: World, run_engine: Run, until: Until
) -> None:
    lite_world.branch("第一党支部", 5)
    lite_world.sandbox.faults({"path": SENDALL, "kind": "drop_after", "count": 1})
    engine = run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    until(lite_world, push.id, "unknown")
    jump(lite_world, hours=25)
    engine.tick()
    shown = wait_status(lite_world, push.id, "partly_failed")
    assert (shown["unknown"], shown["deliveries"][0]["attempts"]) == (5, 1)
    assert set(lite_world.received().values()) == {1}


def test_a_lost_draft_is_made_anew_for_the_same_delivery(
    lite_world: World, run_engine: Run, until: Until
) -> None:
    lite_world.branch("第一党支部", 5)
    lite_world.sandbox.faults({"path": SENDALL, "kind": "err:40007", "count": 1})
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    shown = until(lite_world, push.id, "accepted")
    assert len(shown["deliveries"]) == 1
    assert shown["deliveries"][0]["attempts"] == 2
    assert set(lite_world.received().values()) == {1}


def test_a_tag_that_is_gone_becomes_a_list(lite_world: World, run_engine: Run) -> None:
    lite_world.branch("第一党支部", 5)
    lite_world.sandbox.faults({"path": SENDALL, "kind": "err:40152", "count": 1})
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    eventually(lambda: lite_world.shown(push)["accepted"] == 5, timeout_s=30)
    shown = lite_world.shown(push)
    assert [one["status"] for one in shown["deliveries"]] == ["cancelled", "accepted"]
    assert shown["deliveries"][0]["key"] != shown["deliveries"][1]["key"]
    assert set(lite_world.received().values()) == {1}


def test_batches_go_one_after_another_and_wait_when_wechat_says_so(
    wechat: SandboxControl, sqlite_url: str, tmp_path: Path, run_engine: Run, until: Until
) -> None:
    world = make_world(wechat, settings_for(wechat, sqlite_url, str(tmp_path / "var"), mass_max_openids=5))
    world.branch("第一党支部", 13, tagged=False)
    wechat.faults({"path": SEND, "kind": "err:42010", "count": 1})
    run_engine(world)
    push = world.push("branch:第一党支部")
    shown = until(world, push.id, "accepted")
    assert [one["recipients"] for one in shown["deliveries"]] == [5, 4, 4]
    assert set(world.received().values()) == {1}
    world.runtime.close()


def test_no_quota_left_pauses_the_push_for_a_person(lite_world: World, run_engine: Run, until: Until) -> None:
    lite_world.branch("第一党支部", 5)
    lite_world.sandbox.faults({"path": SENDALL, "kind": "err:45028", "count": 1})
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    shown = wait_status(lite_world, push.id, "paused")
    assert shown["note"]
    assert shown["deliveries"][0]["status"] == "planned"
    with lite_world.runtime.db.session_scope() as session:
        pushes.resume(session, pushes.get(session, push.id), lite_world.user(session))
    until(lite_world, push.id, "accepted")
    assert set(lite_world.received().values()) == {1}


def test_refused_content_fails_the_whole_push_and_gives_the_quota_back(
    lite_world: World, run_engine: Run
) -> None:
    lite_world.branch("第一党支部", 5)
    lite_world.branch("第二党支部", 5)
    lite_world.sandbox.faults({"path": SENDALL, "kind": "err:41040", "count": 1})
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部,branch:第二党支部")
    shown = wait_status(lite_world, push.id, "failed")
    assert shown["failed"] == 10
    assert not lite_world.sandbox.receipts("mass")
    with lite_world.runtime.db.read_scope() as session:
        assert set(session.scalars(sa.select(QuotaUse.state))) == {"released"}
        assert session.get_one(Article, shown["articles"][0]["id"]).status == "approved"


def test_an_event_that_comes_before_the_answer_is_matched(lite_world: World, run_engine: Run) -> None:
    lite_world.branch("第一党支部", 5)
    lite_world.sandbox.faults({"path": SENDALL, "kind": "drop_after", "count": 1})
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    job = eventually(lambda: lite_world.sandbox.control("mass"), timeout_s=30)[0]
    with lite_world.runtime.db.session_scope() as session:
        early = report.job_finished(
            session, "mass", str(job["msg_id"]), "send success", {"total": 5, "sent": 5}
        )
    assert not early
    assert wait_status(lite_world, push.id, "sent")["delivered"] == 5
    with lite_world.runtime.db.session_scope() as session:
        assert report.job_finished(
            session, "mass", str(job["msg_id"]), "send success", {"total": 5, "sent": 5}
        )
    assert lite_world.shown(push)["delivered"] == 5


def test_a_job_without_event_is_asked_about(lite_world: World, run_engine: Run, until: Until) -> None:
    lite_world.branch("第一党支部", 5)
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    until(lite_world, push.id, "accepted")
    jump(lite_world, minutes=31)
    assert wait_status(lite_world, push.id, "sent")["delivered"] == 5


def test_a_refused_job_fails_the_push_in_plain_words(
    lite_world: World, run_engine: Run, until: Until
) -> None:
    lite_world.branch("第一党支部", 5)
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    shown = until(lite_world, push.id, "accepted")
    with lite_world.runtime.db.session_scope() as session:
        report.job_finished(session, "mass", shown["deliveries"][0]["msg_id"], "err(20008)")
    failed = lite_world.shown(push)
    assert (failed["status"], failed["failed"]) == ("failed", 5)
    assert "涉嫌欺诈" in failed["deliveries"][0]["error"]


def test_what_is_too_late_waits_for_a_person(lite_world: World, run_engine: Run, until: Until) -> None:
    lite_world.branch("第一党支部", 5)
    push = lite_world.push("branch:第一党支部", due_at=clock.now() + timedelta(minutes=5))
    jump(lite_world, minutes=40)
    run_engine(lite_world)
    wait_status(lite_world, push.id, "missed")
    assert not lite_world.sandbox.receipts("mass")
    with lite_world.runtime.db.session_scope() as session:
        pushes.resume(session, pushes.get(session, push.id), lite_world.user(session))
    until(lite_world, push.id, "accepted")
    assert set(lite_world.received().values()) == {1}


def test_paused_pushes_wait_and_cancelled_ones_never_go(
    lite_world: World, run_engine: Run, until: Until
) -> None:
    lite_world.branch("第一党支部", 5)
    paused = lite_world.push("branch:第一党支部")
    cancelled = lite_world.push("branch:第一党支部")
    with lite_world.runtime.db.session_scope() as session:
        user = lite_world.user(session)
        assert "还没有发出" in pushes.pause(session, pushes.get(session, paused.id), user)
        pushes.cancel(session, pushes.get(session, cancelled.id), user)
        with pytest.raises(Conflict):
            pushes.resume(session, pushes.get(session, cancelled.id), user)
    engine = run_engine(lite_world)
    for _ in range(5):
        engine.tick()
    assert not lite_world.sandbox.receipts("mass")
    with lite_world.runtime.db.session_scope() as session:
        pushes.resume(session, pushes.get(session, paused.id), lite_world.user(session))
    until(lite_world, paused.id, "accepted")
    with lite_world.runtime.db.session_scope() as session:
        said = pushes.cancel(session, pushes.get(session, paused.id), lite_world.user(session))
    assert "5 人" in said
    assert set(lite_world.received().values()) == {1}
    assert lite_world.shown(cancelled)["status"] == "cancelled"


def test_an_article_that_was_edited_after_the_decision_is_not_sent(
    lite_world: World, run_engine: Run
) -> None:
    lite_world.branch("第一党支部", 5)
    push = lite_world.push("branch:第一党支部")
    with lite_world.runtime.db.session_scope() as session:
        session.execute(sa.update(Article).values(hash="0" * 64))
    run_engine(lite_world)
    assert "改动过" in wait_status(lite_world, push.id, "paused")["note"]
    with lite_world.runtime.db.session_scope() as session, pytest.raises(Refused):
        pushes.resume(session, pushes.get(session, push.id), lite_world.user(session))
    assert not lite_world.sandbox.receipts("mass")


def test_a_slot_takes_the_head_of_the_queue_once_with_two_schedulers(world: World) -> None:
    world.branch("第一党支部", 5)
    now = clock.to_shanghai(clock.now())
    with world.runtime.db.session_scope() as session:
        for column in session.scalars(sa.select(Column)):
            column.slots = []
            if column.key == "study":
                column.slots = [
                    {"weekdays": [now.weekday()], "time": f"{now:%H:%M}", "audience": "all", "active": True}
                ]
    first, second = world.article("第一篇", status="queued"), world.article("第二篇", status="queued")
    with world.runtime.db.session_scope() as session:
        instance.take(session, instance.fingerprint(world.runtime.settings), clock.now())
    clocks = [Clock(world.runtime, lambda _kind, _row: None) for _ in range(3)]
    threads = [threading.Thread(target=one.tick) for one in clocks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.runtime.db.read_scope() as session:
        made = list(session.scalars(sa.select(Push)))
        assert [(one.title, one.status) for one in made] == [("第一篇", "sending")]
        assert session.get_one(Article, first).status == "approved"
        assert session.get_one(Article, second).status == "queued"


def test_claims_are_never_shared(world: World) -> None:
    with world.runtime.db.session_scope() as session:
        now = clock.now()
        for _ in range(120):
            session.add(
                Push(audience="all", status="scheduled", due_at=now, created_by=1, created_at=now, skipped={})
            )
    taken: list[list[int]] = [[] for _ in range(4)]

    def take(mine: list[int]) -> None:
        while True:
            with world.runtime.db.session_scope() as session:
                ids = claims.claim(
                    session, Push, where=[Push.status == "scheduled"], values={"status": "sending"}, limit=7
                )
            if not ids:
                return
            mine.extend(ids)

    threads = [threading.Thread(target=take, args=(mine,)) for mine in taken]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    together = [row_id for mine in taken for row_id in mine]
    assert len(together) == len(set(together)) == 120


def test_a_copy_of_the_data_on_another_server_sends_nothing(lite_world: World, run_engine: Run) -> None:
    lite_world.branch("第一党支部", 5)
    push = lite_world.push("branch:第一党支部")
    with lite_world.runtime.db.session_scope() as session:
        session.add(InstanceLease(id=1, fingerprint="another server"))
    engine = run_engine(lite_world)
    for _ in range(5):
        engine.tick()
    assert lite_world.shown(push)["status"] == "scheduled"
    with lite_world.runtime.db.session_scope() as session:
        instance.confirm(session, lite_world.runtime.settings, lite_world.user(session, "boss"), clock.now())
    wait_status(lite_world, push.id, "sending")
    eventually(lambda: lite_world.sandbox.receipts("mass"), timeout_s=30)


# --- customer-service messages -------------------------------------------------------------------------------


def outbox(world: World, openid: str, text: str = "您好") -> int:
    """A customer-service message to send."""
    with world.runtime.db.session_scope() as session:
        now = clock.now()
        message = OutboxMessage(
            openid=openid,
            payload=json.dumps({"msgtype": "text", "text": {"content": text}}, ensure_ascii=False),
            dedupe_key=f"test:{text}",
            due_at=now,
            expires_at=now + timedelta(hours=48),
        )
        session.add(message)
        session.flush()
        return message.id


def outbox_status(world: World, message_id: int) -> str:
    with world.runtime.db.read_scope() as session:
        return session.get_one(OutboxMessage, message_id).status


@pytest.mark.parametrize(
    ("fault", "ends_as", "arrived"),
    [
        (None, "sent", 1),
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
    message = outbox(lite_world, openid)
    eventually(lambda: outbox_status(lite_world, message) == ends_as, timeout_s=30)
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
        settings, wechat=msgspec.structs.replace(settings.wechat, template_id=template[0]["template_id"])
    )
    world = make_world(wechat, settings)
    world.branch("第一党支部", 30)
    wechat.faults({"path": TEMPLATE, "kind": "drop_after", "count": 2})
    run_engine(world)
    push = world.push("branch:第一党支部", activity_id=world.activity())
    shown = until(world, push.id, "accepted")
    assert (shown["planned"], shown["accepted"]) == (30, 30)
    got = [one["openid"] for one in wechat.receipts("template")]
    assert sorted(got) == sorted(world.openids["第一党支部"])
    with world.runtime.db.read_scope() as session:
        assert session.scalar(sa.select(sa.func.count()).select_from(QuotaUse)) == 0
        assert session.scalar(sa.select(sa.func.count()).select_from(Delivery)) == 30
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
    wait_status(lite_world, push.id, "partly_failed")
    job = lite_world.sandbox.control("mass")[0]
    with lite_world.runtime.db.session_scope() as session:
        report.job_finished(
            session,
            "mass",
            str(job["msg_id"]),
            "send success",
            {"total": 5, "filter": 5, "sent": 5, "error": 0},
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
    message = outbox(lite_world, openid)
    now = clock.now()
    with lite_world.runtime.db.session_scope() as session:
        session.execute(
            sa.update(OutboxMessage).values(
                status="claimed", lease_owner="dead", lease_until=now + timedelta(minutes=2), called_at=now
            )
        )
    run_engine(lite_world)
    eventually(lambda: outbox_status(lite_world, message) == "unknown", timeout_s=30)
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


def test_what_is_cancelled_in_mid_call_comes_to_rest(lite_world: World, run_engine: Run) -> None:
    lite_world.branch("第一党支部", 5)
    lite_world.branch("第二党支部", 5)
    lite_world.sandbox.faults(
        {"path": SENDALL, "kind": "slow:1", "count": 1}, {"path": SENDALL, "kind": "err:42010", "count": 1}
    )
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部,branch:第二党支部")
    eventually(
        lambda: any(one["status"] == "claimed" for one in lite_world.shown(push)["deliveries"]), timeout_s=30
    )
    with lite_world.runtime.db.session_scope() as session:
        pushes.cancel(session, pushes.get(session, push.id), lite_world.user(session))

    def at_rest() -> bool:
        return not {one["status"] for one in lite_world.shown(push)["deliveries"]} & {"claimed", "planned"}

    eventually(at_rest, timeout_s=30)
    shown = lite_world.shown(push)
    assert shown["status"] == "cancelled"
    assert len(lite_world.sandbox.receipts("mass")) == shown["accepted"]
    with lite_world.runtime.db.read_scope() as session:
        held = session.scalar(sa.select(sa.func.count()).where(QuotaUse.state == "held"))
        assert held == 0


def test_two_pushes_at_once_never_count_on_the_same_last_message(world: World, run_engine: Run) -> None:
    world.branch("第一党支部", 5)
    with world.runtime.db.session_scope() as session:
        for number in range(3):
            push = Push(audience="all", due_at=clock.now(), created_by=1, created_at=clock.now(), skipped={})
            session.add(push)
            session.flush()
            old = Delivery(
                push_id=push.id, road="mass", key=f"old-{number}", status="delivered", due_at=clock.now()
            )
            session.add(old)
            session.flush()
            quota.hold(
                session,
                world.runtime.settings,
                old.id,
                world.openids["第一党支部"],
                to_all=False,
                at=clock.now(),
            )
    made = [world.push("branch:第一党支部") for _ in range(4)]
    run_engine(world)

    def settled() -> bool:
        statuses = sorted(world.shown(push)["status"] for push in made)
        return statuses[:3] == ["failed"] * 3

    eventually(settled, timeout_s=30)
    assert sum(world.shown(push)["planned"] for push in made) == 5
    assert [world.shown(push)["skipped"] for push in made].count({"quota_used": 5}) == 3
    eventually(lambda: set(world.received().values()) == {1}, timeout_s=30)
