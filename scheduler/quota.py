"""Quota of mass messages: a ledger per follower and month (服务号) or per account and day (公众号), in Shanghai's calendar.

WeChat answers the fifth message to a follower with success and leaves that follower out in silence; so we count ourselves.
Source: https://developers.weixin.qq.com/doc/service/guide/product/message/Batch_Sends.html
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from community import followers
from community.forgetting import PSEUDONYM
from database.base import table_of
from ground import clock
from models import QuotaUse
from settings import Settings

ACCOUNT = "account"
TO_ALL = "to-all"
TO_ALL_MONTH = "to-all-month"
ACCOUNTS = (ACCOUNT, TO_ALL, TO_ALL_MONTH)
"""Subjects that are no follower."""
COUNTED = ("held", "used")
_AT_ONCE = 20_000


def day_key(moment: datetime) -> str:
    """``"2026-11-24"``: the day in Shanghai."""
    return clock.shanghai_day(moment).isoformat()


def exhausted(
    session: Session,
    settings: Settings,
    moment: datetime,
    *,
    own: int | None = None,
    ahead: Mapping[str, int] | None = None,
) -> set[str]:
    """Openids that can take no further mass message in the month of ``moment`` (服务号; empty for a 公众号).

    What other pushes have reserved counts, what the push ``own`` has does not. ``ahead`` are messages that will have been sent by
    then though nothing is reserved for them.
    """
    if settings.wechat.account_type != "service":
        return set()
    most, counted = settings.wechat.limits.mass_per_follower_month, sa.func.count()
    used = _used(moment, own)
    spent = set(session.scalars(used.having(counted >= most)))
    if not ahead:
        return spent
    near: dict[str, int] = dict(session.execute(used.add_columns(counted).having(counted < most)).all())
    return spent | {openid for openid, count in ahead.items() if near.get(openid, 0) + count >= most}


def last_ones(
    session: Session,
    settings: Settings,
    moment: datetime,
    *,
    ahead: Mapping[str, int],
    own: int | None = None,
) -> set[str]:
    """Openids for which the next mass message will be the last of the month of ``moment``; the rest as :func:`exhausted`."""
    if settings.wechat.account_type != "service":
        return set()
    most = settings.wechat.limits.mass_per_follower_month
    used: dict[str, int] = dict(session.execute(_used(moment, own).add_columns(sa.func.count())).all())
    return {
        openid for openid in {*used, *ahead} if used.get(openid, 0) + ahead.get(openid, 0) == most - 1
    } - {*ACCOUNTS}


def _used(moment: datetime, own: int | None) -> sa.Select[str]:
    """SQL: who used some of the month of ``moment``, grouped."""
    this_month = [QuotaUse.period == clock.month_key(moment), QuotaUse.state.in_(COUNTED), _not_of(own)]
    return sa.select(QuotaUse.subject).where(*this_month).group_by(QuotaUse.subject)


def _not_of(push_id: int | None) -> sa.ColumnElement[bool]:
    if push_id is None:
        return sa.true()
    return sa.or_(QuotaUse.push_id.is_(None), QuotaUse.push_id != push_id)


def account_left(session: Session, settings: Settings, moment: datetime, *, own: int | None = None) -> int:
    """How many mass sends a 公众号 may still make on the day of ``moment``, beside what the push ``own`` has reserved."""
    used = _count(session, ACCOUNT, day_key(moment), own)
    return max(0, settings.wechat.limits.mass_per_day - used)


def per_day(settings: Settings) -> int:
    """How many mass sends an account may make on one day: a 公众号 at all, a 服务号 to everyone."""
    return settings.wechat.limits.mass_per_day


def per_month(settings: Settings) -> int:
    """How many mass messages a follower of a 服务号 takes in a month."""
    return settings.wechat.limits.mass_per_follower_month


def account_days(
    session: Session, first: datetime, last: datetime, *, own: int | None = None
) -> Counter[date]:
    """How many mass sends are used or reserved on each day from ``first`` to ``last``, beside those of the push ``own``."""
    query = sa.select(QuotaUse.period, sa.func.count()).where(
        QuotaUse.subject == ACCOUNT, QuotaUse.period.between(day_key(first), day_key(last)),
        QuotaUse.state.in_(COUNTED), _not_of(own),
    )  # fmt: skip
    rows = session.execute(query.group_by(QuotaUse.period))
    return Counter({date.fromisoformat(period): count for period, count in rows})


def by_push(session: Session, moment: datetime) -> dict[int | None, int]:
    """Messages to followers of the month of ``moment``, by the push that they are reserved for; None: used, or a call's."""
    query = sa.select(QuotaUse.push_id, sa.func.count()).where(
        QuotaUse.period == clock.month_key(moment),
        QuotaUse.state.in_(COUNTED),
        QuotaUse.subject.not_in(ACCOUNTS),
    )
    return dict(session.execute(query.group_by(QuotaUse.push_id)).all())


def to_all_left(
    session: Session,
    settings: Settings,
    moment: datetime,
    *,
    own: int | None = None,
    ahead: tuple[int, int] = (0, 0),
) -> int:
    """How many sends "to all" a 服务号 may still make on the day of ``moment`` (1 a day, 4 a month).

    ``ahead`` are those that will have been made by then, on that day and in that month.
    """
    limits, (today, this_month) = settings.wechat.limits, ahead
    day = limits.mass_per_day - _count(session, TO_ALL, day_key(moment), own) - today
    used = _count(session, TO_ALL_MONTH, clock.month_key(moment), own)
    return max(0, min(day, limits.mass_per_follower_month - used - this_month))


