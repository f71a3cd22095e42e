"""Subscription notices: what became of them; none is begun here."""

from __future__ import annotations

from scheduler import roads
from scheduler.roads.subscribe import ROAD
from wechat.wire.messages import SentNotice, SubscriptionSent


def test_one_event_tells_of_several_notices() -> None:
    sent = (SentNotice("T", "1", 0, "success"), SentNotice("T", "2", 43101, "failed"))
    results = ROAD.on_result(SubscriptionSent("gh", "o", 0, "k", sent))
    assert [(one.msg_id, one.status in ROAD.successes) for one in results] == [("1", True), ("2", False)]


def test_it_is_offered_to_nobody() -> None:
    assert ROAD not in roads.offered()
