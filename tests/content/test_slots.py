"""What the calendar announces is what the clock releases."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

from content import slots
from content.slots import Slot
from ground import clock
from workdays import Workdays

MONDAY = datetime(2026, 11, 29, 16, 0, tzinfo=UTC)  # Monday, 00:00 in Shanghai
GRACE = 30
PLAIN = Workdays()  # weekends alone


def slot(time: str, *weekdays: int, audience: str = "all", active: bool = True) -> Slot:
    return {"weekdays": list(weekdays), "time": time, "audience": audience, "active": active}


def test_every_moment_that_is_announced_is_due_once_for_as_long_as_the_grace_lasts() -> None:
    weekly = [slot("08:00", 0, 1, 2), slot("00:00", 3), slot("23:59", 6), slot("19:30", 0, active=False)]
    announced = [
        moment for _, moment in slots.moments(weekly, MONDAY, PLAIN) if moment < MONDAY + timedelta(days=7)
    ]
    assert len(announced) == 5
    minutes: dict[datetime, int] = {}
    for minute in range(7 * 24 * 60 + GRACE):
        now = MONDAY + timedelta(minutes=minute)
        for _, moment in slots.came(weekly, now - timedelta(minutes=GRACE), now, PLAIN):
            if moment > MONDAY:
                minutes[moment] = minutes.get(moment, 0) + 1
    assert sorted(minutes) == [*announced]
    assert set(minutes.values()) == {GRACE}


def test_a_column_has_one_moment_where_two_of_its_slots_meet() -> None:
    both = [slot("08:00", 0, 1, audience="branch:第一党支部"), slot("08:00", 1, audience="all")]
    eight = MONDAY + timedelta(days=1, hours=8)
    found = list(slots.came(both, eight - timedelta(minutes=GRACE), eight, PLAIN))
    assert [one["audience"] for one, _ in found] == ["branch:第一党支部"]


def test_the_next_moments_are_in_order_across_weeks_and_deal_out_the_queue() -> None:
    weekly = [slot("19:00", 4), {**slot("08:00", 0), "most": 2}]
    found = list(itertools.islice(slots.dealt(weekly, ["甲", "乙", "丙", "丁"], MONDAY, PLAIN), 4))
    moments = [moment for _, moment, _ in found]
    assert [clock.shanghai_day(moment).weekday() for moment in moments] == [0, 4, 0, 4]
    assert moments == sorted(moments)
    assert [share for *_, share in found] == [["甲", "乙"], ["丙"], ["丁"], []]
    assert not list(slots.dealt([], ["甲"], MONDAY, PLAIN))
    assert not list(slots.dealt([slot("25:00", 0), slot("08:00")], ["甲"], MONDAY, PLAIN))


def test_a_slot_has_no_moments_before_it_was_what_it_is() -> None:
    noon = MONDAY + timedelta(hours=12)
    daily = {**slot("08:00", *range(7)), "since": noon.isoformat()}
    (first, *_) = slots.came([daily], MONDAY, MONDAY + timedelta(days=2), PLAIN)
    assert first[1] == MONDAY + timedelta(days=1, hours=8)
