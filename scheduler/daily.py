"""What of the quota each day leaves, after what is sent, reserved and taken by slots until then."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import followers
from ground import clock
from ground.errors import PioneerError
from models import Push
from scheduler import audience as audiences
from scheduler import quota
from scheduler.slotted import Slotted
from settings import Settings


@dataclass(frozen=True)
class Room:
    """A day's quota: ``taken`` says whether anything of that day is made, reserved or will be taken by a slot.

    Of a 公众号 ``left`` more sends are possible, and ``over`` are too many. Of a 服务号 ``average`` is how many messages each
    follower can still take in that month when the day is over, on the average.
    """

    taken: bool
    left: int = 0
    over: int = 0
    average: float | None = None


def rooms(
    session: Session, settings: Settings, dates: Sequence[date], taken: Iterable[Slotted], *, at: datetime
) -> dict[date, Room]:
    """The quota of each of these days, in order, from today on; ``taken`` are the coming slots with something to send."""
    wanted = [day for day in dates if day >= clock.shanghai_day(at)]
    if not wanted:
        return {}
    slots = list(taken)
    if settings.wechat.account_type == "service":
        return _averages(session, settings, wanted, slots, at)
    sends = account_sends(session, clock.day_bounds(wanted[-1])[0], slots, at=at)
    left = {day: quota.per_day(settings) - sends[day] for day in wanted}
    return {day: Room(sends[day] > 0, max(0, left[day]), max(0, -left[day])) for day in wanted}


def account_sends(
    session: Session, last: datetime, slots: Iterable[Slotted], *, own: int | None = None, at: datetime
) -> Counter[date]:
    """How many mass sends of the account each day from ``at`` to ``last`` has: made, reserved, or taken by coming ``slots``.

    What the push ``own`` has reserved does not count.
    """
    found = quota.account_days(session, at, last, own=own)
    found.update(clock.shanghai_day(one.at) for one in slots if one.articles)
    return found


def _averages(
    session: Session, settings: Settings, days: Sequence[date], slots: Sequence[Slotted], at: datetime
) -> dict[date, Room]:
    most, following = quota.per_month(settings), followers.counts(session).following
    sizes = _sizes(session, slots, following, at)
    months: dict[str, Counter[date]] = {}
    found: dict[date, Room] = {}
    for day in days:
        key = f"{day:%Y-%m}"
        if key not in months:
            months[key] = _reserved(session, day)
            for one in slots:
                if (that := clock.shanghai_day(one.at)) >= days[0] and f"{that:%Y-%m}" == key:
                    months[key][that] += sizes[_audience(one)]
        used = sum(count for other, count in months[key].items() if other <= day)
        average = max(0.0, most - used / following) if following else float(most)
        found[day] = Room(months[key][day] > 0, average=average)
    return found


def _reserved(session: Session, day: date) -> Counter[date]:
    """Messages of a day's month by the day on which they are due: what is used is due already."""
    first, _ = clock.month_bounds(clock.day_bounds(day)[0])
    found: Counter[date] = Counter()
    by_push = quota.by_push(session, first)
    query = sa.select(Push.id, Push.due_at).where(Push.id.in_([one for one in by_push if one is not None]))
    due = dict(session.execute(query).all())
    for push_id, count in by_push.items():
        found[clock.shanghai_day(due[push_id]) if push_id in due else clock.shanghai_day(first)] += count
    return found


def _sizes(session: Session, slots: Sequence[Slotted], following: int, at: datetime) -> Mapping[str, int]:
    sizes = {audiences.EVERYONE: following}
    for one in slots:
        text = _audience(one)
        if text in sizes:
            continue
        try:
            chosen = audiences.parse(session, text, at=at, known=one.slot.get("meant") or {})
            sizes[text] = sum(1 for _ in audiences.people(session, chosen))
        except PioneerError:
            sizes[text] = 0  # such a slot sends to nobody, and says so when its moment comes
    return sizes


def _audience(one: Slotted) -> str:
    return str(one.slot.get("audience") or audiences.EVERYONE)


__all__ = ["Room", "account_sends", "rooms"]
