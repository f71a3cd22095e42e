"""Who leaves is forgotten everywhere, at once; the ledger counts on, and a return finds the quota that was used."""

from __future__ import annotations

from collections.abc import Callable

import sqlalchemy as sa

from community import activities, counting
from ground import clock
from models import Conversation, Delivery, Follower, InboundMessage, Push, QuotaUse
from operations import housekeeping, retention_report
from runtime import Runtime
from scheduler import quota, report, tally
from tests.inbound.conftest import Office
from tests.inbound.platform import Phone
from tests.privacy.conftest import NAME, NUMBER, OPENID, PEOPLE, leave, live
from tests.world import pushes

Places = Callable[[str], set[str]]


def figures(runtime: Runtime, activity: int) -> object:
    with runtime.db.read_scope() as session:
        return counting.counts(session, activities.get(session, activity))


def test_after_an_unfollow_no_openid_stands_anywhere_and_the_ledger_counts_as_before(
    runtime: Runtime, office: Office, phone: Phone, places_of: Places
) -> None:
    activity = live(runtime, office, phone)
    before = figures(runtime, activity)
    assert {"follower.openid", "inbound_message.openid", "delivery.openid", "quota_use.subject"} <= (
        places_of(OPENID)
    )
    leave(phone)
    assert places_of(OPENID) == set()
    assert places_of(NUMBER) == set()
    assert places_of(NAME) <= {"member.name", "the database file"}  # the roster, as the table says
    assert figures(runtime, activity) == before
    with runtime.db.read_scope() as session:
        shown = tally.show(session, session.scalars(sa.select(Push)).one())
        assert (shown["planned"], shown["delivered"]) == (2, 2)
        texts = session.execute(
            sa.select(InboundMessage.body).where(InboundMessage.openid == "gone", InboundMessage.body != None)  # noqa: E711
        ).all()
        assert texts == []


def test_a_return_within_the_month_finds_the_quota_used(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    live(runtime, office, phone)
    for _ in range(3):
        pushes.sent(runtime, PEOPLE)
    leave(phone)
    with runtime.db.read_scope() as session:
        assert OPENID not in quota.exhausted(session, runtime.settings, clock.now())
    later = int(clock.timestamp()) + 6
    phone.event(OPENID, "subscribe", created=later)
    with runtime.db.read_scope() as session:
        assert quota.remaining(session, runtime.settings, OPENID, clock.now()) == 0
        assert OPENID in quota.exhausted(session, runtime.settings, clock.now())
        follower = session.scalars(sa.select(Follower).where(Follower.openid == OPENID)).one()
        assert (follower.member_id, follower.gone) == (None, False)


def test_a_second_unfollow_after_a_return_leaves_nothing_either(
    runtime: Runtime, office: Office, phone: Phone, places_of: Places
) -> None:
    live(runtime, office, phone)
    leave(phone)
    phone.event(OPENID, "subscribe", created=int(clock.timestamp()) + 6)
    pushes.sent(runtime, PEOPLE)
    phone.event(OPENID, "unsubscribe", created=int(clock.timestamp()) + 9)
    assert places_of(OPENID) == set()


def test_the_job_forgets_those_who_left_before_it_was_there(
    runtime: Runtime, office: Office, phone: Phone, places_of: Places
) -> None:
    live(runtime, office, phone)
    with runtime.db.session_scope() as session:  # as an earlier version left it
        follower = session.scalars(sa.select(Follower).where(Follower.openid == OPENID)).one()
        follower.openid, follower.gone, follower.subscribed, follower.member_id = "gone-1", True, False, None
        session.execute(
            sa.update(InboundMessage).where(InboundMessage.openid == OPENID).values(openid="gone-1")
        )
        session.execute(sa.delete(Conversation))
        session.execute(sa.update(Delivery).values(openids=PEOPLE))
    assert retention_report.report(runtime.db, runtime.settings, clock.now()).overdue > 0
    housekeeping.clean(runtime.db, runtime.settings, clock.now())
    assert places_of(OPENID) == set()
    assert retention_report.report(runtime.db, runtime.settings, clock.now()).overdue == 0
    phone.event(OPENID, "subscribe")
    with runtime.db.read_scope() as session:
        assert quota.remaining(session, runtime.settings, OPENID, clock.now()) == 3


def test_a_list_that_waits_loses_who_left_and_is_cancelled_when_too_short(
    runtime: Runtime, office: Office, phone: Phone
) -> None:
    live(runtime, office, phone)
    waiting = pushes.sending(runtime, PEOPLE)
    leave(phone)
    housekeeping.clean(runtime.db, runtime.settings, clock.now())
    with runtime.db.read_scope() as session:
        delivery = session.get_one(Delivery, waiting)
        assert (delivery.status, delivery.openids, delivery.recipients) == ("cancelled", None, 1)
        states = session.scalars(sa.select(QuotaUse.state).where(QuotaUse.delivery_id == waiting))
        assert set(states) == {"released"}


def test_a_list_that_was_called_stays_until_its_answer_settles_it(
    runtime: Runtime, office: Office, phone: Phone, places_of: Places
) -> None:
    live(runtime, office, phone)
    called = pushes.sending(runtime, PEOPLE)
    with runtime.db.session_scope() as session:
        delivery = session.get_one(Delivery, called)
        delivery.status, delivery.called_at = "unknown", clock.now()
    leave(phone)
    housekeeping.clean(runtime.db, runtime.settings, clock.now())
    assert places_of(OPENID) - {"the database file"} == {"delivery.openids"}
    with runtime.db.session_scope() as session:
        report.failed(session, session.get_one(Delivery, called), clock.now(), "微信没有受理")
    assert places_of(OPENID) == set()
