"""What was taken back is deleted at WeChat, however often the call is lost; a refusal is kept with what to do next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from content import corrections, drafting, finding, reading, review
from content.revisions import fields_of
from ground import clock
from ground.errors import Conflict
from localwechat.testing import SandboxControl
from models import Push, Removal
from scheduler import removing
from scheduler.engine import Engine
from tests.fixtures.processes import eventually
from tests.pushing.test_plans_that_hold import FIRST
from tests.world import accounts
from tests.world.linked import World, jump, make_world, settings_for, wait_status

DELETE = "/cgi-bin/message/mass/delete"
Run = Callable[[World], Engine]


def out(world: World, run_engine: Run, article: int) -> Push:
    """The article has reached its readers."""
    world.branch("第一党支部", 5)
    run_engine(world)
    push = world.push(FIRST, article_ids=[world.article("头条"), article])
    wait_status(world, push.id, "awaiting_result")
    jump(world, minutes=world.runtime.settings.wechat.limits.mass_result_minutes + 1)
    wait_status(world, push.id, "sent")
    return push


def retract(world: World, article: int) -> int:
    """Two persons take it back; the retraction's number."""
    with world.runtime.db.session_scope() as session:
        asked = corrections.ask_to_retract(
            session,
            article,
            world.user(session),
            reason="活动时间写错了",
            note_="活动已取消，以社区通知为准。",
            at=clock.now(),
        )
        corrections.retract(session, asked.id, accounts.reviewers(session)[0], at=clock.now())
        return asked.id


def ends(world: World) -> None:
    """WeChat has finished the job, and is asked about it."""
    jump(world, minutes=world.runtime.settings.wechat.limits.mass_result_minutes + 1)


def correct(world: World, article: int) -> int:
    """Another text is reviewed and stands in its place; the correction's number."""
    with world.runtime.db.session_scope() as session:
        editor, at, limits = world.user(session), clock.now(), world.runtime.settings
        draft = corrections.begin(
            session, article, editor, reason="活动时间写错了", note_="时间应为 12 月 5 日。", at=at
        )
        fields = replace(fields_of(draft), title=f"{draft.title}（更正）")
        drafting.save(
            session, draft.id, editor, fields, expected_version=1, limits=limits.wechat.limits, at=at
        )
        review.submit(session, draft.id, editor, limits=limits.wechat.limits, at=at)
        for reviewer in accounts.reviewers(session):
            review.approve(session, draft.id, reviewer, limits=limits.limits, at=at)
        found = corrections.corrects(session, draft.id)
        assert found is not None
        return found.id


def removals(world: World, correction: int) -> list[Removal]:
    with world.runtime.db.read_scope() as session:
        return removing.of_corrections(session, [correction]).get(correction, [])


def work(world: World) -> int:
    return removing.work(world.runtime.db, world.runtime.client)


def become(world: World, correction: int, *statuses: str) -> list[Removal]:
    """Once they have these states: the engine works on them, too."""
    eventually(lambda: [one.status for one in removals(world, correction)] == [*statuses])
    return removals(world, correction)


def test_the_page_of_what_was_taken_back_is_deleted_at_wechat(world: World, run_engine: Run) -> None:
    article = world.article("要撤回的")
    out(world, run_engine, article)
    number = retract(world, article)
    work(world)
    (removal,) = become(world, number, "done")
    assert (removal.position, removal.error) == (2, "")
    (call,) = [call for call in world.sandbox.log("api") if DELETE in str(call)]
    assert removal.msg_id in str(call)


@pytest.mark.parametrize("fault", ["drop_after", "drop_before", "err:-1"])
def test_a_lost_answer_is_asked_for_again(lite_world: World, run_engine: Run, fault: str) -> None:
    article = lite_world.article("要撤回的")
    out(lite_world, run_engine, article)
    lite_world.sandbox.faults({"path": DELETE, "kind": fault, "count": 1})
    number = retract(lite_world, article)
    work(lite_world)
    eventually(lambda: removals(lite_world, number)[0].error)
    assert removals(lite_world, number)[0].status == "wanted"
    jump(lite_world, minutes=11)
    work(lite_world)
    become(lite_world, number, "done")


def test_a_refusal_says_what_to_do_and_may_be_tried_again(lite_world: World, run_engine: Run) -> None:
    article = lite_world.article("要撤回的")
    out(lite_world, run_engine, article)
    lite_world.sandbox.faults({"path": DELETE, "kind": "err:48001", "count": 1})
    number = retract(lite_world, article)
    work(lite_world)
    (removal,) = become(lite_world, number, "refused")
    assert removal.error.endswith("请登录公众号后台，在“发表记录”里删除这一篇")
    with lite_world.runtime.db.session_scope() as session:
        removing.again(session, removal.id, accounts.reviewers(session)[0], at=clock.now())
    work(lite_world)
    become(lite_world, number, "done")
    with lite_world.runtime.db.session_scope() as session, pytest.raises(Conflict):
        removing.again(session, removal.id, accounts.reviewers(session)[0], at=clock.now())


