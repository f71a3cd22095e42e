"""节假日: the office's calendar, a year at a time."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column

from database.base import Base
from models.checks import one_of
from models.users import User


class YearState(StrEnum):
    """How far the holidays of a year are known."""

    ANNOUNCED = "announced"
    PROVISIONAL = "provisional"


class HolidayYear(Base):
    """A year whose holidays are known; ``state`` says how far. ``changed_by`` is null for what came with the product."""

    __tablename__ = "holiday_year"
    __table_args__ = (one_of("state", YearState),)

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[str] = mapped_column(sa.String(20))
    changed_by: Mapped[int | None] = mapped_column(sa.ForeignKey(User.id))
    changed_at: Mapped[datetime]


class SpecialDay(Base):
    """A day that is not what its weekday says: off, or worked at a weekend. ``year`` is that of its holiday."""

    __tablename__ = "special_day"

    day: Mapped[date] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(sa.ForeignKey(HolidayYear.year, ondelete="CASCADE"), index=True)
    name: Mapped[str] = mapped_column(sa.String(20))
    works: Mapped[bool]
