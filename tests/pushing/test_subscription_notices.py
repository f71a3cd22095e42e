"""订阅通知: never sent without consent; given, used up, refused, over; one consent, one notice, whatever happens."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from community import invitation, signing_up
from ground import clock
from localwechat.testing import SandboxControl
from models import Activity, Delivery, Follower, JobResult, NoticeConsent
from scheduler import changes, notice_consents, report, roads, settling
from scheduler.engine import Engine
from scheduler.outcome import Next, Outcome
from settings import Settings, with_base_url
from tests.fixtures.processes import eventually
from tests.world import messages
from tests.world.linked import World, jump, make_world, settings_for, wait_status
from wechat.wire.messages import SentNotice, SubscriptionSent

BIZSEND = "/cgi-bin/message/subscribe/bizsend"
TEMPLATE = "SANDBOX_NOTICE_ACTIVITY"
BRANCH = "第一党支部"

pytestmark = pytest.mark.slow

Run = Callable[[World], Engine]


def with_notices(settings: Settings, **more: Any) -> Settings:
    """The settings of an account that has notices for activities and for articles."""
    wechat = msgspec.structs.replace(
        settings.wechat,
        notice_activity_template=TEMPLATE,
        notice_article_template="SANDBOX_NOTICE_ARTICLE",
        **more,
    )
    return msgspec.structs.replace(with_base_url(settings, "https://pioneer.example"), wechat=wechat)


@dataclass
class Noticing:
    """A branch of five, of whom ``agreed`` tapped 订阅 and 允许 once on their phones."""

    world: World
    agreed: list[str]

    def consent(self, openid: str, answer: str = "accept", *, heard: bool = True) -> None:
        """Somebody answers on their phone; ``heard``: the event gets here."""
        self.world.sandbox.act(openid, "consent", template_id=TEMPLATE, answer=answer)
        if heard:
            self.hear(openid, answer)

    def hear(self, openid: str, answer: str = "accept") -> None:
        count = notice_consents.grant if answer == "accept" else notice_consents.refuse
        with self.world.runtime.db.session_scope() as session:
            assert count(session, openid, TEMPLATE, sent_at=clock.now())

    def notice(self, activity: int | None = None) -> int:
        """An editor gives notice of an activity by this road; the push's number."""
        activity = activity or self.world.activity()
        return self.world.push(f"branch:{BRANCH}", activity_id=activity, road="subscribe").id

    def got(self) -> list[str]:
        return sorted(one["openid"] for one in self.world.sandbox.receipts("subscribe"))

    def left(self, openid: str) -> int:
        with self.world.runtime.db.read_scope() as session:
            row = session.scalars(
                sa.select(NoticeConsent).join(Follower).where(Follower.openid == openid)
            ).one()
            return max(row.told, row.seen) - row.spent


@contextmanager
def opened(wechat: SandboxControl, url: str, folder: Path) -> Iterator[Noticing]:
    """WeChat's events go nowhere, and are told by the test."""
    world = make_world(wechat, with_notices(settings_for(wechat, url, str(folder / "var"))))
    world.branch(BRANCH, 5, tagged=False)
    made = Noticing(world, sorted(world.openids[BRANCH][:2]))
    for openid in made.agreed:
        made.consent(openid)
    yield made
    world.runtime.close()


@pytest.fixture
def noticing(wechat: SandboxControl, sqlite_url: str, tmp_path: Path) -> Iterator[Noticing]:
    with opened(wechat, sqlite_url, tmp_path) as made:
        yield made


@pytest.fixture
def noticing_on_both(wechat: SandboxControl, database_url: str, tmp_path: Path) -> Iterator[Noticing]:
    """Where several transactions write side by side."""
    with opened(wechat, database_url, tmp_path) as made:
        yield made


