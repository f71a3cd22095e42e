"""Why a push did not reach everybody, in words and numbers; and to whom it is sent again."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from app import create_app
from database.moving import move
from ground import clock
from ground.errors import Conflict
from localwechat.testing import SandboxControl
from models import Delivery, Push, QuotaUse, Target
from runtime import Runtime, build
from scheduler import audience, failures, outcome, planner, report, resending, roads
from scheduler import pushes as pushed
from scheduler.engine import Engine
from scheduler.life import PUSH
from scheduler.planner import Plan
from tests.fixtures.configuration import make_settings
from tests.world import pushes
from tests.world.linked import World, make_world, settings_for, wait_status
from wechat.outbound.failures import of_answer
from wechat.outbound.groups import Group

Run = Callable[[World], Engine]


@pytest.fixture
def office(database_url: str, tmp_path: Path) -> Iterator[Runtime]:
    """The parts of a process, without a WeChat."""
    made = build(make_settings(database={"url": database_url}, server={"data_dir": str(tmp_path / "var")}))
    yield made
    made.close()


def notices(office: Runtime, people: int) -> list[int]:
    """The deliveries of a push of notices to so many, each its own."""
    calls = [roads.Planned([f"o{n}"], "关注者", Target.FOLLOWER, openids=[f"o{n}"]) for n in range(people)]
    return pushes.planned(office, Plan([planner.Route(roads.of("template"), calls)], {}))


def refuse(office: Runtime, ids: list[int], code: int) -> None:
    """WeChat answers the calls with this code."""
    error = of_answer({"errmsg": "x"}, code, group=Group.TEMPLATE, path="/x", repeatable=False)
    now = clock.now()
    became = outcome.of_failure(
        error, road=roads.of("template"), settings=office.settings, attempts=1, first=True, now=now
    )
    with office.db.session_scope() as session:
        for ident in ids:
            delivery = session.get_one(Delivery, ident)
            report.failed(session, delivery, now, became.message, became.code)


def tell(office: Runtime, ids: list[int], status: str) -> None:
    """WeChat takes the calls, and its event says this."""
    with office.db.session_scope() as session:
        for ident in ids:
            now, delivery = clock.now(), session.get_one(Delivery, ident)
            report.accepted(session, delivery, msg_id=f"job-{ident}", msg_data_id="", ask_at=now, now=now)
            report.job_finished(session, "template", f"job-{ident}", status, at=now)


def causes(office: Runtime, delivery_id: int) -> list[failures.Cause]:
    """Those of the delivery's push."""
    with office.db.read_scope() as session:
        push_id = session.get_one(Delivery, delivery_id).push_id
        assert push_id is not None
        return failures.of_push(session, push_id)


def test_failures_are_one_line_a_cause_in_words_with_their_number(office: Runtime) -> None:
    ids = notices(office, 10)
    refuse(office, ids[:3], 48002)
    refuse(office, ids[3:5], 43117)
    tell(office, ids[5:6], "failed: system failed")
    tell(office, ids[6:8], "success")
    with office.db.session_scope() as session:
        lost = session.get_one(Delivery, ids[8])
        lost.status, lost.finished_at = "unknown", clock.now()
    found = causes(office, ids[0])
    assert [(one.people, one.certain, one.passing) for one in found] == [
        (3, True, False), (2, True, True), (1, True, True), (1, False, False)
    ]  # fmt: skip
    said = [one.words for one in found]
    assert said[0].startswith("对方拒收本账号的消息（错误码 48002）")
    assert said[2] == "微信系统失败（failed: system failed）"
    assert "核对" in said[3]


def test_whom_a_mass_message_passed_over_is_a_number_without_names(office: Runtime) -> None:
    ident = pushes.sending(office, [f"o{n}" for n in range(20)])
    with office.db.session_scope() as session:
        now, delivery = clock.now(), session.get_one(Delivery, ident)
        report.accepted(session, delivery, msg_id="1", msg_data_id="", ask_at=now, now=now)
        counts = {"total": 20, "filter": 17, "sent": 15, "error": 2}
        report.job_finished(session, "mass", "1", "send success", counts, at=now)
    found = causes(office, ident)
    assert [(one.people, one.named, one.passing) for one in found] == [(3, False, False), (2, False, False)]
    assert "没有发给他们" in found[0].words
    assert "发送时出错" in found[1].words


# --- Sending it again to those who certainly got nothing -----------------------------------------------------------


@pytest.fixture
def ready(world: World) -> World:
    """A branch of six who follow, and a push to them that is over: nothing was called."""
    world.branch("第一党支部", 6, tagged=False)
    return world