def test_what_never_went_out_by_wechat_needs_no_deletion(lite_world: World) -> None:
    article = lite_world.article("只在手机页面", status="published")
    number = retract(lite_world, article)
    work(lite_world)
    assert removals(lite_world, number) == []
    with lite_world.runtime.db.read_scope() as session:
        assert corrections.get_one(session, number).removals_made


def test_what_was_sent_with_two_drafts_has_two_pages(
    wechat: SandboxControl, sqlite_url: str, tmp_path: Path, run_engine: Run
) -> None:
    wechat.settings(draft_reusable=False)
    world = make_world(wechat, settings_for(wechat, sqlite_url, str(tmp_path / "var"), mass_max_openids=5))
    world.branch("第一党支部", 13, tagged=False)
    run_engine(world)
    article = world.article("要撤回的")
    push = world.push(FIRST, article)
    wait_status(world, push.id, "awaiting_result")
    number = retract(world, article)
    ends(world)
    eventually(lambda: len(removals(world, number)) == 3)
    assert len({one.msg_id for one in removals(world, number)}) == 3
    world.runtime.close()


def test_a_send_of_unknown_fate_is_deleted_by_hand(lite_world: World, run_engine: Run) -> None:
    article = lite_world.article("要撤回的")
    lite_world.branch("第一党支部", 5)
    lite_world.sandbox.faults({"path": "/cgi-bin/message/mass/sendall", "kind": "drop_after", "count": 1})
    engine = run_engine(lite_world)
    push = lite_world.push(FIRST, article)
    eventually(lambda: lite_world.shown(push)["unknown"] == 5, timeout_s=30)
    jump(lite_world, hours=25)
    engine.tick()
    wait_status(lite_world, push.id, "unknown")
    number = retract(lite_world, article)
    work(lite_world)
    (lost,) = become(lite_world, number, "refused")
    assert "微信没有给出编号" in lost.error
    with lite_world.runtime.db.session_scope() as session, pytest.raises(Conflict, match="公众号后台"):
        removing.again(session, lost.id, accounts.reviewers(session)[0], at=clock.now())


def test_a_wrong_message_is_taken_back_while_its_result_is_awaited(
    lite_world: World, run_engine: Run
) -> None:
    lite_world.branch("第一党支部", 5)
    run_engine(lite_world)
    article = lite_world.article("要撤回的")
    push = lite_world.push(FIRST, article)
    wait_status(lite_world, push.id, "awaiting_result")
    number = retract(lite_world, article)
    work(lite_world)
    assert (
        removals(lite_world, number) == []
    )  # WeChat deletes what it has finished sending, and says 40059 until then
    with lite_world.runtime.db.read_scope() as session:
        assert reading.article(session, article).status == "retracted"
    ends(lite_world)
    wait_status(lite_world, push.id, "sent")
    work(lite_world)
    (gone,) = become(lite_world, number, "done")
    assert gone.attempts == 1
    with lite_world.runtime.db.read_scope() as session:
        assert finding.get(session, article).status == "retracted"


def test_what_was_corrected_stays_at_wechat_until_a_person_has_it_deleted(
    lite_world: World, run_engine: Run
) -> None:
    article = lite_world.article("要更正的")
    push = out(lite_world, run_engine, article)
    number = correct(lite_world, article)
    work(lite_world)
    (page,) = become(lite_world, number, "kept")
    assert (page.position, page.attempts) == (2, 0)
    again = lite_world.push(FIRST, article)  # with the corrected text: this page is as it should be
    wait_status(lite_world, again.id, "awaiting_result")
    ends(lite_world)
    wait_status(lite_world, again.id, "sent")
    assert again.id != push.id
    second = correct(lite_world, article)  # both pages show a former text now
    work(lite_world)
    former, _ = become(lite_world, second, "kept", "kept")
    assert removals(lite_world, number) == []
    reviewer = accounts.reviewers
    with lite_world.runtime.db.session_scope() as session:
        removing.ask(session, former.id, reviewer(session)[0], at=clock.now())
    work(lite_world)
    become(lite_world, second, "done", "kept")
    with lite_world.runtime.db.session_scope() as session:
        left = removals(lite_world, second)[1]
        removing.mend(session, left.id, reviewer(session)[0], at=clock.now())
    become(lite_world, second, "done", "mended")
    third = retract(lite_world, article)
    work(lite_world)
    (last,) = become(lite_world, third, "done")  # the other one is gone already
    assert last.msg_id == left.msg_id
