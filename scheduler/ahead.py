"""What the slots ahead will take of the quota before another push is due.

Nothing is reserved for them, for nobody has confirmed them. Each column's queue gives its head to the column's next slot, so that
only so many slots take part as have articles to take.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

import workdays
from content import slots
from ground import clock
from ground.errors import PioneerError
from models import Article, ArticleStatus, Column
from scheduler import audience as audiences


@dataclass
class Ahead:
    """Messages that each follower will have had, by openid, in the same month; sends of the account on the same day.

    ``to_all`` counts those to everyone, ``to_all_month`` those of the month.
    """

    people: Counter[str] = field(default_factory=Counter)
    sends: int = 0
    to_all: int = 0
    to_all_month: int = 0


def of_slots(session: Session, now: datetime, until: datetime) -> Ahead:
    """What slots later than ``now`` and earlier than ``until`` will take, in the month and on the day of ``until``."""
    found = Ahead()
    moments: defaultdict[tuple[str, str], list[datetime]] = defaultdict(list)
    meant: dict[tuple[str, str], Mapping[str, int]] = {}
    for column, slot, moment in _coming(session, now, until):
        if clock.month_key(moment) == clock.month_key(until):
            text = str(slot.get("audience") or audiences.EVERYONE)
            moments[text, column].append(moment)
            meant[text, column] = slot.get("meant") or {}
    for (text, column), taken in moments.items():
        try:
            chosen = audiences.parse(session, text, at=now, known=meant[text, column])
        except PioneerError:
            continue  # such a slot sends to nobody, and says so when its moment comes
        same_day = sum(clock.shanghai_day(moment) == clock.shanghai_day(until) for moment in taken)
        found.sends += same_day
        if chosen.everyone:
            found.to_all += same_day
            found.to_all_month += len(taken)
        for person in audiences.people(session, chosen):
            if not person.muted or column not in person.muted_columns():
                found.people[person.openid] += len(taken)
    return found


def _coming(session: Session, now: datetime, until: datetime) -> Iterator[tuple[str, slots.Slot, datetime]]:
    """Column, slot and moment of each slot that has an article to send."""
    waiting = (
        sa.select(Column, sa.func.count(Article.id))
        .join(Article, Article.column_id == Column.id)
        .where(Column.active.is_(True), Article.status == ArticleStatus.QUEUED.value)
        .group_by(Column.id)
    )
    days = workdays.load(session)
    for column, count in session.execute(waiting):
        for slot, moment, share in slots.dealt(column.slots, range(count), now, days):
            if moment >= until or not share:
                break
            yield column.key, slot, moment
