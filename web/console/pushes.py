"""推送: the list, the calendar, one push as it goes, and what stops it."""

from __future__ import annotations

import zlib
from datetime import date
from typing import Any

import sqlalchemy as sa
from flask import Response, flash, redirect, request, url_for
from sqlalchemy.orm import Session, joinedload

from ground import clock
from ground.errors import Refused
from ground.numbers import number_in
from models import Delivery, Push, PushArticle
from scheduler import planner, pushes, report, upcoming
from web import listing
from web.access import acting, action, looking, page
from web.console.face import blueprint, draw
from web.wording import WEEKDAYS

_FINAL = ("sent", "partly_failed", "failed", "cancelled")


@blueprint.get("/pushes", endpoint="pushes")
@page("push.view")
def pushes_page() -> str:
    """推送列表, the latest due first."""
    status, words = request.args.get("status", ""), request.args.get("q", "").strip()[:40]
    query = sa.select(Push).options(joinedload(Push.creator)).order_by(Push.due_at.desc(), Push.id.desc())
    if status in pushes.STATUS_NAMES:
        query = query.where(Push.status == status)
    if words:
        query = query.where(Push.title.contains(words, autoescape=True))
    with looking() as (session, _):
        place = listing.paging()
        found = listing.rows(session, query, place)
        reached = _reached(session, [push.id for push in found])
        return draw(
            "pushes/list.html", found=found, paging=place, reached=reached, statuses=pushes.STATUS_NAMES
        )


def _reached(session: Session, ids: list[int]) -> dict[int, int]:
    sent = sa.func.sum(sa.func.coalesce(Delivery.sent_count, Delivery.recipients))
    query = sa.select(Delivery.push_id, sent).where(Delivery.push_id.in_(ids), Delivery.status == "delivered")
    return {push_id: int(count) for push_id, count in session.execute(query.group_by(Delivery.push_id))}


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
        lines = session.scalars(
            sa.select(PushArticle)
            .options(joinedload(PushArticle.article))
            .where(PushArticle.push_id == push_id)
            .order_by(PushArticle.position)
        )
        return draw("pushes/show.html", push=found, lines=list(lines), **_progress(session, found))


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
        "deliveries": list(
            session.scalars(sa.select(Delivery).where(Delivery.push_id == found.id).order_by(Delivery.id))
        ),
        "reasons": planner.reasons(),
        "final": found.status in _FINAL,
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
