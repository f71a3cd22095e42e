"""改期: to which moments a push may be put off, and which is the next one where a moment cannot be."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy.orm import Session

from ground import clock
from ground.errors import Refused
from scheduler import daily, quiet, quota, slotted
from settings import Settings

_A_MINUTE = timedelta(minutes=1)
_LOOKED_AHEAD = timedelta(days=62)


def require(
    session: Session, settings: Settings, wanted: datetime, *, costs_quota: bool, own: int, at: datetime
) -> None:
    """Let a moment pass at which the push ``own`` could be sent. Raises :class:`errors.Refused` saying :func:`why_not`."""
    if why := why_not(session, settings, wanted, costs_quota=costs_quota, own=own, at=at):
        raise Refused(why)


def why_not(
    session: Session,
    settings: Settings,
    wanted: datetime,
    *,
    costs_quota: bool,
    own: int | None = None,
    at: datetime,
) -> str:
    """Why nothing can be sent at a moment, and the next one at which it can; empty where it can.

    It cannot at what is past or behind the next year, in the quiet hours, and,
    by a 公众号, on a day whose sends are made, reserved or taken by a slot.
    """
    if far := clock.beyond_next_year(wanted, at):
        return far
    days = full_days(session, settings, wanted, own=own, at=at) if costs_quota else set()
    why = _why_not(settings, wanted, days, at)
    return f"{why}，{_instead(settings, wanted, days, at)}" if why else ""


def require_free_day(session: Session, settings: Settings, wanted: datetime, *, at: datetime) -> None:
    """Raise :class:`errors.Refused` for a day on which a 公众号 can send nothing more, with the next moment at which it can."""
    days = full_days(session, settings, wanted, at=at)
    if clock.shanghai_day(wanted) in days:
        raise Refused(f"{_full(settings, wanted)}，{_instead(settings, wanted, days, at)}")


def full_days(
    session: Session, settings: Settings, wanted: datetime, *, own: int | None = None, at: datetime
) -> set[date]:
    """The days from now to two months after ``wanted`` on which a 公众号 can send nothing more; none for a 服务号."""
    if settings.wechat.account_type == "service":
        return set()
    until = max(wanted, at) + _LOOKED_AHEAD
    slots = slotted.coming(session, settings, until, at=at)
    sends = daily.account_sends(session, until, slots, own=own, at=at)
    return {day for day, count in sends.items() if count >= quota.per_day(settings)}


def said(moment: datetime) -> str:
    """``12月1日 08:00``."""
    local = clock.to_shanghai(moment)
    return f"{local.month}月{local.day}日 {local:%H:%M}"


def _why_not(settings: Settings, wanted: datetime, full: Collection[date], at: datetime) -> str:
    hours = settings.limits.quiet_hours
    if wanted < at - _A_MINUTE:
        return f"{clock.to_shanghai(wanted):%Y-%m-%d %H:%M} 已经过去"
    if quiet.is_quiet(wanted, settings):
        return f"{hours} 为免打扰时段"
    if clock.shanghai_day(wanted) in full:
        return _full(settings, wanted)
    return ""


def _full(settings: Settings, wanted: datetime) -> str:
    day = clock.shanghai_day(wanted)
    return f"{day.month}月{day.day}日已经安排了群发，公众号一天只能群发 {quota.per_day(settings)} 次"


def _instead(settings: Settings, wanted: datetime, full: Collection[date], at: datetime) -> str:
    """The same time on the first day on which it is possible, or the end of the quiet hours."""
    moment = max(wanted, wanted + timedelta(days=(clock.shanghai_day(at) - clock.shanghai_day(wanted)).days))
    for _ in range(_LOOKED_AHEAD.days):
        found = quiet.defer(moment, settings.limits.quiet_hours)
        if found >= at and clock.shanghai_day(found) not in full:
            return f"最近可以改到 {said(found)}"
        moment += timedelta(days=1)
    return "两个月内都已排满，请先取消一次推送"


__all__ = ["full_days", "require", "require_free_day", "said", "why_not"]
