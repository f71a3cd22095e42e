"""What is going to happen, day by day: pushes, slots and activities, and what of the quota each day leaves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import ClassVar

import sqlalchemy as sa
from sqlalchemy.orm import Session

import workdays
from accounts import rights
from community import activities
from content import columns, queue, slots
from content.lifecycle import NOT_BEGUN
from ground import clock
from models import Activity, Article, ArticleStatus, Push, PushArticle, PushStatus, User
from scheduler import daily, quiet, slotted
from scheduler.daily import Room
from scheduler.life import OVER
from scheduler.slotted import Slotted
from settings import Settings

_A_YEAR = timedelta(days=366)


@dataclass(frozen=True)
class Pushed:
    """A push with the titles of its articles in their order; ``movable``: it has not begun, and may be put off."""

    kind: ClassVar[str] = "push"
    at: datetime
    push: Push
    titles: Sequence[str]
    movable: bool


@dataclass(frozen=True)
class Met:
    """An activity at its beginning."""

    kind: ClassVar[str] = "activity"
    at: datetime
    activity: Activity


@dataclass(frozen=True)
class Hushed:
    """A part of the day in which nothing is sent that does not answer a person, until ``until``."""

    kind: ClassVar[str] = "quiet"
    at: datetime
    until: datetime


Entry = Pushed | Slotted | Met | Hushed


@dataclass
class Day:
    """One day with what happens on it, in the order of time.

    ``label`` is its holiday or that it makes up for one, ``off`` whether nobody works; ``inside`` whether it belongs to the month
    shown. ``room`` is what its quota leaves, None for a day that is over. ``warns``: its empty slots are near (:func:`empty`).
    """

    date: date
    today: bool
    label: str
    off: bool
    inside: bool = True
    entries: list[Entry] = field(default_factory=list)
    room: Room | None = None
    warns: bool = False


def days(
    session: Session,
    settings: Settings,
    first: date,
    count: int,
    *,
    user: User,
    at: datetime,
    in_full: bool = True,
) -> list[Day]:
    """``count`` days from ``first`` as this user may see them: activities are those of the own branch, or none.

    ``in_full`` False leaves out the quiet hours and what the quota leaves, which counts every message of the month.
    """
    today = clock.shanghai_day(at)
    dates = [first + timedelta(days=n) for n in range(count)]
    calendar = workdays.load(session)
    near = _near(calendar, at)
    found = {one: Day(one, one == today, calendar.label(one), not calendar.works(one)) for one in dates}
    start, end = clock.day_bounds(dates[0])[0], clock.day_bounds(dates[-1])[1]
    ahead = list(slotted.coming(session, settings, end, at=at, calendar=calendar))
    entries: list[Entry] = [*_pushes(session, start, end), *ahead]
    if rights.may(user, "activity.view"):
        held = activities.between(session, user, start, end)
        entries += [Met(one.starts_at, one) for one in held]
    if in_full:
        hours = settings.limits.quiet_hours
        entries += [Hushed(*span) for day in dates for span in quiet.spans(day, hours)]
    for entry in sorted(entries, key=lambda one: one.at):
        if (day := found.get(clock.shanghai_day(entry.at))) is not None:
            day.entries.append(entry)
    taken = [one for one in ahead if one.articles]
    rooms = daily.rooms(session, settings, dates, taken, at=at) if in_full else {}
    for day in found.values():
        day.room = rooms.get(day.date)
        day.warns = today <= day.date <= near
    return list(found.values())


def _pushes(session: Session, start: datetime, end: datetime) -> list[Pushed]:
    query = (
        sa.select(Push)
        .where(Push.due_at >= start, Push.due_at < end, Push.status != PushStatus.CANCELLED.value)
        .order_by(Push.due_at, Push.id)
    )
    some = list(session.scalars(query))
    titles: defaultdict[int, list[str]] = defaultdict(list)
    lines = (
        sa.select(PushArticle.push_id, Article.title)
        .join(Article, Article.id == PushArticle.article_id)
        .where(PushArticle.push_id.in_([one.id for one in some]))
        .order_by(PushArticle.push_id, PushArticle.position)
    )
    for push_id, title in session.execute(lines):
        titles[push_id].append(title)
    return [Pushed(one.due_at, one, titles[one.id] or [one.title], _movable(one)) for one in some]


def _movable(push: Push) -> bool:
    urgent = push.status == PushStatus.HELD and push.urgent
    return push.planned_at is None and push.status in NOT_BEGUN and not urgent


def empty(session: Session, settings: Settings, *, at: datetime) -> list[Slotted]:
    """空档: the slots until the end of the next working day that will find nothing in their queue, by their moment."""
    calendar, waiting = workdays.load(session), queue.counts(session)
    _, until = clock.day_bounds(_near(calendar, at))
    found = []
    for column in columns.listing(session):
        for slot, moment, share in slots.dealt(column.slots, range(waiting.get(column.id, 0)), at, calendar):
            if moment >= until:
                break
            if not share:
                sent = quiet.defer(moment, settings.limits.quiet_hours)
                found.append(Slotted(sent, moment, column, slot, ()))
    return sorted(found, key=lambda one: one.at)


def _near(calendar: workdays.Workdays, at: datetime) -> date:
    """Until when something can be done about an empty slot by somebody who works today: the next working day."""
    return calendar.after(clock.shanghai_day(at), 1)


def week(
    session: Session, settings: Settings, day: date, *, user: User, at: datetime, in_full: bool = True
) -> list[Day]:
    """Monday to Sunday of the week of ``day``."""
    monday = day - timedelta(days=day.weekday())
    return days(session, settings, monday, 7, user=user, at=at, in_full=in_full)


def month(
    session: Session, settings: Settings, year: int, number: int, *, user: User, at: datetime
) -> list[Day]:
    """The weeks of a month, Monday first, with the days of its neighbours that fill them."""
    first = date(year, number, 1)
    start = first - timedelta(days=first.weekday())
    after = date(year + number // 12, number % 12 + 1, 1)
    weeks = -(-(after - start).days // 7)
    found = days(session, settings, start, weeks * 7, user=user, at=at)
    for day in found:
        day.inside = day.date.month == number
    return found


def times(
    session: Session, settings: Settings, articles: Iterable[Article], *, at: datetime
) -> dict[int, datetime]:
    """When those of these articles go out that wait for it: their push's moment, or that of the slot which their place meets.

    Of an article that no slot will take within a year nothing is said, nor of one whose column is switched off.
    """
    some = list(articles)
    planned = [one.id for one in some if one.status == ArticleStatus.PLANNED]
    found = _by_push(session, planned) if planned else {}
    queued = {one.column_id: one.column for one in some if one.status == ArticleStatus.QUEUED}
    calendar = workdays.load(session) if queued else None
    for column in queued.values():
        for one in slotted.coming(session, settings, at + _A_YEAR, at=at, column=column, calendar=calendar):
            if not one.articles:
                break
            found |= {article.id: one.at for article in one.articles}
    return {one.id: found[one.id] for one in some if one.id in found}


def _by_push(session: Session, article_ids: list[int]) -> dict[int, datetime]:
    over = [status.value for status in OVER]
    query = (
        sa.select(PushArticle.article_id, sa.func.min(Push.due_at))
        .join(Push, Push.id == PushArticle.push_id)
        .where(PushArticle.article_id.in_(article_ids), Push.status.not_in(over))
        .group_by(PushArticle.article_id)
    )
    return dict(session.execute(query).all())
