"""A year of the calendar: slots on the office's days, at the end of quiet hours, none that is past, and one send a day."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from content import columns
from database.session import Database
from ground import clock
from ground.errors import Refused
from models import Article, User
from scheduler import openings, upcoming
from scheduler.slotted import Slotted
from scheduler.upcoming import Day
from settings import Settings
from tests.fixtures.configuration import make_settings
from tests.workdays.test_days import NOW, table
from tests.world import accounts
from workdays import keeping

BEFORE = datetime(2025, 12, 31, 15, tzinfo=UTC)
FIRST = date(2026, 1, 1)
OFFICE = {"weekdays": [0, 1, 2, 3, 4], "rests": True, "made_up": True, "audience": "all"}


@pytest.fixture
def settings() -> Settings:
    """A 公众号 with quiet hours."""
    return make_settings(limits={"quiet_hours": "22:00-07:00"}, wechat={"account_type": "subscription"})


@pytest.fixture
def user(database: Database) -> User:
    """An editor of an office whose holidays are known and whose two columns have a slot each."""
    with database.session_scope() as session:
        keeping.ensure_shipped(session, at=NOW)
        columns.ensure_defaults(session)
        _slot(session, "study", time="06:30", **OFFICE)
        _slot(session, "news", time="23:00", weekdays=[5], audience="all")
        return accounts.someone(session, "editor")


def _slot(session: Session, key: str, **slot: Any) -> None:
    boss, column = accounts.someone(session, "admin"), columns.by_key(session, key)
    columns.change(
        session, boss, column, name=column.name, description="", active=True, slots=[slot], at=BEFORE
    )


def _queued(session: Session, key: str, count: int, by: User) -> None:
    """From rows: as many articles as a year needs, without their reviews."""
    column = columns.by_key(session, key)
    session.add_all(
        Article(
            column_id=column.id, title=f"{key} {number}", hash="0" * 64, status="queued", queue_position=number,
            queued_at=BEFORE, created_by=by.id, created_at=BEFORE, updated_at=BEFORE,
        )
        for number in range(1, count + 1)
    )  # fmt: skip
    session.flush()


def _of(day: Day, key: str) -> list[Slotted]:
    return [one for one in day.entries if isinstance(one, Slotted) and one.column.key == key]


def test_every_slot_of_a_year_is_where_the_table_says_and_at_the_end_of_the_night(
    database: Database, settings: Settings, user: User
) -> None:
    with database.session_scope() as session:
        _queued(session, "study", 3, user)
        year = upcoming.days(session, settings, FIRST, 365, user=user, at=BEFORE)
        found = {day.date: _of(day, "study") for day in year if _of(day, "study")}
        assert set(found) == table()
        assert {len(one) for one in found.values()} == {1}
        assert {f"{clock.to_shanghai(one.at):%H:%M}" for (one,) in found.values()} == {"07:00"}
        taken = [[article.title for article in one.articles] for (one,) in found.values()]
        assert taken[:3] == [["study 1"], ["study 2"], ["study 3"]]
        assert not any(taken[3:])
        # What falls into the night of a Saturday goes out on Sunday.
        sundays = {day.date for day in year if _of(day, "news")}
        assert sundays == {day.date for day in year if day.date.weekday() == 6}


def test_what_is_past_is_not_announced_again(database: Database, settings: Settings, user: User) -> None:
    at = datetime(2026, 6, 1, 0, tzinfo=UTC)  # eight in the morning: that day's slot is over
    with database.session_scope() as session:
        year = upcoming.days(session, settings, FIRST, 365, user=user, at=at)
        assert {day.date for day in year if _of(day, "study")} == {
            day for day in table() if day > date(2026, 6, 1)
        }
        assert all(day.room is None for day in year if day.date < date(2026, 6, 1))


def test_the_second_send_of_a_day_is_seen_all_year_and_the_next_free_day_named(
    database: Database, settings: Settings, user: User
) -> None:
    with database.session_scope() as session:
        _slot(session, "news", time="19:00", weekdays=[0, 3], audience="all")
        _queued(session, "study", 300, user)
        _queued(session, "news", 120, user)
        year = upcoming.days(session, settings, FIRST, 365, user=user, at=BEFORE)
        for day in year:
            sends = len(_of(day, "study")) + len(_of(day, "news"))
            assert day.room is not None
            assert (day.room.over, day.room.left) == (max(0, sends - 1), int(not sends)), day.date
        free = [day.date for day in year if not (_of(day, "study") or _of(day, "news"))]
        for wanted in (date(2026, 1, 5), date(2026, 2, 13), date(2026, 4, 30)):
            moment = clock.day_bounds(wanted)[0] + timedelta(hours=15)
            soonest = next(day for day in free if day > wanted)
            with pytest.raises(Refused, match=f"最近可以改到 {soonest.month}月{soonest.day}日 15:00"):
                openings.require(session, settings, moment, costs_quota=True, own=0, at=BEFORE)
