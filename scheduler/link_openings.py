"""打开次数: how often links that a push sent by a road were opened, by the branch to whose group they went.

What is counted are openings and no people: a mark in the link (:mod:`scheduler.marks`) says push, road and branch. Numbers under
ten are not shown, for few of a small group would be told by them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from database.once import add
from ground import clock
from models import Branch, LinkOpening, Push
from scheduler import roads
from scheduler.marks import Mark

FEWEST = 10
"""A smaller number is not shown."""
EVERYBODY = "不分党支部"


@dataclass(frozen=True)
class Opened:
    """How often the links of one road to one branch (None: to none in particular) were opened; None: fewer than ten times."""

    road: str
    title: str
    branch_id: int | None
    branch: str
    opens: int | None

    @property
    def said(self) -> str:
        """The number in words."""
        return f"不足 {FEWEST} 次" if self.opens is None else f"{self.opens:,} 次"


@dataclass(frozen=True)
class Openings:
    """The openings of a push. ``total`` gives no hidden number away: it is without those, where one alone or few are hidden."""

    total: int
    whole: bool
    rows: Sequence[Opened]

    @property
    def said(self) -> list[str]:
        """In lines, the whole first; none where nothing was opened."""
        if not self.rows:
            return []
        first = f"链接打开 {self.total:,} 次{'' if self.whole else f'（不含不足 {FEWEST} 次的）'}"
        return [first, *(f"  {one.title} {one.branch}：{one.said}" for one in self.rows)]

    def plain(self) -> dict[str, Any]:
        """As JSON. ``opens`` is null where fewer than ten were counted; ``total`` is then without these unless ``whole``."""
        return {
            "total": self.total,
            "whole": self.whole,
            "by": [
                {"road": one.road, "title": one.title, "branch_id": one.branch_id, "branch": one.branch, "opens": one.opens}
                for one in self.rows
            ],
        }  # fmt: skip


def count(session: Session, mark: Mark, *, at: datetime) -> bool:
    """One more opening, on the day of ``at``; False where there is no such push any more."""
    if session.scalar(sa.select(Push.id).where(Push.id == mark.push_id)) is None:
        return False
    key = {
        "push_id": mark.push_id,
        "road": mark.road,
        "branch_id": mark.branch_id or 0,
        "day": clock.shanghai_day(at),
    }
    add(session, LinkOpening, key, opens=1)
    return True


def of_push(session: Session, push_id: int) -> Openings:
    """How often its links were opened, the roads in their order and the branches in theirs."""
    opens = sa.func.sum(LinkOpening.opens)
    found = session.execute(
        sa.select(LinkOpening.road, LinkOpening.branch_id, Branch.label, opens)
        .outerjoin(Branch, Branch.id == LinkOpening.branch_id)
        .where(LinkOpening.push_id == push_id)
        .group_by(LinkOpening.road, LinkOpening.branch_id, Branch.label, Branch.sort)
        .order_by(LinkOpening.road, Branch.sort, LinkOpening.branch_id)
    ).all()
    numbers = [int(number) for *_, number in found]
    order = {name: place for place, name in enumerate(roads.ROADS)}
    rows = [
        Opened(
            road, roads.of(road).title, branch_id or None, label or EVERYBODY, number if number >= FEWEST else None
        )
        for (road, branch_id, label, _), number in zip(found, numbers, strict=True)
    ]  # fmt: skip
    rows.sort(key=lambda one: order.get(one.road, len(order)))
    hidden = [number for number in numbers if number < FEWEST]
    whole = not hidden or (len(hidden) > 1 and sum(hidden) >= FEWEST)
    return Openings(sum(numbers) - (0 if whole else sum(hidden)), whole, rows)