def ended(world: World, fates: Sequence[str], **more: Any) -> int:
    """A push of an article to the branch, each person in a call of their own with this fate; its number."""
    push = world.push("branch:第一党支部", **more)
    people = world.openids["第一党支部"]
    calls = [roads.Planned([one], "名单", Target.LIST, openids=[one]) for one in people[: len(fates)]]
    now = clock.now()
    with world.runtime.db.session_scope() as session:
        made = pushed.get(session, push.id)
        move(session, Push, made.id, PUSH.step("clock.release"))
        made.planned_at, made.planned, made.planned_roads = now, len(calls), "mass"
        written = Plan([planner.Route(roads.of("mass"), calls)], {})
        ids = planner.write(session, world.runtime.settings, made, written, now)
        for ident, fate in zip(ids, fates, strict=True):
            delivery = session.get_one(Delivery, ident)
            delivery.status = "claimed"
            session.flush()
            if fate == "unknown":
                delivery.status, delivery.finished_at = "unknown", now
            elif fate == "delivered":
                report.arrived(session, delivery, now)
            else:
                report.failed(session, delivery, now, roads.of("mass").hint(fate))
        report.settle(session, made, now)
    return push.id


def again(world: World, push_id: int) -> Push:
    """The editor sends it again."""
    with world.runtime.db.session_scope() as session:
        user, failed = world.user(session), pushed.get(session, push_id)
        return resending.resend(session, world.runtime.settings, user, failed, at=clock.now()).push


def offered(world: World, push_id: int) -> resending.Offer | None:
    """What the push's page offers."""
    with world.runtime.db.read_scope() as session:
        return resending.offer(session, pushed.get(session, push_id), at=clock.now())


def test_only_those_who_certainly_got_nothing_are_sent_it_again(ready: World, run_engine: Run) -> None:
    failed = ended(ready, ["delivered", "send fail", "send fail", "send fail", "unknown"])
    made = again(ready, failed)
    assert (made.again_of, made.audience, made.planned) == (failed, f"failed:{failed}", 3)
    run_engine(ready)
    wait_status(ready, made.id, "awaiting_result", "sent")
    people = ready.openids["第一党支部"]
    assert ready.received() == {one: int(one in people[1:4]) for one in people}
    assert ready.shown(made)["again_of"] == failed


def test_it_is_sent_again_once_though_two_ask_for_it(ready: World) -> None:
    failed = ended(ready, ["send fail", "send fail"])
    again(ready, failed)
    with pytest.raises(Conflict, match="正在重发"):
        again(ready, failed)
    with ready.runtime.db.session_scope() as session:
        second = session.scalars(sa.select(Push).where(Push.again_of == failed)).one()
        pushed.cancel(session, second, ready.user(session), at=clock.now())
    assert again(ready, failed).planned == 2


def test_a_cause_that_stays_is_said_and_nothing_is_offered(ready: World) -> None:
    failed = ended(ready, ["err(20008)", "err(20008)"])
    refused = offered(ready, failed)
    assert refused is not None
    assert (refused.audience, refused.said) == ("", "这些原因不会自行消失，重发也收不到")
    with pytest.raises(Conflict, match="重发也收不到"):
        again(ready, failed)


def test_what_is_in_doubt_alone_is_not_offered(ready: World) -> None:
    doubtful = ended(ready, ["delivered", "unknown"])
    assert offered(ready, doubtful) is None
    with pytest.raises(Conflict, match="不用重发"):
        again(ready, doubtful)


def test_quota_that_is_used_up_is_said_as_for_any_push(ready: World) -> None:
    failed = ended(ready, ["send fail", "send fail", "send fail"])
    most = ready.runtime.settings.wechat.limits.mass_per_follower_month
    used = {"period": clock.month_key(clock.now()), "state": "used", "at": clock.now(), "delivery_id": None}
    with ready.runtime.db.session_scope() as session:
        person = ready.openids["第一党支部"][0]
        session.execute(sa.insert(QuotaUse), [{"subject": person, **used} for _ in range(most)])
    made = again(ready, failed)
    assert (made.planned, made.skipped) == (2, {"quota_used": 1})


@pytest.fixture
def nameless(wechat: SandboxControl, sqlite_url: str, tmp_path: Path) -> Iterator[World]:
    """A 公众号, to which WeChat tells numbers and no names."""
    settings = settings_for(wechat, sqlite_url, str(tmp_path / "var"))
    wechat.account(type="subscription")
    account = msgspec.structs.replace(settings.wechat, account_type="subscription")
    world = make_world(wechat, msgspec.structs.replace(settings, wechat=account))
    world.branch("第一党支部", 4)
    yield world
    world.runtime.close()


