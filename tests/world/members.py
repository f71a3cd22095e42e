"""党员 on the roster."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import roster
from community.roster_file import RosterFile, RosterRow
from ground import clock
from models import Branch, Member
from tests.world import places

_numbers = itertools.count(1)
_COLUMNS = frozenset(("name", "gender", "branch", "grid", "phone", "joined_on", "duty", "note"))


def phone() -> str:
    """A number that nobody has: of a series that is not in use, counted up."""
    return f"1990000{next(_numbers):04d}"


def row(
    name: str,
    branch: str,
    phone_number: str = "",
    *,
    gender: str = "",
    grid: str = "",
    joined_on: date | None = None,
    duty: str = "",
) -> RosterRow:
    """A line of the roster."""
    return RosterRow(0, name, gender, branch, grid, phone_number or phone(), joined_on, duty, "")


def enrol(session: Session, rows: Sequence[RosterRow], *, at: datetime | None = None) -> list[Member]:
    """Import these lines; the members in their order."""
    plan = roster.plan(session, RosterFile("名册", "0" * 64, _COLUMNS, list(rows)))
    assert not plan.errors, plan.errors
    for chunk in plan.chunks():
        roster.write(session, chunk, at=at or clock.now())
    indexes = {(line.name, roster.phone_index(line.phone)): place for place, line in enumerate(rows)}
    names = {line.name for line in rows}
    found = session.scalars(sa.select(Member).where(Member.name.in_(names)))
    by_place = {indexes.get((one.name, one.phone_index or b"")): one for one in found}
    return [by_place[place] for place in range(len(rows))]


def member(
    session: Session,
    name: str = "张小三",
    branch: Branch | None = None,
    *,
    phone_number: str = "",
    grid: str = "",
    at: datetime | None = None,
) -> Member:
    """One 党员, of a branch that is made where none is given."""
    of = branch or places.branch(session)
    return enrol(session, [row(name, of.name, phone_number, grid=grid)], at=at)[0]