def summary(session: Session, settings: Settings, moment: datetime) -> dict[str, Any]:
    """What is left of the month's or the day's quota, in the account's own terms.

    ``{"service", "following"}`` and for a 服务号 ``most`` (a month), ``used``, ``average`` (left for each follower),
    ``exhausted`` (followers with nothing left) and ``to_all``; for a 公众号 ``left`` (sends today).
    """
    following = followers.counts(session).following
    if settings.wechat.account_type != "service":
        return {"service": False, "left": account_left(session, settings, moment), "following": following}
    held = sa.select(sa.func.count()).where(
        QuotaUse.period == clock.month_key(moment), QuotaUse.state.in_(COUNTED)
    )
    used = session.scalar(held.where(QuotaUse.subject.not_in(ACCOUNTS))) or 0
    most = settings.wechat.limits.mass_per_follower_month
    return {
        "service": True,
        "following": following,
        "most": most,
        "used": used,
        "average": max(0.0, most - used / following) if following else float(most),
        "exhausted": len(exhausted(session, settings, moment)),
        "to_all": to_all_left(session, settings, moment),
    }


def remaining(session: Session, settings: Settings, openid: str, moment: datetime) -> int:
    """How many mass messages one follower can still take in the month of ``moment``."""
    used = _count(session, openid, clock.month_key(moment))
    return max(0, settings.wechat.limits.mass_per_follower_month - used)


def _count(session: Session, subject: str, period: str, own: int | None = None) -> int:
    counted = sa.select(sa.func.count()).where(
        QuotaUse.period == period,
        QuotaUse.subject == subject,
        QuotaUse.state.in_(COUNTED),
        _not_of(own),
    )
    return session.scalar(counted) or 0


def hold(
    session: Session,
    settings: Settings,
    delivery_id: int | None,
    openids: Sequence[str],
    *,
    to_all: bool,
    at: datetime,
    push_id: int | None = None,
) -> None:
    """Set aside what a delivery will use: one of each follower's, or the account's day. One statement for very many.

    Without a delivery it is reserved for the push, in the month or day ``at`` which that is due.
    """
    if settings.wechat.account_type != "service":
        session.execute(sa.insert(QuotaUse), [_row(ACCOUNT, day_key(at), delivery_id, push_id, at)])
        return
    if session.get_bind().dialect.name == "postgresql":
        rows = "jsonb_array_elements_text(CAST(:openids AS jsonb)) AS one(value)"
    else:
        rows = "json_each(:openids) AS one"
    statement = sa.text(
        "INSERT INTO quota_use (subject, period, delivery_id, push_id, state, at) "  # noqa: S608 - no outside text in it
        f"SELECT one.value, :period, CAST(:delivery AS BIGINT), CAST(:push AS BIGINT), 'held', :at FROM {rows}"
    ).bindparams(sa.bindparam("at", type_=table_of(QuotaUse).c.at.type))
    for start in range(0, len(openids), _AT_ONCE):
        some = json.dumps(list(openids[start : start + _AT_ONCE]))
        session.execute(
            statement,
            {
                "openids": some,
                "period": clock.month_key(at),
                "delivery": delivery_id,
                "push": push_id,
                "at": at,
            },
        )
    if to_all:
        session.execute(
            sa.insert(QuotaUse),
            [
                _row(TO_ALL, day_key(at), delivery_id, push_id, at),
                _row(TO_ALL_MONTH, clock.month_key(at), delivery_id, push_id, at),
            ],
        )


def _row(
    subject: str, period: str, delivery_id: int | None, push_id: int | None, at: datetime
) -> dict[str, object]:
    return {
        "subject": subject,
        "period": period,
        "delivery_id": delivery_id,
        "push_id": push_id,
        "state": "held",
        "at": at,
    }


def give_back(session: Session, push_id: int) -> None:
    """What was reserved for a push is free again: it is planned now, cancelled, or reserved anew."""
    session.execute(sa.delete(QuotaUse).where(QuotaUse.push_id == push_id, QuotaUse.delivery_id.is_(None)))


def use(session: Session, delivery_id: int, at: datetime) -> None:
    """The call was accepted: what was held is used, in the month and day in which it was."""
    table = table_of(QuotaUse)
    in_days = sa.func.length(table.c.period) > len("2026-11")
    session.execute(
        sa.update(QuotaUse)
        .where(QuotaUse.delivery_id == delivery_id, QuotaUse.state == "held")
        .values(state="used", at=at, period=sa.case((in_days, day_key(at)), else_=clock.month_key(at)))
        .execution_options(synchronize_session=False)
    )


def release(session: Session, delivery_id: int) -> None:
    """The call was certainly not accepted, or its job failed: nothing is used."""
    session.execute(
        sa.update(QuotaUse)
        .where(QuotaUse.delivery_id == delivery_id, QuotaUse.state != "released")
        .values(state="released")
        .execution_options(synchronize_session=False)
    )


def holders(session: Session, delivery_id: int) -> list[str]:
    """The followers for whom a delivery was planned (also of a tag, whose delivery lists none) and who have not left since."""
    return list(
        session.scalars(
            sa.select(QuotaUse.subject)
            .where(
                QuotaUse.delivery_id == delivery_id,
                QuotaUse.subject.not_in(ACCOUNTS),
                QuotaUse.subject.not_like(f"{PSEUDONYM}%"),
            )
            .order_by(QuotaUse.id)
        )
    )
