"""复制: the same activity once more, a week or a month later, for the same branches."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from accounts.rights import own_branch, require
from community import activities, changing
from community.announcing import Draft
from community.moments import months_later
from ground import clock
from ground.errors import Refused
from models import Activity, User

SHIFTS = {"week": "下周", "month": "下个月"}
_MONTHS = ("一", "二", "三", "四", "五", "六", "七", "八", "九", "十", "十一", "十二")
_WRITTEN = re.compile(
    r"(?<![一二三四五六七八九十\d])(十[一二]?|[一二三四五六七八九]|1[0-2]|[1-9])月(?![\d一二三四五六七八九十])"
)


def draft(session: Session, user: User, activity_id: int, shift: str, *, at: datetime) -> Draft:
    """A draft of the same activity, moved on by a ``week`` or a ``month`` until it lies ahead; a secretary's for the own branch.

    A month in its title goes on as well (九月主题党日). Raises :class:`Refused` for another ``shift``, :class:`errors.NotFound`.
    """
    require(user, "activity.create")
    if shift not in SHIFTS:
        raise Refused(f"复制到什么时候看不懂，可选：{'、'.join(SHIFTS.values())}")
    found = activities.get(session, activity_id, user=user)
    starts_at, times = _moved(found.starts_at, shift, 1), 1
    while starts_at <= at:
        times += 1
        starts_at = _moved(found.starts_at, shift, times)
    made = replace(
        changing.draft_of(found),
        title=_renamed(found, starts_at),
        starts_at=starts_at,
        ends_at=starts_at + (found.ends_at - found.starts_at),
    )
    own = own_branch(user)
    if own is not None:
        made = replace(made, branches=[user.branch] if user.branch is not None else ())
    return made


def _moved(moment: datetime, shift: str, times: int) -> datetime:
    """The same weekday and hour later, or the same day of a later month (its last one, where it is shorter)."""
    if shift == "week":
        return moment + timedelta(weeks=times)
    return months_later(moment, times)


def _renamed(activity: Activity, starts_at: datetime) -> str:
    """The title with the month of the new beginning, where it names that of the old one."""
    before, after = clock.to_shanghai(activity.starts_at).month, clock.to_shanghai(starts_at).month

    def follow(hit: re.Match[str]) -> str:
        if hit[1] == str(before):
            return f"{after}月"
        return f"{_MONTHS[after - 1]}月" if hit[1] == _MONTHS[before - 1] else hit[0]

    return _WRITTEN.sub(follow, activity.title)


__all__ = ["SHIFTS", "draft"]
