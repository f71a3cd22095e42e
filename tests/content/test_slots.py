"""What the calendar announces is what the clock releases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from content import slots
from content.slots import Slot
from ground import clock

MONDAY = datetime(2026, 11, 29, 16, 0, tzinfo=UTC)  # Monday, 00:00 in Shanghai
GRACE = 30


def slot(time: str, *weekdays: int, audience: str = "all", active: bool = True) -> Slot:
    return {"weekdays": list(weekdays), "time": time, "audience": audience, "active": active}


def test_every_moment_that_is_announced_is_due_once_for_as_long_as_the_grace_lasts() -> None:
    weekly = [slot("08:00", 0, 1, 2), slot("00:00", 3), slot("23:59", 6), slot("19:30", 0, active=False)]
    announced = [moment for _, moment in slots.moments(weekly, MONDAY) if moment < MONDAY + timedelta(days=7)]
    assert len(announced) == 5
    minutes: dict[datetime, int] = {}
    for minute in range(7 * 24 * 60 + GRACE):
        now = MONDAY + timedelta(minutes=minute)
        for _, moment in slots.due(weekly, now, GRACE):
            if moment > MONDAY:
                minutes[moment] = minutes.get(moment, 0) + 1
    assert sorted(minutes) == [*announced]
    assert set(minutes.values()) == {GRACE}


def test_a_column_has_one_moment_where_two_of_its_slots_meet() -> None:
    both = [slot("08:00", 0, 1, audience="branch:第一党支部"), slot("08:00", 1, audience="all")]
    found = list(slots.due(both, MONDAY + timedelta(days=1, hours=8), GRACE))
    assert [one["audience"] for one, _ in found] == ["branch:第一党支部"]


def test_the_next_moments_are_in_order_across_weeks() -> None:
    found = slots.coming([slot("19:00", 4), slot("08:00", 0)], MONDAY, 4)
    assert [clock.shanghai_day(moment).weekday() for moment in found] == [0, 4, 0, 4]
    assert found == sorted(found)
    assert slots.coming([], MONDAY, 4) == []
    assert slots.coming([slot("25:00", 0), slot("08:00")], MONDAY, 4) == []
