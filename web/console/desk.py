"""工作台: what waits for me, this week's schedule, what quota is left, what was sent, who came today."""

from __future__ import annotations

from typing import Any

from accounts import users
from community import activities, attendance, counting
from content import finding, queue, review
from database.session import Session
from ground import clock
from ground.version import VERSION
from models import User
from scheduler import finding as pushes_found
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
            values["recent"] = pushes_found.recent(session, clock.now(), limit=5)
            values["quota"] = quota.summary(session, settings(), clock.now())
            values["queued"] = sum(queue.counts(session).values())
        if users.may(me, "activity.view"):
            values["today"] = _today(session, me)
        if users.may(me, "article.write"):
            values["drafts"] = finding.drafts_of(session, me, limit=5)
        return draw("desk.html", now=clock.now(), **values)


def _today(session: Session, me: User) -> dict[str, Any]:
    found = activities.page(session, me, at=clock.now(), when="open", size=5).activities
    counted = counting.counts_of(session, found, user=me)
    shown = [(one, counted[one.id]) for one in found]
    return {"checked_in": attendance.count_on(session, me, clock.shanghai_day(clock.now())), "open": shown}


@blueprint.get("/help")
@page("place.view")
def guide() -> str:
    """帮助: first steps for each role."""
    return draw("guide.html", version=VERSION)
