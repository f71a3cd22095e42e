"""同意: the text that is agreed to before a binding, its version, and the history of who agreed and withdrew.

Membership of the party is sensitive: it takes a consent of its own. When the text changes in what it says, :data:`VERSION`
changes with it. Who is bound by an earlier one is asked at their next message; the binding stays usable for
``consent_grace_days`` from then, and ends by itself after that (:mod:`community.lapsing`).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts import audit
from database.base import table_of
from ground import clock
from models import Consent, ConsentEnd, ConsentWay, Follower
from settings import Limits

VERSION = "2026-12"
_WHAT = (
    "党员身份属于敏感个人信息，绑定需要您单独同意。绑定后，本平台会把您的微信与党员名册中的姓名、党支部、手机号关联，"
    "只用于活动通知、签到和支部台账，不收集身份证号和位置，不对个人排名。"
)
TEXT = (
    f"{_WHAT}绑定自愿，可随时回复“解绑”撤回，回复“我的资料”查看、更正、导出。\n"
    "同意请回复“同意”，不同意请回复“不同意”，不影响阅读"
)
"""What is shown before a binding."""
_ASKED = (
    "个人信息说明有更新，请您重新确认：{what}\n"
    "同意请回复“同意”，不同意请回复“解绑”，不影响阅读。{until}前仍可照常使用，之后未同意的自动解除绑定"
)
_DECLINED = (
    "好的，更新后的个人信息说明您没有同意。{until}前仍可照常使用，之后自动解除绑定，不影响阅读。"
    "现在就解除请回复“解绑”，改为同意请回复“同意”"
)
TO_BE_ASKED = sa.select(Follower.id).where(
    Follower.openid == sa.bindparam("openid"),
    Follower.member_id.is_not(None),
    Follower.consent_version != VERSION,
    Follower.consent_asked_at.is_(None),
)
"""Whether a follower is bound by an earlier text and was not asked yet: looked up with every message, so it is one statement."""
_NOW_ASKED = (
    sa.update(table_of(Follower))
    .where(table_of(Follower).c.openid == sa.bindparam("whose"))
    .values(consent_asked_at=sa.bindparam("asked_at"))
)
"""Made once: when the text has changed, the next message of every member takes it."""


def given(session: Session, follower: Follower, version: str, how: ConsentWay, *, at: datetime) -> None:
    """Note that a bound follower has agreed to this version, for the member to whom they are bound."""
    assert follower.member_id is not None
    session.add(
        Consent(follower_id=follower.id, member_id=follower.member_id, version=version, at=at, how=how.value)
    )
    session.flush()


def end(session: Session, followers: Sequence[Follower], why: ConsentEnd, *, at: datetime) -> None:
    """What these followers agreed to holds no longer."""
    session.execute(
        sa.update(Consent)
        .where(Consent.follower_id.in_([one.id for one in followers]), Consent.ended_at.is_(None))
        .values(ended_at=at, ended_by=why.value)
        .execution_options(synchronize_session=False)
    )


def history(session: Session, follower: Follower) -> list[Consent]:
    """What a follower agreed to, the newest first."""
    query = sa.select(Consent).where(Consent.follower_id == follower.id)
    return list(session.scalars(query.order_by(Consent.id.desc()).limit(20)))


# --- A text that was changed -------------------------------------------------------------------------------


def is_outdated(follower: Follower) -> bool:
    """Whether a bound follower has agreed to an earlier text only."""
    return follower.member_id is not None and follower.consent_version != VERSION


def ask(connection: sa.Connection, openid: str, *, at: datetime, limits: Limits) -> str:
    """The question, which from now on counts as asked."""
    connection.execute(_NOW_ASKED, {"whose": openid, "asked_at": at})
    return _ASKED.format(what=_WHAT, until=_day(at + timedelta(days=limits.consent_grace_days)))


def lapses_on(follower: Follower, limits: Limits) -> datetime | None:
    """When an outdated binding ends by itself; None where nobody was asked, or all is well."""
    if not is_outdated(follower) or follower.consent_asked_at is None:
        return None
    return follower.consent_asked_at + timedelta(days=limits.consent_grace_days)


def declined(session: Session, openid: str, *, limits: Limits) -> str:
    """What is said to a bound follower who was asked about the present text and does not agree; empty where nobody was asked.

    Nothing is ended by a word that may mean another thing: it ends when it was said to, or at 解绑.
    """
    follower = session.scalar(sa.select(Follower).where(Follower.openid == openid))
    until = lapses_on(follower, limits) if follower is not None else None
    return _DECLINED.format(until=_day(until)) if until is not None else ""


def renew(session: Session, openid: str, how: ConsentWay, *, at: datetime) -> bool:
    """A bound follower agrees to the present text; False where there is nothing to agree to."""
    follower = session.scalar(
        sa.select(Follower)
        .where(Follower.openid == openid)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if follower is None or not is_outdated(follower):
        return False
    follower.consent_version, follower.consent_at, follower.consent_asked_at = VERSION, at, None
    given(session, follower, VERSION, how, at=at)
    detail = {"consent": VERSION, "follower": follower.id}
    subject = f"member:{follower.member_id}"
    audit.record(session, "member.consent", actor="党员本人", subject=subject, detail=detail, at=at)
    return True


def _day(moment: datetime) -> str:
    day = clock.shanghai_day(moment)
    return f"{day.year}年{day.month}月{day.day}日"
