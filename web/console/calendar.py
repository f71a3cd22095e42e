"""排期日历: a week or a month of what goes out, and moving it to another day."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from flask import flash, redirect, request, url_for

import workdays
from ground import clock
from ground.errors import Refused
from ground.numbers import number_in
from scheduler import agreeing, finding, pushes, rearranging, upcoming
from web.access import acting, action, back_to, looking, page, settings
from web.console.face import blueprint, draw
from web.console.pushes import to_ask
from web.moments import from_input
from web.wording import WEEKDAYS

_FIRST, _LAST = 2020, 2099


@blueprint.get("/calendar")
@page("push.view")
def calendar() -> str:
    """The week of ``week``, a day of it, or the month of ``month``; this week where neither is said or understood."""
    now = clock.now()
    today = clock.shanghai_day(now)
    whole, day = _month(request.args.get("month", "")), _day(request.args.get("week", "")) or today
    with looking() as (session, me):
        if whole:
            days = upcoming.month(session, settings(), whole.year, whole.month, user=me, at=now)
            before, after = whole - timedelta(days=1), whole + timedelta(days=31)
            ways = [url_for("console.calendar", month=f"{one:%Y-%m}") for one in (before, today, after)]
        else:
            days = upcoming.week(session, settings(), day, user=me, at=now)
            dates = [day - timedelta(days=7), today, day + timedelta(days=7)]
            ways = [url_for("console.calendar", week=one.isoformat()) for one in dates]
        middle = whole or days[3].date
        return draw(
            "pushes/calendar.html", days=days, whole=whole, middle=middle, ways=ways, weekdays=WEEKDAYS,
            remark=workdays.load(session).remark(middle.year), missed=finding.missed(session),
        )  # fmt: skip


def _month(text: str) -> date | None:
    year, _, number = text.partition("-")
    if _FIRST <= (number_in(year) or 0) <= _LAST and 1 <= (number_in(number) or 0) <= 12:
        return date(int(year), int(number), 1)
    return None


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if _FIRST <= found.year <= _LAST else None


@blueprint.post("/calendar/pushes/<int:push_id>", endpoint="calendar_push")
@action("push.control")
def move_push(push_id: int) -> Any:
    """Put a push off, from the calendar; back to where one came from."""
    due_at = _wanted()
    try:
        with acting() as (session, me):
            found = pushes.get(session, push_id)
            said = pushes.reschedule(session, settings(), found, me, due_at=due_at, at=clock.now())
    except agreeing.Changed as fewer:
        return redirect(to_ask(push_id, fewer), 303)
    flash(said, "success")
    return redirect(back_to(url_for("console.calendar")), 303)


@blueprint.post("/calendar/articles/<int:article_id>", endpoint="calendar_article")
@action("article.queue")
def move_article(article_id: int) -> Any:
    """Let the slot of another day take an article of a queue."""
    wanted = _wanted()
    with acting() as (session, me):
        said = rearranging.into_slot(session, settings(), article_id, me, wanted=wanted, at=clock.now())
    flash(said, "success")
    return redirect(back_to(url_for("console.calendar")), 303)


def _wanted() -> datetime:
    if (wanted := from_input(request.form.get("due_at", ""))) is None:
        raise Refused("请选择新的日期和时间")
    return wanted
