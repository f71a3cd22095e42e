"""打扰次数: how often the members of a branch are asked to an activity in a month, and the ceiling that the office has set.

It counts activities that were not called off, by the month (Shanghai's) in which they begin, whoever announced them. What is sent
to people (pushes and notices) has a ceiling of its own, in :mod:`scheduler.contacts`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community.expected import invites
from community.moments import month_bounds
from ground import clock
from models import Activity, ActivityStatus, Branch


@dataclass(frozen=True)
class Asked:
    """How often branches are asked in a month: the least and the most, and how many of them have the ``ceiling`` already."""

    month: str
    least: int
    most: int
    full: int
    branches: int
    ceiling: int

    @property
    def over(self) -> bool:
        """Whether one more is more than the ceiling for some of them."""
        return self.full > 0

    @property
    def said(self) -> str:
        """In a sentence."""
        often = f"{self.most}" if self.least == self.most else f"{self.least} 到 {self.most}"
        whose = "" if self.branches == 1 else "各党支部的"
        text = f"{self.month}已请{whose}党员参加 {often} 个活动"
        if not self.ceiling:
            return text
        if not self.over:
            return f"{text}，上限 {self.ceiling} 个"
        whom = (
            "" if self.branches == 1 else "都" if self.full == self.branches else f"其中 {self.full} 个党支部"
        )
        return f"{text}，{whom}已到上限 {self.ceiling} 个，请考虑合并或改到下个月"


def asked(
    session: Session, branches: Sequence[Branch], month: datetime, *, ceiling: int, but: int | None = None
) -> Asked | None:
    """How often these branches (none: all that are active) are asked in the month of this moment, without the activity ``but``.

    None where there is no branch.
    """
    begins, ends = month_bounds(month)
    invited = sa.and_(
        Activity.starts_at >= begins,
        Activity.starts_at < ends,
        Activity.status != ActivityStatus.CANCELLED.value,
        Activity.id != (but or 0),
        invites(Branch.id),
    )
    which = Branch.id.in_([one.id for one in branches]) if branches else Branch.active.is_(True)
    counts = (
        sa.select(sa.func.count(Activity.id))
        .select_from(Branch)
        .outerjoin(Activity, invited)
        .where(which)
        .group_by(Branch.id)
    )
    numbers = list(session.scalars(counts))
    if not numbers:
        return None
    local = clock.to_shanghai(month)
    full = sum(number >= ceiling for number in numbers) if ceiling else 0
    return Asked(f"{local.month}月", min(numbers), max(numbers), full, len(numbers), ceiling)


__all__ = ["Asked", "asked"]
