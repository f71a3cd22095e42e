"""What is going to happen: the slots of the columns and the pushes, by day."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from content import columns, slots
from ground import clock
from models import Column, Push, PushStatus


@dataclass
class Day:
    """One day with its pushes and with the slots that are still free; ``inside`` is whether it belongs to the month shown."""

    date: date
    inside: bool = True
    pushes: list[Push] = field(default_factory=list)
    slots: list[tuple[datetime, Column]] = field(default_factory=list)

    @property
    def today(self) -> bool:
        """Whether it is today in Shanghai."""
        return self.date == clock.shanghai_day(clock.now())


def days(session: Session, first: date, count: int) -> list[Day]:
    """``count`` days from ``first`` with their pushes and free slots."""
    found = {first + timedelta(days=n): Day(first + timedelta(days=n)) for n in range(count)}
    start, _ = clock.day_bounds(first)
    _, end = clock.day_bounds(first + timedelta(days=count - 1))
    query = (
        sa.select(Push)
        .where(Push.due_at >= start, Push.due_at < end, Push.status != PushStatus.CANCELLED.value)
        .order_by(Push.due_at)
    )
    for push in session.scalars(query):
        found[clock.shanghai_day(push.due_at)].pushes.append(push)
    now = clock.now()
    for column in columns.listing(session):
        for _, moment in slots.moments(column.slots, max(now, start - timedelta(seconds=1))):
            if moment >= end:
                break
            found[clock.shanghai_day(moment)].slots.append((moment, column))
    for day in found.values():
        day.slots.sort(key=lambda slot: slot[0])
    return list(found.values())


def week(session: Session) -> list[Day]:
    """本周排期: Monday to Sunday of the present week."""
    today = clock.shanghai_day(clock.now())
    return days(session, today - timedelta(days=today.weekday()), 7)


def month(session: Session, year: int, number: int) -> list[Day]:
    """The weeks of a month, Monday first, with the days of its neighbours that fill them."""
    first = date(year, number, 1)
    start = first - timedelta(days=first.weekday())
    after = date(year + number // 12, number % 12 + 1, 1)
    weeks = -(-(after - start).days // 7)
    found = days(session, start, weeks * 7)
    for day in found:
        day.inside = day.date.month == number
    return found
