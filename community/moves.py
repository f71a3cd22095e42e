"""Who was in which branch when: every change of branch is written down, by whatever way it came."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from community import expected, tags
from database import locks
from database.locks import Lock
from ground import clock
from ground.errors import Refused
from models import Member, MemberMove

BACK_DAYS = 90
"""So many days in the past a move may be said to have taken place; older ones the office has reported long ago."""


@dataclass(frozen=True)
class Why:
    """What stands beside a move: who made it and why, on which day it took place, and the batch that it belongs to."""

    reason: str
    user_id: int | None
    on: date
    transfer_id: int | None = None


def day(session: Session, member_ids: Collection[int], on: date, *, at: datetime) -> date:
    """The day of a move of these members. Raises :class:`Refused` for one to come, too long ago, or before their last move."""
    today = clock.shanghai_day(at)
    if on > today:
        raise Refused("日期不能晚于今天，请改为实际办理的日期")
    if on < today - timedelta(days=BACK_DAYS):
        raise Refused(f"日期不能早于 {BACK_DAYS} 天前，请改为近期的日期，原来的日期写到事由里")
    last = session.scalar(
        sa.select(sa.func.max(MemberMove.moved_on)).where(MemberMove.member_id.in_(member_ids))
    )
    if last is not None and on < last:
        whose = "上一次变动" if len(member_ids) == 1 else "其中有人上一次变动"
        raise Refused(f"日期不能早于{whose}的 {last:%Y-%m-%d}，请改正日期，记录的日期有误时写到事由里")
    return on


def alone(session: Session, *, at: datetime) -> None:
    """Nobody else changes the roster until the commit, and whatever has begun by now expects it as it was.

    At the head of every transaction that adds, changes, moves or removes people, before it reads them and before any audit
    entry: the audit chain is held last, or two who hold one each wait for ever.
    """
    locks.hold(session, Lock.ROSTER_IMPORT)
    expected.freeze_due(session, at)


def hold(session: Session, *member_ids: int) -> None:
    """Wait for what these members themselves have just sent, and let them send nothing until the commit.

    A check-in and a binding hold the member against this, and ask again whether they are on the roster. On SQLite nothing: one
    transaction writes at a time. What the session has loaded of these members is read anew.
    """
    query = sa.select(Member).where(Member.id.in_(member_ids)).order_by(Member.id).with_for_update(of=Member)
    session.scalars(query.execution_options(populate_existing=True)).all()


def released(follower_id: int | None) -> dict[str, int]:
    """What an entry in the trail says of the follower who is bound no more; nothing where nobody was."""
    return {} if follower_id is None else {"follower": follower_id}


def write(session: Session, known: Mapping[int, Mapping[str, Any]], why: Why, *, at: datetime) -> None:
    """Write these columns of members. Who changes branch, leaves or comes back gets a line of history, and their tags move."""
    moved = {ident: values for ident, values in known.items() if {"branch_id", "grid_id"} & values.keys()}
    if moved:
        tags.queue_moves(session, moved, at=at)
    _note(session, known, why, at=at)
    for ident, values in known.items():
        session.execute(
            sa.update(Member).where(Member.id == ident).values(**values),
            execution_options={"synchronize_session": False},
        )


def _note(session: Session, known: Mapping[int, Mapping[str, Any]], why: Why, *, at: datetime) -> None:
    placed = {ident: values for ident, values in known.items() if {"branch_id", "active"} & values.keys()}
    if not placed:
        return
    rows = []
    query = sa.select(Member.id, Member.branch_id, Member.active).where(Member.id.in_(placed))
    for member_id, branch_id, active in session.execute(query):
        values = placed[member_id]
        origin = branch_id if active else None
        target = values.get("branch_id", branch_id) if values.get("active", active) else None
        if origin != target:
            rows.append(
                {
                    "member_id": member_id,
                    "from_branch_id": origin,
                    "to_branch_id": target,
                    "moved_on": why.on,
                    "reason": why.reason,
                    "at": at,
                    "user_id": why.user_id,
                    "transfer_id": why.transfer_id,
                }
            )
    if rows:
        session.execute(sa.insert(MemberMove), rows)


def history(session: Session, member_id: int) -> list[MemberMove]:
    """Where a member was, the latest move first, with its branches and who made it."""
    query = (
        sa.select(MemberMove)
        .options(joinedload(MemberMove.origin), joinedload(MemberMove.target), joinedload(MemberMove.user))
        .where(MemberMove.member_id == member_id)
        .order_by(MemberMove.id.desc())
    )
    return list(session.scalars(query))
