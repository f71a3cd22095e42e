"""现场签到: a member checks in with the code of a screen, typed in the chat or scanned.

The code proves that somebody has seen the screen within the last forty seconds; it is not asked for anything else. Who forwards
it cannot be stopped, so what looks odd is shown to the branch (:mod:`community.oddities`) and nothing follows from it by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import checkin, screen_codes
from community.checkin_questions import NOT_BOUND, OPEN_ON_SCREEN, CheckInAnswer, Found, answer
from community.window import Phase, phase
from database import claims, moment
from database.base import table_of
from database.once import upsert
from database.prepared import prepared
from ground import clock
from models import Activity, Arrival, CheckInScreen, CheckInWay, CodeTry, Follower
from settings import Limits

MOST_WRONG = 5
RESTS = timedelta(minutes=10)
"""So many wrong codes in so long: then a follower has to wait. Two of ten thousand codes are good at a time."""
PASS = timedelta(minutes=5)
"""So long has somebody who opened a fresh code: WeChat's page and the button may take longer than the code lasts."""
_WRONG = (
    "签到码不对或已过期，没有签到。请看会场屏幕上现在的四位数字，再回复一次：签到 1234（换成屏幕上的数字）"
)
_SAME = "有两个活动的签到码恰好相同，没有签到。请等屏幕上换了数字再回复"
_LATE = "二维码每 20 秒更换一次，这一个已经过期。请再扫一次会场屏幕上现在的二维码"
_UNKNOWN = "没有识别出签到二维码，请再扫一次会场屏幕上现在的二维码"
_LIMITS = Limits()


def by_code(
    connection: sa.Connection,
    openid: str,
    digits: str,
    *,
    at: datetime,
    message_key: str | None,
    limits: Limits = _LIMITS,
) -> CheckInAnswer | None:
    """Check in by ``签到 1234``; None where no screen is on for this member, so that the digits mean something else, or nothing.

    ``at`` is when the message came, by this process's clock. Never raises for what a follower may do.
    """
    rows = prepared(OPEN_ON_SCREEN, connection).all(connection, openid=openid, at=at)
    on_screen = [row for row in rows if row.secret is not None]
    if not on_screen or any(row.keyword == digits for row in rows):
        return None
    follower_id = on_screen[0].follower_id
    if wait := _rests(connection, follower_id, at):
        return answer("locked", wait)
    shared = at + moment.ahead(connection)
    good = [
        (row, number)
        for row in on_screen
        if (number := screen_codes.step_of(row.secret, digits, shared)) is not None
    ]
    if not good:
        _count_wrong(connection, follower_id, at)
        return answer("wrong", _WRONG)
    if len(good) > 1:
        return answer("wrong", _SAME)
    row, number = good[0]
    return _arrive(connection, row, number, _Sign(openid), at=at, message_key=message_key, limits=limits)


@dataclass(frozen=True)
class _Sign:
    """By what a check-in with a code can be told from others."""

    openid: str
    device: str = ""
    network: str = ""


def _arrive(
    connection: sa.Connection,
    row: Found,
    number: int,
    sign: _Sign,
    *,
    at: datetime,
    message_key: str | None,
    limits: Limits,
) -> CheckInAnswer:
    if row.done_at is not None:
        return checkin.already(row, row.done_at)
    via = CheckInWay.CODE.value
    done = checkin.record(connection, row, at=at, via=via, message_key=message_key, limits=limits)
    if done.kind == "recorded":
        connection.execute(
            sa.insert(table_of(Arrival)),
            {
                "activity_id": row.activity_id,
                "member_id": row.member_id,
                "at": at,
                "step": number,
                "wechat": screen_codes.mark_of(row.secret, "wechat", sign.openid),
                "device": screen_codes.mark_of(row.secret, "device", sign.device) if sign.device else None,
                "network": screen_codes.mark_of(row.secret, "network", sign.network)
                if sign.network
                else None,
            },
        )
    return done


# --- Wrong codes ---------------------------------------------------------------------------------------------


def _rests(connection: sa.Connection, follower_id: int, at: datetime) -> str:
    """What a follower hears who has tried too often, else nothing."""
    tried = connection.execute(
        sa.select(CodeTry.failures, CodeTry.first_at).where(CodeTry.follower_id == follower_id)
    ).one_or_none()
    if tried is None or tried.failures < MOST_WRONG or not clock.credible(tried.first_at + RESTS, at, RESTS):
        return ""
    minutes = -(-int((tried.first_at + RESTS - at).total_seconds()) // 60)
    return f"签到码输错 {MOST_WRONG} 次，请 {max(1, minutes)} 分钟后再试，或请支部书记在名单上登记"


def _count_wrong(connection: sa.Connection, follower_id: int, at: datetime) -> None:
    again = (
        sa.update(CodeTry)
        .where(
            CodeTry.follower_id == follower_id, CodeTry.first_at > at - RESTS, CodeTry.first_at <= at + RESTS
        )
        .values(failures=CodeTry.failures + 1)
    )
    if not claims.changed(connection.execute(again)):
        upsert(connection, CodeTry, follower_id=follower_id, failures=1, first_at=at)


# --- The scanned code ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Opened:
    """What came of opening a QR code's address: the activity whose fresh code it is, or what to say (``problem``).

    ``typed`` are the digits that go with it.
    """

    activity: Activity | None
    step: int
    problem: str
    typed: str = ""


def opened(session: Session, text: str, *, at: datetime) -> Opened:
    """Whether an address holds the code that a screen shows now, or showed before."""
    link = screen_codes.read_link(text)
    screen = session.get(CheckInScreen, link.activity_id) if link is not None else None
    if link is None or screen is None or not link.proves(screen.secret):
        return Opened(None, 0, _UNKNOWN)
    activity = session.get_one(Activity, link.activity_id)
    if not screen_codes.is_good(link.step, at + moment.ahead(session.connection())):
        return Opened(None, link.step, _LATE)
    if phase(activity, at) is not Phase.OPEN:
        return Opened(None, link.step, f"“{activity.title}”现在不在签到时间内")
    return Opened(activity, link.step, "", screen_codes.typed(screen.secret, link.step))


def by_link(
    session: Session,
    follower_id: int,
    activity_id: int,
    number: int,
    *,
    device: str,
    network: str,
    at: datetime,
    limits: Limits = _LIMITS,
) -> CheckInAnswer:
    """Check in who has :func:`opened` a fresh code not longer than :data:`PASS` ago; the caller has kept that it was they."""
    connection = session.connection()
    openid = connection.execute(sa.select(Follower.openid).where(Follower.id == follower_id)).scalar()
    rows = prepared(OPEN_ON_SCREEN, connection).all(connection, openid=openid, at=at) if openid else []
    if openid is None or not rows or rows[0].member_id is None:
        return answer("not_bound", NOT_BOUND)
    row = next((row for row in _screens(rows) if row.activity_id == activity_id), None)
    if row is None:
        return answer(
            "not_invited", "这个活动没有邀请您所在的党支部，或签到已经结束，未作签到。如有疑问请联系支部书记"
        )
    sign = _Sign(openid, device, network)
    return _arrive(connection, row, number, sign, at=at, message_key=None, limits=limits)


def _screens(rows: Sequence[Any]) -> list[Any]:
    return [row for row in rows if row.activity_id is not None and row.secret is not None]


__all__ = ["MOST_WRONG", "PASS", "RESTS", "Opened", "by_code", "by_link", "opened"]
