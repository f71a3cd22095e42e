"""How often each follower was contacted this month, by which branch: mass messages and notices, not the answers to a person.

A mass message counts from the moment that its quota was set aside, so that pushes which wait are counted too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.orm import Session

from ground import clock, reasons
from models import ActivityChange, Branch, Delivery, DeliveryStatus, Push, QuotaUse, User
from scheduler import quota
from settings import Settings

_NOT_SENT = (DeliveryStatus.CANCELLED.value, DeliveryStatus.FAILED.value)
_REASON_LEAST = 5
_OFFICE = "街道社区办公室"


@dataclass(frozen=True)
class Often:
    """So many ``people`` of a push were contacted at least ``ceiling`` times this month, ``by`` so often by whom."""

    people: int
    ceiling: int
    by: Sequence[tuple[str, int]]

    @property
    def said(self) -> str:
        """In a sentence, without a name of anybody."""
        whose = "、".join(f"{name} {count:,} 人次" for name, count in self.by[:5])
        return f"其中 {self.people:,} 人本月已收到 {self.ceiling} 次以上推送和通知（{whose}）"


def over_ceiling(
    session: Session, settings: Settings, openids: Collection[str], moment: datetime
) -> Often | None:
    """Whether the month's ceiling is reached for some of these followers; None where it is not, or there is none."""
    ceiling = settings.limits.contacts_per_month
    if not ceiling or not openids:
        return None
    contacts = _contacts(moment).subquery()
    count = sa.func.count()
    often = sa.select(contacts.c.openid).group_by(contacts.c.openid).having(count >= ceiling)
    over: set[str] = set()
    by: Counter[str] = Counter()
    meant = set(openids)
    whose = (
        sa.select(contacts.c.openid, sa.func.coalesce(Branch.label, _OFFICE), count)
        .join(Push, Push.id == contacts.c.push_id)
        .join(User, User.id == Push.created_by)
        .outerjoin(Branch, Branch.id == User.branch_id)
        .where(contacts.c.openid.in_(often))
        .group_by(contacts.c.openid, Branch.label)
    )
    for openid, name, number in session.execute(whose):
        if openid in meant:
            over.add(openid)
            by[name] += number
    return Often(len(over), ceiling, by.most_common()) if over else None


def reason_for(often: Often | None, reason: str) -> str:
    """The reason that is kept, where one is needed. Raises :class:`errors.Refused` where it is missing."""
    if often is None:
        return ""
    return reasons.given(reason, f"{often.said}，请写明仍要联系的理由", least=_REASON_LEAST)


def _contacts(moment: datetime) -> sa.CompoundSelect[tuple[str, int]]:
    """SQL: a row a contact in the month of ``moment``: ``openid``, ``push_id``."""
    month = clock.month_key(moment)
    begins, ends = clock.month_bounds(moment)
    mass = (
        sa.select(
            QuotaUse.subject.label("openid"),
            sa.func.coalesce(QuotaUse.push_id, Delivery.push_id).label("push_id"),
        )
        .outerjoin(Delivery, Delivery.id == QuotaUse.delivery_id)
        .where(
            QuotaUse.period == month,
            QuotaUse.state.in_(quota.COUNTED),
            QuotaUse.subject.not_in(quota.ACCOUNTS),
        )
    )
    notices = sa.select(Delivery.openid, Delivery.push_id).where(
        Delivery.openid.is_not(None),
        Delivery.push_id.is_not(None),
        Delivery.status.not_in(_NOT_SENT),
        Delivery.due_at >= begins,
        Delivery.due_at < ends,
    )
    return sa.union_all(mass, notices)


def told(session: Session, activity_id: int, *, but: int | None = None) -> Counter[str]:
    """How many notices of an activity each follower had, or may have had, beside those of the push ``but``.

    Of one that was edited since those alone that were made after the edit: what an earlier one said is no longer true.
    """
    edited = sa.select(sa.func.max(ActivityChange.at)).where(ActivityChange.activity_id == activity_id)
    since = session.scalar(edited)
    notices = (
        sa.select(Delivery.openid, sa.func.count(sa.distinct(Delivery.push_id)))
        .join(Push, Push.id == Delivery.push_id)
        .where(*_notices(activity_id), Push.id != (but or 0))
        .group_by(Delivery.openid)
    )
    if since is not None:
        notices = notices.where(Push.created_at > since)
    return Counter({openid: number for openid, number in session.execute(notices) if openid is not None})


def noticed(activity_id: int) -> sa.Select[str | None]:
    """SQL: the openids of all who had, or may have had, a notice of an activity."""
    of_push = sa.select(Delivery.openid).join(Push, Push.id == Delivery.push_id)
    return of_push.where(*_notices(activity_id))


def _notices(activity_id: int) -> list[sa.ColumnElement[bool]]:
    return [
        Push.activity_id == activity_id,
        Delivery.openid.is_not(None),
        Delivery.status.not_in(_NOT_SENT),
    ]
