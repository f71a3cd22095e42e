"""工作台: what waits for me, this week's schedule, what quota is left, what was sent, who came today."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from accounts import users
from community import activities, followers
from content import queue, review
from ground import clock
from models import Activity, Article, ArticleStatus, CheckIn, Push, PushStatus, QuotaUse, User
from scheduler import quota, upcoming
from web.access import looking, page, settings
from web.console import todo
from web.console.face import blueprint, draw
from web.wording import WEEKDAYS


@blueprint.get("/")
@page("place.view")
def desk() -> str:
    """The first page, made of what the role may see."""
    with looking() as (session, me):
        values: dict[str, Any] = {"waits": todo.counts(session, me).by_name, "weekdays": WEEKDAYS}
        if users.may(me, "article.review"):
            values["reviews"] = review.awaiting(session, me, limit=5)
        if users.may(me, "push.view"):
            values["week"] = upcoming.week(session)
            recent = (
                sa.select(Push)
                .where(Push.status != PushStatus.SCHEDULED.value, Push.due_at <= clock.now())
                .order_by(Push.due_at.desc())
                .limit(5)
            )
            values["recent"] = list(session.scalars(recent))
            values["quota"] = _quota(session)
            values["queued"] = sum(queue.counts(session).values())
        if users.may(me, "activity.view"):
            values["today"] = _today(session, me)
        if users.may(me, "article.write"):
            mine = sa.select(Article).where(
                Article.created_by == me.id, Article.status.in_((ArticleStatus.DRAFT, ArticleStatus.RETURNED))
            )
            latest = mine.options(defer(Article.html)).order_by(Article.updated_at.desc()).limit(5)
            values["drafts"] = list(session.scalars(latest))
        return draw("desk.html", now=clock.now(), **values)


def _quota(session: Session) -> dict[str, Any]:
    """What is left of this month's or day's quota, in the account's own terms."""
    now, config = clock.now(), settings()
    following = followers.counts(session).following
    if config.wechat.account_type != "service":
        return {"service": False, "left": quota.account_left(session, config, now), "following": following}
    month = clock.month_key(now)
    held = sa.select(sa.func.count()).where(QuotaUse.period == month, QuotaUse.state.in_(("held", "used")))
    used = (
        session.scalar(held.where(QuotaUse.subject.not_in((quota.ACCOUNT, quota.TO_ALL, quota.TO_ALL_MONTH))))
        or 0
    )
    most = config.wechat.limits.mass_per_follower_month
    return {
        "service": True,
        "following": following,
        "most": most,
        "used": used,
        "average": max(0.0, most - used / following) if following else float(most),
        "exhausted": len(quota.exhausted(session, config, now)),
        "to_all": quota.to_all_left(session, config, now),
    }


def _today(session: Session, me: User) -> dict[str, Any]:
    start, end = clock.day_bounds(clock.shanghai_day(clock.now()))
    query = sa.select(sa.func.count()).where(
        CheckIn.at >= start, CheckIn.at < end, users.branch_scope(me, CheckIn.branch_id)
    )
    shown: list[tuple[Activity, activities.Counts]] = [
        (one, activities.counts(session, one, user=me))
        for one in activities.page(session, me, at=clock.now(), when="open", size=5).activities
    ]
    return {"checked_in": session.scalar(query) or 0, "open": shown}


@blueprint.get("/help")
@page("place.view")
def guide() -> str:
    """帮助: first steps for each role."""
    return draw("guide.html")
