"""What is odd about check-ins with a code: shown to the branch, which knows its people. Nothing follows from it by itself.

One phone may well check in a couple; so this says what was seen, names nobody a cheat, and goes with its traces after some days.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import branch_scope, may
from community.privacy import mask_name
from models import Activity, Arrival, CheckIn, CheckInScreen, Member, User

ONE_PHONE = 3
"""So many people by one phone are worth a look; two are a couple."""
ONE_WECHAT = 2
MANY_CODES = 4
"""So many different codes from one network that is not the hall's: somebody passes them on."""
_MOST = 10
_Row: TypeAlias = sa.Row[*tuple[Any, ...]]


@dataclass(frozen=True)
class Oddity:
    """One sentence, and whom it is about (masked, by the roster)."""

    said: str
    names: tuple[str, ...]


def found(session: Session, user: User, activity: Activity, *, branch_id: int | None = None) -> list[Oddity]:
    """What a branch may want to look at, of those whom the user may see by name: nothing without the right to correct it."""
    if not may(user, "checkin.record", branch_id):
        return []
    query = (
        sa.select(Arrival.wechat, Arrival.device, Arrival.network, Arrival.step, Member.id, Member.name)
        .join(Member, Member.id == Arrival.member_id)
        .join(
            CheckIn,
            sa.and_(CheckIn.activity_id == Arrival.activity_id, CheckIn.member_id == Arrival.member_id),
        )
        .where(Arrival.activity_id == activity.id, branch_scope(user, CheckIn.branch_id))
        .order_by(Member.id)
    )
    if branch_id is not None:
        query = query.where(CheckIn.branch_id == branch_id)
    rows = session.execute(query).all()
    screen = session.get(CheckInScreen, activity.id)
    hall = screen.network if screen is not None else None
    seen = [
        *_many(rows, "device", ONE_PHONE, "同一部手机为 {} 人签到"),
        *_many(rows, "wechat", ONE_WECHAT, "同一个微信先后为 {} 人签到"),
        *_far(rows, hall),
    ]
    return seen[:_MOST]


def _many(rows: Sequence[_Row], by: str, least: int, said: str) -> list[Oddity]:
    people: dict[bytes, dict[int, str]] = defaultdict(dict)
    for row in rows:
        if (mark := getattr(row, by)) is not None:
            people[mark][row.id] = mask_name(row.name)
    return [
        Oddity(said.format(len(names)), tuple(names.values()))
        for names in people.values()
        if len(names) >= least
    ]


def _far(rows: Sequence[_Row], hall: bytes | None) -> list[Oddity]:
    steps: dict[bytes, set[int]] = defaultdict(set)
    people: dict[bytes, dict[int, str]] = defaultdict(dict)
    for row in rows:
        if row.network is not None and row.network != hall:
            steps[row.network].add(row.step)
            people[row.network][row.id] = mask_name(row.name)
    return [
        Oddity(f"会场以外的同一网络用过 {len(codes)} 个不同的签到码", tuple(people[network].values()))
        for network, codes in steps.items()
        if len(codes) >= MANY_CODES
    ]


__all__ = ["MANY_CODES", "ONE_PHONE", "ONE_WECHAT", "Oddity", "found"]
