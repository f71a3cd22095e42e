"""推送: the list, the calendar, one push as it goes, and what stops it."""

from __future__ import annotations

import zlib
from datetime import date
from typing import Any

from flask import Response, flash, redirect, request, url_for

from database.session import Session
from ground import clock
from ground.errors import Refused
from ground.numbers import number_in
from models import Push
from scheduler import finding, planner, pushes, report, upcoming
from scheduler.life import OVER, PUSH
from web import listing
from web.access import acting, action, looking, page, settings
from web.console.face import blueprint, draw
from web.moments import from_input
from web.wording import WEEKDAYS


@blueprint.get("/pushes", endpoint="pushes")
@page("push.view")
def pushes_page() -> str:
    """推送列表, the latest due first."""
    status, words = request.args.get("status", ""), request.args.get("q", "").strip()[:40]
    with looking() as (session, _):
        place = listing.paging()
        found = listing.rows(finding.listed(session, status=status, words=words), place)
        reached = finding.reached(session, [push.id for push in found])
        return draw("pushes/list.html", found=found, paging=place, reached=reached, statuses=PUSH.labels)


@blueprint.get("/calendar")
@page("push.view")
def calendar() -> str:
    """排期日历: a month of pushes and free slots."""
    today = clock.shanghai_day(clock.now())
    year, _, number = request.args.get("month", "").partition("-")
    shown = today.replace(day=1)
    if 2020 <= (number_in(year) or 0) <= 2099 and 1 <= (number_in(number) or 0) <= 12:
        shown = date(int(year), int(number), 1)
    with looking() as (session, _):
        return draw(
            "pushes/calendar.html",
            days=upcoming.month(session, shown.year, shown.month),
            shown=shown,
            before=_month(shown, -1),
            after=_month(shown, 1),
            weekdays=WEEKDAYS,
        )


def _month(shown: date, step: int) -> str:
    count = shown.year * 12 + shown.month - 1 + step
    return f"{count // 12}-{count % 12 + 1:02d}"


@blueprint.get("/pushes/<int:push_id>")
@page("push.view")
def push(push_id: int) -> str:
    """One push: what, to whom, and how far it has got."""
    with looking() as (session, _):
        found = pushes.get(session, push_id)
        return draw(
            "pushes/show.html",
            push=found,
            lines=finding.articles_of(session, push_id),
            **_progress(session, found),
        )


@blueprint.get("/pushes/<int:push_id>/live")
@page("push.view")
def push_live(push_id: int) -> Any:
    """The part that moves, asked for every two seconds: 204 while nothing has changed."""
    with looking() as (session, _):
        found = pushes.get(session, push_id)
        shown = _progress(session, found)
        if request.args.get("seen") == shown["seen"]:
            return Response(status=204)
        return draw("pushes/live.html", push=found, **shown)


def _progress(session: Session, found: Push) -> dict[str, Any]:
    figures = report.show(session, found)
    marks = ",".join(f"{one['status']}{one['sent']}" for one in figures["deliveries"])
    return {
        "figures": figures,
        "deliveries": finding.deliveries_of(session, found.id),
        "reasons": planner.reasons(),
        "final": found.status in OVER,
        "seen": str(zlib.crc32(f"{found.status} {found.version} {found.planned} {figures} {marks}".encode())),
    }


@blueprint.post("/pushes/<int:push_id>/<what>")
@action("push.control")
def push_control(push_id: int, what: str) -> Any:
    """暂停, 继续 or 取消; the answer says what has left already."""
    steps = {"pause": pushes.pause, "resume": pushes.resume, "cancel": pushes.cancel}
    if what not in steps:
        raise Refused("没有这项操作，请刷新页面后重试")
    with acting() as (session, me):
        said = steps[what](session, pushes.get(session, push_id), me)
    flash(said, "success" if what == "resume" else "info")
    return redirect(url_for("console.push", push_id=push_id), 303)


@blueprint.post("/pushes/<int:push_id>/reschedule")
@action("push.control", form=push)
def push_reschedule(push_id: int) -> Any:
    """改期: another moment, with the numbers of then."""
    due_at = from_input(request.form.get("due_at", ""))
    if due_at is None:
        raise Refused("请选择新的推送时间")
    with acting() as (session, me):
        said = pushes.reschedule(session, settings(), pushes.get(session, push_id), me, due_at=due_at)
    flash(said, "success")
    return redirect(url_for("console.push", push_id=push_id), 303)


@blueprint.post("/pushes/<int:push_id>/release")
@action("push.release", form=push)
def push_release(push_id: int) -> Any:
    """同意发送: a held push goes."""
    with acting() as (session, me):
        said = pushes.release(session, pushes.get(session, push_id), me)
    flash(said, "success")
    return redirect(url_for("console.push", push_id=push_id), 303)