def told(noticing: Noticing, openid: str, msg_id: str, code: int = 0, *, ago_s: float = 0) -> None:
    """WeChat tells what became of a notice to somebody."""
    at = clock.now() - timedelta(seconds=ago_s)
    sent = (SentNotice(TEMPLATE, msg_id, code, "success" if not code else "user block"),)
    event = SubscriptionSent("gh", openid, int(at.timestamp()), f"k{msg_id}", sent)
    with noticing.world.runtime.db.session_scope() as session:
        report.event_came(session, event, at=clock.now())


def test_who_agreed_gets_one_notice_and_a_second_one_only_by_a_new_consent(
    noticing: Noticing, run_engine: Run
) -> None:
    world, (first, second) = noticing.world, noticing.agreed
    run_engine(world)
    activity = world.activity("主题党日，" + "一个很长很长的活动名称" * 3)
    push = noticing.notice(activity)
    shown = wait_status(world, push, "awaiting_result")
    assert (shown["planned"], shown["accepted"], shown["skipped"]) == (2, 2, {"no_consent": 3})
    assert noticing.got() == [first, second]
    chat = str(world.sandbox.chat(first))
    assert invitation.path(activity) in chat
    assert "主题党日，一个很长很长的活动名称一个很…" in chat  # a thing of 20 characters
    assert [noticing.left(one) for one in noticing.agreed] == [0, 0]
    told(noticing, first, "91")
    told(noticing, first, "91")  # once more
    told(noticing, second, "92", 43101)
    shown = wait_status(world, push, "partly_failed")
    assert (shown["delivered"], shown["failed"]) == (1, 1)
    assert "已拒收" in str(shown["deliveries"])

    again = noticing.notice()
    assert wait_status(world, again, "failed")["skipped"] == {"no_consent": 3, "consent_used": 2}
    assert noticing.got() == [first, second], "nothing without a consent"
    noticing.consent(first)
    third = noticing.notice()
    wait_status(world, third, "awaiting_result")
    assert noticing.got() == sorted([first, first, second])


def test_refused_over_and_muted_get_none_and_a_refusal_outlives_a_late_event(
    noticing: Noticing, run_engine: Run
) -> None:
    world, (first, second) = noticing.world, noticing.agreed
    with world.runtime.db.session_scope() as session:
        before = clock.now()
    jump(world, minutes=1)
    noticing.hear(first, "reject")
    with world.runtime.db.session_scope() as session:
        assert not notice_consents.grant(session, first, TEMPLATE, sent_at=before), "told too late"
        assert not notice_consents.grant(session, "oNobody", TEMPLATE, sent_at=before)
    world.sandbox.clock(at=(clock.now() + timedelta(days=366)).isoformat())
    clock.sync()
    run_engine(world)
    push = noticing.notice()
    skipped = wait_status(world, push, "failed")["skipped"]
    assert skipped == {"no_consent": 3, "consent_refused": 1, "consent_over": 1}
    with world.runtime.db.read_scope() as session:
        offer = notice_consents.offer(world.runtime.settings, "activity")
        assert offer is not None
        found = notice_consents.numbers(session, offer.road, world.runtime.settings, offer.kind, clock.now())
    assert found == notice_consents.Numbers(agreed=0, used=0, over=1, refused=1)
    assert noticing.got() == []
    noticing.consent(second)  # agreed anew, it holds again
    wait_status(world, noticing.notice(), "awaiting_result")
    assert noticing.got() == [second]


