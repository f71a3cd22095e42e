"""Those who left and whose openid still stands somewhere: from before it was forgotten everywhere, or by a race with a plan.

An unfollow forgets at once (:mod:`community.forgetting`); this finds what slipped through, by the one rule that an openid which
follows nowhere stands nowhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import forgetting
from ground import clock
from models import Delivery, Follower, QuotaUse
from operations.sweeps import BATCH, Moment, Standing
from scheduler import quota, report, roads

_OVER = "名单上的人已取消关注，没有发送"


def not_following(openid: Any) -> sa.ColumnElement[bool]:
    """SQL: nobody follows under this openid."""
    return ~sa.exists().where(Follower.openid == openid, Follower.gone.is_(False))


def settled() -> list[sa.ColumnElement[bool]]:
    """SQL: deliveries whose list nobody needs any more, and which still have one."""
    return [has_list(), sa.or_(Delivery.accepted_at.is_not(None), Delivery.finished_at.is_not(None))]


def has_list() -> sa.ColumnElement[bool]:
    """SQL: a delivery holds openids (an old row may hold JSON's ``null``)."""
    return sa.cast(Delivery.openids, sa.Text).startswith("[")


# --- The ledger of quota ------------------------------------------------------------------------------------------


def _in_clear() -> list[sa.ColumnElement[bool]]:
    return [QuotaUse.subject.not_in(quota.ACCOUNTS), QuotaUse.subject.not_like(f"{forgetting.PSEUDONYM}%")]


def quota_standing(session: Session, at: Moment) -> Standing:
    """Rows with the openid of somebody who has left: all of them should be gone."""
    rows, oldest = session.execute(
        sa.select(sa.func.count(), sa.func.min(QuotaUse.at)).where(
            *_in_clear(), not_following(QuotaUse.subject)
        )
    ).one()
    return Standing(rows, oldest, rows)


def quota_of_leavers(session: Session, at: Moment) -> list[tuple[str, str]]:
    """Month and openid of some who left."""
    pairs = sa.select(QuotaUse.period, QuotaUse.subject).where(*_in_clear(), not_following(QuotaUse.subject))
    return [(period, subject) for period, subject in session.execute(pairs.distinct().limit(BATCH))]


def hide_quota(session: Session, at: Moment, found: Sequence[tuple[str, str]]) -> int:
    """Replace these openids by their keyed hash; how many of month and openid. Who is back meanwhile stays."""
    here = _following(session, {subject for _, subject in found})
    for month in sorted({period for period, _ in found}):
        left = sorted(subject for period, subject in found if period == month and subject not in here)
        forgetting.hide_quota(session, left, months=[month])
    return sum(subject not in here for _, subject in found)


def quota_over(at: Moment) -> list[sa.ColumnElement[bool]]:
    """SQL: quota of months that are over; hashes go with their month, the rest a month later, for calls that ran over its end."""
    this, before = clock.month_key(at.now), clock.month_before(at.now)
    open_ones = sa.exists().where(Delivery.id == QuotaUse.delivery_id, Delivery.finished_at.is_(None))
    hashes = sa.and_(QuotaUse.subject.like(f"{forgetting.PSEUDONYM}%"), QuotaUse.period < this)
    return [sa.or_(hashes, QuotaUse.period < before), ~open_ones]


# --- Lists that wait ------------------------------------------------------------------------------------------------


_NEVER_CALLED = (
    Delivery.status == "planned",
    Delivery.called_at.is_(None),
    Delivery.finished_at.is_(None),
)


def lists_standing(session: Session, at: Moment) -> Standing:
    """Deliveries that were never called and whose list holds somebody who left: none should."""
    found = _with_leavers(session)
    return Standing(len(found), min((due for _, due in found), default=None), len(found))


def lists_with_leavers(session: Session, at: Moment) -> list[int]:
    """The ids of some such deliveries."""
    return [row_id for row_id, _ in _with_leavers(session)[:BATCH]]


def _with_leavers(session: Session) -> list[tuple[int, datetime]]:
    waiting = sa.select(Delivery.id, Delivery.due_at, Delivery.openids).where(*_NEVER_CALLED, has_list())
    rows = session.execute(waiting).all()
    here = _following(session, {openid for _, _, openids in rows for openid in openids})
    return [(row_id, due) for row_id, due, openids in rows if not here.issuperset(openids)]


def shorten_lists(session: Session, at: Moment, found: Sequence[int]) -> int:
    """Take those who left out of lists that were never called; a list that becomes too short for WeChat is cancelled.

    A list that was called stays as it is until WeChat's answer settles it: its key stands for exactly this call.
    """
    statement = sa.select(Delivery).where(*_NEVER_CALLED, Delivery.id.in_(found)).with_for_update()
    waiting = list(session.scalars(statement))
    here = _following(session, {openid for one in waiting for openid in one.openids or ()})
    for delivery in waiting:
        left = [openid for openid in delivery.openids or () if openid in here]
        fewest = roads.of(delivery.road).fewest(at.settings.wechat.limits)
        delivery.recipients = len(left)
        if len(left) >= fewest:
            delivery.openids = left
            continue
        delivery.openids, delivery.status = None, "cancelled"
        delivery.finished_at, delivery.error = at.now, _OVER
        quota.release(session, delivery.id)
        session.flush()
        report.settle_of(session, delivery, at.now)
    return len(waiting)


def _following(session: Session, openids: set[str]) -> set[str]:
    asked = sorted(openids)
    here: set[str] = set()
    for start in range(0, len(asked), BATCH):
        part = asked[start : start + BATCH]
        here.update(
            session.scalars(
                sa.select(Follower.openid).where(Follower.openid.in_(part), Follower.gone.is_(False))
            )
        )
    return here


# --- Messages to one person ---------------------------------------------------------------------------------------


def addressed() -> list[sa.ColumnElement[bool]]:
    """SQL: messages to one person that name somebody who left."""
    return [Delivery.openid != forgetting.GONE, not_following(Delivery.openid)]


def answered(at: Moment) -> list[sa.ColumnElement[bool]]:
    """SQL: those of them that are done with."""
    done = Delivery.status.in_(["delivered", "failed", "unknown"])
    return [sa.or_(done, Delivery.push_id.is_not(None)), *addressed()]


def told_long_ago(at: Moment) -> list[sa.ColumnElement[bool]]:
    """SQL: notices of months before the last one, of which nobody asks any more who had them."""
    this_month, _ = clock.month_bounds(at.now)
    begins, _ = clock.month_bounds(this_month - timedelta(days=1))
    return [Delivery.due_at < begins, Delivery.finished_at.is_not(None)]
