"""The calendar in the database: read for whoever counts days, written by whoever looks after it, a year at a time."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from accounts.rights import require
from database.once import insert_once, upsert
from ground.errors import NotFound, Refused
from models import HolidayYear, SpecialDay, User, YearState
from workdays import notice, shipped
from workdays.days import Holiday, Workdays, of

CHANGE = "workdays.change"
ACTION_NAMES = {CHANGE: "修改放假安排"}
FIRST, LAST = 2020, 2099


@dataclass(frozen=True)
class Year:
    """A year as it is shown; ``state`` None: nobody has entered it."""

    year: int
    state: YearState | None
    holidays: Sequence[Holiday]
    changed_by: str
    changed_at: datetime | None


def load(session: Session) -> Workdays:
    """The whole calendar: some thirty days a year."""
    rows = session.scalars(sa.select(HolidayYear)).all()
    days = _holidays(session.scalars(sa.select(SpecialDay).order_by(SpecialDay.day)).all())
    since = max((row.changed_at for row in rows), default=None)
    return of(days, {row.year: YearState(row.state) for row in rows}, since=since)


def year(session: Session, number: int) -> Year:
    """One year with its holidays in their order. Raises :class:`errors.NotFound` for a year that nobody plans for."""
    _check_planned(number)
    row = session.get(HolidayYear, number)
    if row is None:
        return Year(number, None, (), "", None)
    days = session.scalars(_of_year(number).order_by(SpecialDay.day)).all()
    found = sorted(_holidays(days), key=lambda holiday: holiday.off[:1])
    who = session.get(User, row.changed_by) if row.changed_by is not None else None
    return Year(number, YearState(row.state), found, who.label if who else "", row.changed_at)


def replace(
    session: Session,
    user: User,
    number: int,
    holidays: Sequence[Holiday],
    state: YearState,
    *,
    empty: bool = False,
    at: datetime,
) -> None:
    """Enter the holidays of a year in place of those that were there; ``empty`` says that none at all is meant.

    Raises :class:`errors.Forbidden`, what :func:`year` raises, and :class:`errors.Refused` for what cannot be right
    (:func:`workdays.notice.check`) or touches a day of another year's holiday.
    """
    require(user, CHANGE)
    _check_planned(number)
    notice.check(list(holidays), number)
    if not holidays and not empty and session.scalar(_of_year(number).limit(1)):
        raise Refused(f"表里一个节假日也没有，确实要清空 {number} 年的放假安排，请勾选“清空这一年”后再保存")
    session.execute(sa.delete(SpecialDay).where(SpecialDay.year == number))
    days = [day for holiday in holidays for day in holiday.days]
    if taken := session.scalar(sa.select(SpecialDay).where(SpecialDay.day.in_(days)).limit(1)):
        raise Refused(f"{taken.day:%Y-%m-%d} 已经写在 {taken.year} 年的“{taken.name}”里，请核对")
    upsert(session, HolidayYear, year=number, state=state.value, changed_by=user.id, changed_at=at)
    session.add_all(_rows(number, holidays))
    session.flush()
    audit.record(
        session, CHANGE, at=at, user=user, subject=f"year:{number}",
        detail={"count": len(days)},
    )  # fmt: skip


def ensure_shipped(session: Session, *, at: datetime) -> list[int]:
    """Bring in the years that came with the product and that nobody has entered yet; which they are.

    A year that was shipped without its notice, and that nobody has touched, gives way to one shipped with it.
    """
    there = {row.year: row for row in session.scalars(sa.select(HolidayYear))}
    fresh = []
    for number, (state, holidays) in shipped.years().items():
        row = there.get(number)
        if row is not None and (row.changed_by is not None or row.state == state.value):
            continue
        if row is None:
            values = {"year": number, "state": state.value, "changed_by": None, "changed_at": at}
            if not insert_once(session, HolidayYear, [values]):
                continue
        else:
            row.state, row.changed_at = state.value, at
            session.execute(sa.delete(SpecialDay).where(SpecialDay.year == number))
        session.add_all(_rows(number, holidays))
        session.flush()
        fresh.append(number)
    return fresh


def _check_planned(number: int) -> None:
    if not FIRST <= number <= LAST:
        raise NotFound(f"年份请写 {FIRST} 到 {LAST} 之间的数字")


def _of_year(number: int) -> sa.Select[SpecialDay]:
    return sa.select(SpecialDay).where(SpecialDay.year == number)


def _rows(number: int, holidays: Sequence[Holiday]) -> list[SpecialDay]:
    return [
        SpecialDay(day=day, year=number, name=holiday.name[:20], works=day in holiday.made_up)
        for holiday in holidays
        for day in holiday.days
    ]


def _holidays(rows: Sequence[SpecialDay]) -> list[Holiday]:
    found: defaultdict[tuple[int, str], tuple[list[date], list[date]]] = defaultdict(lambda: ([], []))
    for row in rows:
        found[row.year, row.name][row.works].append(row.day)
    return [Holiday(name, tuple(off), tuple(made_up)) for (_, name), (off, made_up) in found.items()]
