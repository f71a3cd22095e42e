"""What a person should know of those whom a plan reaches, before agreeing to it."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from scheduler import contacts, quota, twice
from scheduler.audience import chats
from scheduler.planner import Plan
from settings import Settings


@dataclass(frozen=True)
class Reached:
    """What a person should know of those whom a plan reaches, before it is agreed to.

    ``last`` of them get their last mass message of the month, ``again`` have had a notice of the same activity; ``often`` are
    contacted as often as the month's ceiling says. ``twice`` of them have one of its articles already, or will have it; to
    ``groups`` one went or will go. ``beside`` of them are also in groups to which it goes.
    """

    last: int
    again: int
    twice: int
    often: contacts.Often | None
    groups: int = 0
    beside: int = 0

    @property
    def said(self) -> list[str]:
        """In sentences."""
        notes = []
        if self.last:
            notes.append(f"其中 {self.last:,} 人这是本月最后一条群发")
        if self.twice:
            notes.append(f"其中 {self.twice:,} 人已经收到或将收到同一篇稿件，这次会再收到一遍")
        if self.groups:
            notes.append(f"其中 {self.groups:,} 个群已经发过或将要发同一篇稿件，这次会再发一遍")
        if self.beside:
            notes.append(f"其中 {self.beside:,} 人单独收到，在群里还会看到一遍")
        if self.again:
            notes.append(f"其中 {self.again:,} 人已经收到过这次活动的通知，这次作为提醒")
        if self.often:
            notes.append(self.often.said)
        return notes


def reached(
    session: Session,
    settings: Settings,
    made: Plan,
    moment: datetime,
    *,
    article_ids: Collection[int] = (),
    again_of: int | None = None,
    at: datetime,
) -> Reached:
    """Look at those whom a new push of these articles, if it carries any, would reach at ``moment``.

    ``again_of`` is the push whose failures it makes good.
    """
    people = {openid for route in made.routes for openid in route.people}
    costly = {openid for route in made.routes if route.road.costs_quota for openid in route.people}
    last = costly and costly & quota.last_ones(session, settings, moment, ahead=made.ahead.people)
    again = people & made.told.keys()
    met = twice.reached(session, article_ids, people, again_of=again_of, at=at) if article_ids else set[str]()
    to_groups = made.to_groups
    groups = twice.groups(session, article_ids, to_groups) if article_ids and to_groups else 0
    beside = chats.readers(session, to_groups, people) if to_groups else set[str]()
    often = contacts.over_ceiling(session, settings, people, moment)
    return Reached(len(last), len(again), len(met), often, groups, len(beside))