@pytest.mark.parametrize(
    ("fault", "ends_as", "arrived", "left"),
    [
        ("drop_after", "unknown", 1, 0),
        ("drop_before", "unknown", 0, 0),  # nobody can know
        ("err:40003", "failed", 0, 1),  # a certain no gives it back
        ("err:43101", "failed", 0, 0),  # WeChat knows of none
    ],
)
def test_a_call_without_an_answer_is_never_made_again_and_its_consent_is_spent(
    noticing: Noticing, run_engine: Run, fault: str, ends_as: str, arrived: int, left: int
) -> None:
    world, (first, second) = noticing.world, noticing.agreed
    jump(world, minutes=1)
    noticing.hear(second, "reject")
    world.sandbox.faults({"path": BIZSEND, "kind": fault, "count": 1})
    engine = run_engine(world)
    push = noticing.notice()
    wait_status(world, push, ends_as)
    jump(world, minutes=30)
    for _ in range(3):
        engine.tick()
    assert len(noticing.got()) == arrived
    assert noticing.left(first) == left
    if ends_as == "unknown":
        told(noticing, first, "77", ago_s=30 * 60)  # the event comes half an hour late, and decides
        assert world.shown(push)["status"] == "sent"


def test_two_pushes_at_once_never_spend_the_same_consent(noticing_on_both: Noticing, run_engine: Run) -> None:
    noticing, world = noticing_on_both, noticing_on_both.world
    made = [noticing.notice() for _ in range(3)]
    run_engine(world)
    ended = ("awaiting_result", "failed", "partly_failed")
    for push in made:
        wait_status(world, push, *ended)
    eventually(lambda: len(noticing.got()) == 2, timeout_s=30)
    assert noticing.got() == noticing.agreed
    with world.runtime.db.read_scope() as session:
        refused = session.scalars(sa.select(Delivery.error).where(Delivery.error_code.is_not(None)))
        assert list(refused) == [], "WeChat never had to refuse one"


def test_of_two_notices_at_the_same_time_nobody_guesses_which_one_an_event_is_about(
    noticing: Noticing, run_engine: Run
) -> None:
    world, (first, second) = noticing.world, noticing.agreed
    noticing.consent(first)
    run_engine(world)
    made = [noticing.notice() for _ in range(2)]
    for push in made:
        wait_status(world, push, "awaiting_result")
    told(noticing, first, "51")
    with world.runtime.db.read_scope() as session:
        assert session.scalars(sa.select(JobResult.matched).where(JobResult.msg_id == "51")).one() is False
    told(noticing, second, "52")
    jump(world, minutes=11)
    statuses = {wait_status(world, push, "unknown", "sent", "partly_failed")["status"] for push in made}
    assert "unknown" in statuses
    assert all("failed" not in str(one["status"]) for push in made for one in world.shown(push)["deliveries"])


def test_an_event_and_the_page_that_saw_the_same_tap_count_once(noticing: Noticing) -> None:
    world, (first, _) = noticing.world, noticing.agreed
    offer = notice_consents.offer(world.runtime.settings, "activity")
    assert offer is not None
    with world.runtime.db.session_scope() as session:
        follower = session.scalars(sa.select(Follower.id).where(Follower.openid == first)).one()
        assert notice_consents.seen(session, offer, follower, accepted=True, at=clock.now())
    assert noticing.left(first) == 1
    with world.runtime.db.session_scope() as session:  # a second tap, of which WeChat sends no event
        notice_consents.seen(session, offer, follower, accepted=True, at=clock.now())
        assert notice_consents.left(session, world.runtime.settings, offer, follower, at=clock.now()) == 2


def test_what_was_put_back_or_waits_is_not_spent(noticing: Noticing) -> None:
    world, (first, _) = noticing.world, noticing.agreed
    settings, road = world.runtime.settings, roads.of("subscribe")
    push, now = noticing.notice(), clock.now()
    with world.runtime.db.session_scope() as session:
        row = Delivery(
            push_id=push, road=road.name, key="k", status="claimed", target_kind="follower", openid=first,
            recipients=1, due_at=now, lease_owner="me", called_at=now, attempts=1,
        )  # fmt: skip
        session.add(row)
        session.flush()
        number = row.id
        assert not settling.drop_late(session, settings, row, road, now)
    assert noticing.left(first) == 0
    with world.runtime.db.session_scope() as session:
        settling.put_back(session, settings, {number: True}, "me")
        settling.put_back(session, settings, {number: True}, "me")  # once
    assert noticing.left(first) == 1
    waits = Outcome("planned", Next.WAIT, now, 45009, "明天再发")
    with world.runtime.db.session_scope() as session:
        row = session.get_one(Delivery, number)
        row.status = "claimed"
        assert notice_consents.spend(session, settings, row, road, now)
        settling.fail(session, settings, number, "me", waits, now)
        settling.fail(session, settings, number, "me", waits, now)
    assert noticing.left(first) == 1


