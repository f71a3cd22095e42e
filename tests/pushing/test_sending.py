"""A push from its due time to its report, against the local WeChat, with everything that may go wrong on the way."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from community import tags
from database import claims
from ground import clock
from ground.errors import Conflict, Refused
from localwechat.testing import SandboxControl
from models import Article, Column, InstanceLease, Push, QuotaUse, TagChange
from scheduler import instance, pushes, report
from scheduler.engine import Engine
from scheduler.tick import Ticker
from tests.fixtures.processes import eventually
from tests.world.linked import World, jump, make_world, settings_for, wait_status

SENDALL = "/cgi-bin/message/mass/sendall"
SEND = "/cgi-bin/message/mass/send"
TEMPLATE = "/cgi-bin/message/template/send"
CUSTOM = "/cgi-bin/message/custom/send"
TAGGING = "/cgi-bin/tags/members/batchtagging"

Run = Callable[[World], Engine]
Until = Callable[[World, int, str], dict[str, Any]]


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
            at=clock.now(),
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


@pytest.mark.parametrize("hours", [25, 23.98])  # or will have, by the time that a slow call arrives
def test_a_key_that_wechat_has_forgotten_is_never_used_again(
    lite_world: World, run_engine: Run, until: Until, hours: float
) -> None:
    lite_world.branch("第一党支部", 5)
    lite_world.sandbox.faults({"path": SENDALL, "kind": "drop_after", "count": 1})
    engine = run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    until(lite_world, push.id, "unknown")
    jump(lite_world, hours=hours)
    engine.tick()
    shown = wait_status(lite_world, push.id, "unknown")
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


def test_a_tag_that_wechat_is_just_giving_is_waited_for(
    lite_world: World, run_engine: Run, until: Until
) -> None:
    lite_world.branch("第一党支部", 1, tagged=False)
    with lite_world.runtime.db.session_scope() as session:
        tags.reconcile(session, at=clock.now())
    lite_world.sandbox.faults({"path": TAGGING, "kind": "slow:2", "count": 1})
    push = lite_world.push("branch:第一党支部")
    with ThreadPoolExecutor() as pool:
        tagging = pool.submit(tags.work, lite_world.runtime.db, lite_world.runtime.client)
        eventually(lambda: 1 in _tries(lite_world))
        engine = run_engine(lite_world)
        engine.tick()
        assert tagging.result(30) >= 1
    until(lite_world, push.id, "accepted")
    assert set(lite_world.received().values()) == {1}


def _tries(world: World) -> list[int]:
    with world.runtime.db.read_scope() as session:
        return list(session.scalars(sa.select(TagChange.attempts)))


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
        pushes.resume(session, pushes.get(session, push.id), lite_world.user(session), at=clock.now())
    until(lite_world, push.id, "accepted")
    assert set(lite_world.received().values()) == {1}


def test_refused_content_fails_the_whole_push_and_gives_the_quota_back(
    wechat: SandboxControl, sqlite_url: str, tmp_path: Path, run_engine: Run
) -> None:
    in_lists_of_five = settings_for(wechat, sqlite_url, str(tmp_path / "var"), mass_max_openids=5)
    world = make_world(wechat, in_lists_of_five)
    world.branch("第一党支部", 5)
    world.branch("第二党支部", 5)
    world.sandbox.faults({"path": SEND, "kind": "err:41040", "count": 1})
    run_engine(world)
    push = world.push("branch:第一党支部,branch:第二党支部")
    shown = wait_status(world, push.id, "failed")
    assert (shown["failed"], len(shown["deliveries"])) == (10, 2)
    assert not world.sandbox.receipts("mass")
    with world.runtime.db.read_scope() as session:
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
            session,
            "mass",
            str(job["msg_id"]),
            "send success",
            {"total": 5, "sent": 5},
            at=clock.now(),
        )
    assert not early
    assert wait_status(lite_world, push.id, "sent")["delivered"] == 5
    with lite_world.runtime.db.session_scope() as session:
        assert report.job_finished(
            session,
            "mass",
            str(job["msg_id"]),
            "send success",
            {"total": 5, "sent": 5},
            at=clock.now(),
        )
    assert lite_world.shown(push)["delivered"] == 5


def test_a_job_without_event_is_asked_about_after_minutes_and_its_event_still_gives_the_counts(
    lite_world: World, run_engine: Run, until: Until
) -> None:
    lite_world.branch("第一党支部", 5)
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    (call,) = until(lite_world, push.id, "accepted")["deliveries"]
    jump(lite_world, minutes=6)
    shown = wait_status(lite_world, push.id, "sent")
    assert (shown["delivered"], shown["deliveries"][0]["sent"]) == (5, None)
    counts = {"total": 5, "filter": 5, "sent": 4, "error": 1}
    for _ in range(2):
        with lite_world.runtime.db.session_scope() as session:
            urls = {1: "http://mp.weixin.qq.com/s/late"}
            report.job_finished(session, "mass", call["msg_id"], "send success", counts, urls, at=clock.now())
    late = lite_world.shown(push)
    assert (late["status"], late["delivered"], late["failed"]) == ("sent", 4, 1)
    assert late["articles"][0]["url"] == "http://mp.weixin.qq.com/s/late"


def test_a_refused_job_fails_the_push_in_plain_words(
    lite_world: World, run_engine: Run, until: Until
) -> None:
    lite_world.branch("第一党支部", 5)
    run_engine(lite_world)
    push = lite_world.push("branch:第一党支部")
    shown = until(lite_world, push.id, "accepted")
    with lite_world.runtime.db.session_scope() as session:
        report.job_finished(session, "mass", shown["deliveries"][0]["msg_id"], "err(20008)", at=clock.now())
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
        pushes.resume(session, pushes.get(session, push.id), lite_world.user(session), at=clock.now())
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
        assert "还没有发出" in pushes.pause(session, pushes.get(session, paused.id), user, at=clock.now())
        pushes.cancel(session, pushes.get(session, cancelled.id), user, at=clock.now())
        with pytest.raises(Conflict):
            pushes.resume(session, pushes.get(session, cancelled.id), user, at=clock.now())
    engine = run_engine(lite_world)
    for _ in range(5):
        engine.tick()
    assert not lite_world.sandbox.receipts("mass")
    with lite_world.runtime.db.session_scope() as session:
        pushes.resume(session, pushes.get(session, paused.id), lite_world.user(session), at=clock.now())
    until(lite_world, paused.id, "accepted")
    with lite_world.runtime.db.session_scope() as session, pytest.raises(Conflict):
        pushes.cancel(session, pushes.get(session, paused.id), lite_world.user(session), at=clock.now())
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
        pushes.resume(session, pushes.get(session, push.id), lite_world.user(session), at=clock.now())
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
        session.execute(sa.update(Article).values(queued_at=clock.now() - timedelta(hours=1)))
        instance.take(session, instance.fingerprint(world.runtime.settings), clock.now())
    clocks = [Ticker(world.runtime, lambda _kind, _row: None) for _ in range(3)]
    threads = [threading.Thread(target=one.tick) for one in clocks]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.runtime.db.read_scope() as session:
        made = list(session.scalars(sa.select(Push)))
        assert [(one.title, one.status) for one in made] == [("第一篇", "sending")]
        assert session.get_one(Article, first).status == "planned"
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
