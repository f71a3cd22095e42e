"""签到屏: the page in the hall that shows how to check in, and how many have. It begins when somebody asks for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from accounts.rights import require
from community import activities, screen_codes
from community.window import PHASES, Phase, phase
from database import moment
from ground.errors import Conflict
from models import Activity, CheckIn, CheckInScreen, User


@dataclass(frozen=True)
class Shown:
    """What the screen shows at a moment; ``code`` and ``link`` are empty outside the window, ``left`` are seconds until the next.

    ``link`` is the last part of the address in the QR code. ``came`` counts all branches: a number, of nobody by name.
    """

    phase: Phase
    code: str
    link: str
    left: float
    came: int

    @property
    def said(self) -> str:
        """The state in a word."""
        return PHASES[self.phase]


def find(session: Session, activity_id: int) -> CheckInScreen | None:
    """The screen of an activity, if it has one."""
    return session.get(CheckInScreen, activity_id)


def start(session: Session, user: User, activity_id: int, *, code_only: bool, at: datetime) -> Activity:
    """Have a screen for an activity, or say anew whether the plain 签到 counts beside it.

    Raises :class:`errors.Conflict` for one that is over, :class:`errors.NotFound` outside the scope.
    """
    require(user, "checkin.record")
    activity = activities.get(session, activity_id, user=user)
    if phase(activity, at) not in (Phase.COMING, Phase.OPEN):
        raise Conflict("活动已结束或取消，不能再打开签到屏")
    found = find(session, activity_id)
    if found is not None and found.code_only == code_only:
        return activity
    if found is None:
        found = CheckInScreen(
            activity_id=activity_id, secret=screen_codes.new_secret(), started_at=at, started_by=user.id
        )
        session.add(found)
    found.code_only = code_only
    session.flush()
    subject = f"activity:{activity_id}"
    audit.record(
        session, "activity.screen", user=user, subject=subject, detail={"code_only": code_only}, at=at
    )
    return activity


def stop(session: Session, user: User, activity_id: int, *, at: datetime) -> None:
    """No screen any more: its codes are good for nothing, and the plain 签到 counts again."""
    require(user, "checkin.record")
    activities.get(session, activity_id, user=user)
    found = find(session, activity_id)
    if found is not None:
        session.delete(found)
        session.flush()
        subject = f"activity:{activity_id}"
        audit.record(session, "activity.screen", user=user, subject=subject, detail={"stopped": True}, at=at)


def shown(session: Session, user: User, activity: Activity, screen: CheckInScreen, *, at: datetime) -> Shown:
    """What a screen shows now to who may enter check-ins."""
    require(user, "checkin.record")
    came = session.scalar(
        sa.select(sa.func.count()).select_from(CheckIn).where(CheckIn.activity_id == activity.id)
    )
    now = phase(activity, at)
    if now is not Phase.OPEN:
        return Shown(now, "", "", screen_codes.SECONDS, came or 0)
    shared = at + moment.ahead(session.connection())
    number = screen_codes.step(shared)
    return Shown(
        now,
        screen_codes.typed(screen.secret, number),
        screen_codes.link(activity.id, screen.secret, number),
        screen_codes.left(shared),
        came or 0,
    )


def stands_in(session: Session, screen: CheckInScreen, network: str) -> None:
    """Remember in which network the screen stands: that many check in from there is nothing odd."""
    mark = screen_codes.mark_of(screen.secret, "network", network)
    if screen.network != mark:
        screen.network = mark
        session.flush()


__all__ = ["Shown", "find", "shown", "stands_in", "start", "stop"]