def test_one_lasting_consent_is_enough_for_all_and_ends_by_a_refusal(
    wechat: SandboxControl, sqlite_url: str, tmp_path: Path, run_engine: Run
) -> None:
    settings = settings_for(wechat, sqlite_url, str(tmp_path / "var"))
    world = make_world(wechat, with_notices(settings, notice_activity_long_term=True))
    world.branch(BRANCH, 1)
    made = Noticing(world, world.openids[BRANCH])
    (openid,) = made.agreed
    for _ in range(2):
        made.consent(openid, heard=False)
    made.hear(openid)
    run_engine(world)
    for _ in range(2):
        wait_status(world, made.notice(), "awaiting_result")
    assert made.got() == [openid, openid]
    jump(world, minutes=1)
    made.hear(openid, "reject")
    assert wait_status(world, made.notice(), "failed")["skipped"] == {"consent_refused": 1}
    world.runtime.close()


def test_articles_go_by_title_and_link_to_who_asked_for_them_where_others_do_not_reach_them(
    noticing: Noticing, run_engine: Run
) -> None:
    world, (first, _) = noticing.world, noticing.agreed
    world.sandbox.act(first, "consent", template_id="SANDBOX_NOTICE_ARTICLE")
    with world.runtime.db.session_scope() as session:
        notice_consents.grant(session, first, "SANDBOX_NOTICE_ARTICLE", sent_at=clock.now())
    run_engine(world)
    article = world.article("学习园地：" + "深入学习" * 5)
    push = world.push(f"branch:{BRANCH}", article, road="subscribe")
    wait_status(world, push.id, "awaiting_result")
    chat = str(world.sandbox.chat(first))
    assert f"/m/a/{article}?f=" in chat
    assert "学习园地：深入学习深入学习深入学习深入…" in chat


def test_who_agreed_hears_of_a_change_and_of_the_end_where_the_chat_is_closed(
    noticing: Noticing, run_engine: Run
) -> None:
    world, (first, second) = noticing.world, noticing.agreed
    activity = world.activity("主题党日")
    settings = world.runtime.settings
    with world.runtime.db.session_scope() as session:
        session.execute(sa.update(Activity).values(sign_up=True))
        for openid in world.openids[BRANCH]:
            whose = session.scalars(sa.select(Follower.id).where(Follower.openid == openid)).one()
            signing_up.sign_up(session, activity, whose, at=clock.now())
        messages.message(session, second)  # the chat costs nothing, so the consent is kept
        made = changes.cancel(
            session, settings, world.user(session), activity, reason="天气原因", at=clock.now()
        )
        assert made.change is not None
        assert (made.change.told, made.change.silent) == (2, 3)
    run_engine(world)
    eventually(lambda: noticing.got() == [first], timeout_s=30)
    chat = str(world.sandbox.chat(first))
    assert "已取消：主题党日" in chat
    assert invitation.path(activity) in chat
    assert (noticing.left(first), noticing.left(second)) == (0, 1)
    eventually(lambda: _statuses(world) == {"accepted"}, timeout_s=30)
    told(noticing, first, "61")
    assert _statuses(world) == {"delivered"}


def _statuses(world: World) -> set[str]:
    with world.runtime.db.read_scope() as session:
        return set(session.scalars(sa.select(Delivery.status).where(Delivery.road == "subscribe")))