def to_the_tag(world: World, push_id: int, fate: str) -> int:
    """Its only call, to the branch's tag, with this fate; the delivery's number."""
    now = clock.now()
    with world.runtime.db.session_scope() as session:
        made = pushed.get(session, push_id)
        move(session, Push, made.id, PUSH.step("clock.release"))
        made.planned_at = now
        to = [roads.Planned(world.openids["第一党支部"], "第一党支部", Target.TAG, 1)]
        plan = Plan([planner.Route(roads.of("mass"), to)], {})
        (ident,) = planner.write(session, world.runtime.settings, made, plan, now)
        delivery = session.get_one(Delivery, ident)
        if fate == "failed":
            report.failed(session, delivery, now, roads.of("mass").hint("err(40002)"))
        else:
            delivery.status, delivery.finished_at = fate, now
            session.flush()
            report.settle(session, made, now)
    return ident


def test_an_account_that_names_nobody_sends_again_to_all_of_it_or_to_none(nameless: World) -> None:
    push = nameless.push("branch:第一党支部")
    ident = to_the_tag(nameless, push.id, "failed")
    whole = offered(nameless, push.id)
    assert whole == resending.Offer("branch:第一党支部", 4)
    with nameless.runtime.db.session_scope() as session:
        delivery = session.get_one(Delivery, ident)
        delivery.status, delivery.sent_count, delivery.error_count, delivery.error = "delivered", 3, 1, ""
        move(session, Push, push.id, PUSH.step("result.partly"))
    partly = offered(nameless, push.id)
    assert partly is not None
    assert (partly.audience, partly.said[:14]) == ("", "微信只给人数，不给名单，不知")


@pytest.mark.parametrize("fate", ["delivered", "unknown"])
def test_what_a_repeat_brought_or_may_have_brought_to_all_is_not_sent_a_third_time(
    nameless: World, fate: str
) -> None:
    push = nameless.push("branch:第一党支部")
    to_the_tag(nameless, push.id, "failed")
    repeat = again(nameless, push.id)
    to_the_tag(nameless, repeat.id, fate)
    refused = offered(nameless, push.id)
    assert refused is not None
    assert (refused.audience, refused.said[:9]) == ("", "这次推送已经重发过")
    with pytest.raises(Conflict, match="已经重发过"):
        again(nameless, push.id)


def test_where_a_repeat_failed_as_well_it_may_be_tried_again(nameless: World) -> None:
    push = nameless.push("branch:第一党支部")
    to_the_tag(nameless, push.id, "failed")
    to_the_tag(nameless, again(nameless, push.id).id, "failed")
    assert offered(nameless, push.id) == resending.Offer("branch:第一党支部", 4)


def test_of_those_in_doubt_nobody_is_sent_it_again_and_whoever_leaves_them_out_leaves_all_out(
    ready: World,
) -> None:
    failed = ended(ready, ["delivered", "send fail", "send fail", "unknown"])
    people = ready.openids["第一党支部"]

    def meant(text: str) -> set[str]:
        with ready.runtime.db.read_scope() as session:
            chosen = audience.parse(session, text, at=clock.now())
            return {person.openid for person in audience.people(session, chosen)}

    assert meant(f"failed:{failed}") == set(people[1:3])
    assert meant(f"all without failed:{failed}") == {people[0], *people[4:]}
    again(ready, failed)
    assert meant(f"failed:{failed}") == set(people[1:3])  # nothing of it was called yet


def test_the_command_line_says_the_causes_and_sends_again(lite_world: World) -> None:
    lite_world.branch("第一党支部", 4, tagged=False)
    failed = str(ended(lite_world, ["delivered", "send fail", "send fail", "unknown"]))
    runner = create_app(lite_world.runtime.settings).test_cli_runner()
    told = runner.invoke(args=["push", "show", failed]).stdout
    assert "失败 2 人：微信返回失败（send fail）" in told
    assert "待核对 1 人：" in told
    done = runner.invoke(args=["push", "resend", failed, "--as", "editor", "--json"])
    assert done.exit_code == 0, done.stderr
    made = json.loads(done.stdout)
    assert made["planned"] == 2
    told = runner.invoke(args=["push", "show", failed]).stdout
    assert f"已重发：推送 {made['id']}" in told
    assert f"重发自推送 {failed}" in runner.invoke(args=["push", "show", str(made["id"])]).stdout
