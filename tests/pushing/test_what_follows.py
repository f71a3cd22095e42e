"""What becomes of a delivery and of a customer-service message, by what WeChat answered."""

from __future__ import annotations

import re
import threading
from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from ground import clock
from models import CallRest, Delivery
from scheduler.lanes import Lanes
from scheduler.outcome import Next, Outcome, of_failure
from scheduler.roads import ROADS, Road
from tests.fixtures.configuration import make_settings
from tests.world import many
from tests.world.linked import World
from wechat.outbound.failures import CallFailed, of_answer
from wechat.outbound.groups import Group
from wechat.outbound.reaction_table import TABLE

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)  # 10:00 in Shanghai
SETTINGS = make_settings()
GAP = timedelta(seconds=SETTINGS.wechat.limits.mass_repeat_gap_s)
TOMORROW = datetime(2026, 11, 24, 16, 5, tzinfo=UTC) - NOW
AT_ONCE = timedelta(0)
CUSTOM = "/cgi-bin/message/custom/send"


def failure(code: int, group: Group = Group.MASS) -> CallFailed:
    """What the client raises for a send that was answered with ``code``."""
    return of_answer({"errmsg": "x"}, code, group=group, path="/x", repeatable=False)


def outcome(code: int, *, first: bool, attempts: int = 1, road: Road = ROADS["mass"]) -> Outcome:
    """What becomes of a delivery after this answer."""
    return of_failure(failure(code), road=road, settings=SETTINGS, attempts=attempts, first=first, now=NOW)


@pytest.mark.parametrize(
    ("code", "status", "after", "wait"),
    [
        (-1, "unknown", Next.WAIT, GAP),
        (45066, "unknown", Next.WAIT, GAP),
        (89504, "unknown", Next.WAIT, GAP),
        (42010, "planned", Next.WAIT, timedelta(seconds=SETTINGS.wechat.limits.mass_batch_gap_s)),
        (45009, "planned", Next.WAIT, TOMORROW),
        (45011, "planned", Next.WAIT, timedelta(seconds=60)),
        (45028, "planned", Next.PAUSE, AT_ONCE),
        (48001, "planned", Next.PAUSE, AT_ONCE),
        (40001, "planned", Next.PAUSE, AT_ONCE),
        (40007, "planned", Next.REDRAFT, AT_ONCE),
        (40128, "planned", Next.REDRAFT, AT_ONCE),
        (40152, "failed", Next.RETARGET, GAP),
        (45166, "failed", Next.STOP, AT_ONCE),
        (40130, "failed", Next.GO_ON, AT_ONCE),
        (47001, "failed", Next.GO_ON, AT_ONCE),
    ],
)
def test_a_delivery_that_was_never_called_before_becomes_what_the_table_says(
    code: int, status: str, after: Next, wait: timedelta
) -> None:
    became = outcome(code, first=True)
    assert (became.status, became.after, became.due_at) == (status, after, NOW + wait)
    assert became.code == code


def test_the_reason_why_a_recipient_is_finished_stands_in_the_report_in_chinese() -> None:
    told = outcome(48002, first=True).message
    assert told.startswith("对方拒收本账号的消息（错误码 48002），")
    assert not re.search(r"[A-Za-z]", told)


@pytest.mark.parametrize("road", ROADS.values(), ids=list(ROADS))
def test_whatever_is_answered_a_call_that_may_have_been_taken_before_stays_unknown(road: Road) -> None:
    for group, code in TABLE:
        error = failure(code, Group.MASS if group is Group.ANY else group)
        became = of_failure(error, road=road, settings=SETTINGS, attempts=1, first=False, now=NOW)
        assert became.status == "unknown", code
        assert became.due_at >= NOW + GAP, code


def test_a_busy_platform_and_a_lost_draft_are_not_tried_for_ever() -> None:
    assert outcome(45085, first=True).after is Next.WAIT
    assert outcome(45085, first=True, attempts=12).after is Next.PAUSE
    assert outcome(45009, first=True, attempts=12).after is Next.WAIT, "a quota comes back"
    gone = outcome(40007, first=True, attempts=12)
    assert (gone.status, gone.after) == ("failed", Next.GO_ON)


@pytest.mark.parametrize(
    ("code", "status"),
    [
        (-1, "unknown"), (61453, "delivered"), (45080, "delivered"), (40007, "failed"), (45159, "failed"), (45047, "failed"),
        (45002, "failed"), (47001, "failed"), (61450, "planned"), (48001, "planned"), (45028, "planned"), (45009, "planned"),
    ],
)  # fmt: skip
def test_an_answer_becomes_what_the_table_says(lite_world: World, code: int, status: str) -> None:
    openid = lite_world.sandbox.followers(1)[0]
    lite_world.sandbox.faults({"path": CUSTOM, "kind": f"err:{code}", "count": 1})
    now = clock.now()
    lite_world.answer(openid)
    Lanes(lite_world.runtime, threading.Event()).lane(None)
    with lite_world.runtime.db.read_scope() as session:
        message = session.scalars(sa.select(Delivery)).one()
        assert message.status == status
        assert bool(message.error) == (status != "delivered")
        assert status not in ("planned", "unknown") or message.due_at > now, "what waits is due later"
        assert (message.called_at is None) == (status == "planned")


def test_an_answer_whose_call_is_held_is_tried_for_an_hour_and_fails_then(lite_world: World) -> None:
    openid = lite_world.sandbox.followers(1)[0]
    lite_world.sandbox.faults({"path": CUSTOM, "kind": "err:48001", "count": 20})
    lite_world.answer(openid)
    for _ in range(14):
        Lanes(lite_world.runtime, threading.Event()).lane(None)
        with lite_world.runtime.db.session_scope() as session:
            session.execute(sa.update(Delivery).values(due_at=clock.now()))
            session.execute(sa.delete(CallRest))
    with lite_world.runtime.db.read_scope() as session:
        message = session.scalars(sa.select(Delivery)).one()
        assert (message.status, message.attempts) == ("failed", 12)


@pytest.mark.parametrize("why", ["its time is over", "as many as allowed were sent"])
def test_an_answer_that_may_not_be_sent_any_more_fails_with_the_reason(lite_world: World, why: str) -> None:
    openid = lite_world.sandbox.followers(1)[0]
    now = clock.now()
    if why == "its time is over":
        late = lite_world.answer(openid, expires_at=now)
    else:
        with lite_world.runtime.db.session_scope() as session:
            many.messages(session, openid, 1, at=now)
        for number in range(lite_world.runtime.settings.wechat.limits.customer_service_count):
            lite_world.answer(openid, f"第{number}条", status="delivered", called_at=now, finished_at=now)
        late = lite_world.answer(openid)
    Lanes(lite_world.runtime, threading.Event()).lane(None)
    with lite_world.runtime.db.read_scope() as session:
        message = session.get_one(Delivery, late)
        assert (message.status, message.called_at) == ("failed", None)
        assert "48 小时" in message.error
    assert not lite_world.sandbox.receipts("custom")
