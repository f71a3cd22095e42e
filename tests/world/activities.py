"""活动 and the 签到 at them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from community import activities, attendance, checkin, leave, makeup
from ground import clock
from models import Activity, Branch, LeaveWay, User
from tests.world import accounts

_ANNOUNCED = timedelta(days=7)


def activity(
    session: Session,
    title: str = "主题党日",
    *,
    branches: Iterable[Branch] = (),
    starts: datetime | None = None,
    hours: float = 3,
    keyword: str = "",
    kind: str = "event",
    purpose: str = "集中学习",
    place: str = "",
    question: str = "",
    by: User | None = None,
) -> Activity:
    """An activity of these branches (none: of all), announced a week before; it began an hour ago unless said otherwise."""
    begins = starts or clock.now() - timedelta(hours=1)
    ends = begins + timedelta(hours=hours)
    draft = activities.Draft(
        title, begins, ends, list(branches), keyword, kind, purpose, place, question=question
    )
    user = by or accounts.someone(session)
    return activities.create(session, user, draft, at=begins - _ANNOUNCED).activity


def check_in(session: Session, openid: str, activity: Activity, *, at: datetime | None = None) -> None:
    """A follower who replies 签到 while it is open."""
    answer = checkin.by_reply(
        session.connection(), openid, keyword=None, choice=activity.id, at=at or clock.now(), message_key=None
    )
    assert answer.kind == "recorded", answer.text


def paper_sheet(
    session: Session,
    activity: Activity,
    members: Iterable[int],
    *,
    at: datetime | None = None,
    reason: str = "纸质签到表补录",
) -> None:
    """These members are entered from the paper sheet of the activity."""
    entered, held = list(members), session.merge(activity)
    recorded = attendance.record_by_hand(
        session, accounts.someone(session), held, entered, at=at or clock.now(), reason=reason
    )
    assert recorded.added == len(entered), recorded


def on_leave(session: Session, openid: str, activity: Activity, *, reason: str = "") -> None:
    """A follower who replies 请假."""
    answer = leave.ask(session, openid, reason, via=LeaveWay.REPLY, activity_id=activity.id, at=clock.now())
    assert answer.kind == "left", answer.text


def asks_to_make_up(session: Session, openid: str, activity: Activity, *, reason: str) -> None:
    """A follower who replies 补签 and why, when it is over."""
    answer = makeup.make_up(session, openid, reason, at=clock.now(), activity_id=activity.id)
    assert answer.kind == "pending", answer.text
