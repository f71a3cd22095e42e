"""推送: the list, one push as it goes, and what stops it."""

from __future__ import annotations

import zlib
from datetime import datetime, timedelta
from typing import Any

from flask import Response, flash, redirect, request, url_for

from database.session import Session
from ground import clock
from ground.errors import Refused
from models import Push, PushStatus
from scheduler import (
    agreeing,
    failures,
    finding,
    kits,
    link_openings,
    planner,
    progress,
    pushes,
    resending,
    standing,
    tally,
)
from scheduler.life import OVER, PUSH
from web import listing
from web.access import acting, action, looking, page, settings
from web.console.face import blueprint, draw
from web.moments import from_input

_CALLS_SHOWN = 50
"""A notice has a call for each person; what failed of them stands above the list, by its causes."""


@blueprint.get("/pushes", endpoint="pushes")
@page("push.view")
def pushes_page() -> str:
    """推送列表, the latest due first."""
    status, words = request.args.get("status", ""), request.args.get("q", "").strip()[:40]
    with looking() as (session, _):
        place = listing.paging()
        found = listing.rows(finding.listed(session, status=status, words=words), place)
        reached = finding.reached(session, [push.id for push in found])
        now = clock.now()
        going = {
            one.id: progress.of(session, one, at=now) for one in found if one.status == PushStatus.SENDING
        }
        return draw(
            "pushes/list.html", found=found, paging=place, reached=reached, going=going, statuses=PUSH.labels
        )


@blueprint.get("/pushes/<int:push_id>")
@page("push.view")
def push(push_id: int) -> str:
    """One push: what, to whom, and how far it has got."""
    with looking() as (session, _):
        found, now = pushes.get(session, push_id), clock.now()
        return draw(
            "pushes/show.html",
            push=found,
            lines=finding.articles_of(session, push_id),
            **_moving(session, found, now),
            **_beside(session, found, now),
        )


@blueprint.get("/pushes/<int:push_id>/live")
@page("push.view")
def push_live(push_id: int) -> Any:
    """The part that moves, asked for every two seconds: 204 while nothing has changed."""
    with looking() as (session, _):
        found, now = pushes.get(session, push_id), clock.now()
        moving = _moving(session, found, now)
        if request.args.get("seen") == moving["seen"]:
            return Response(status=204)
        return draw("pushes/live.html", push=found, **moving, **_beside(session, found, now))


def _moving(session: Session, found: Push, now: datetime) -> dict[str, Any]:
    """What changes while it is sent, and a mark of it."""
    figures = tally.of(session, found)
    how = progress.of(session, found, at=now) if found.status == PushStatus.SENDING else None
    asked = standing.confirming(session, found, settings().wechat.limits, at=now)
    minutes = -(-(asked.until - now) // timedelta(minutes=1)) if asked else 0
    mark = f"{found.status} {found.version} {found.planned} {figures} {how} {asked} {minutes}"
    seen = str(zlib.crc32(mark.encode()))
    return {"figures": figures, "how": how, "asked": asked, "minutes": minutes, "seen": seen}


def _beside(session: Session, found: Push, now: datetime) -> dict[str, Any]:
    """What is drawn with it."""
    final = found.status in OVER
    return {
        "opened": link_openings.of_push(session, found.id),
        "kits": kits.counts(session, found.id),
        "since": standing.since(session, found),
        "offer": resending.offer(session, found, at=now) if final else None,
        "repeats": resending.repeats(session, found),
        "causes": failures.of_push(session, found.id),
        "deliveries": finding.deliveries_of(session, found.id, limit=_CALLS_SHOWN),
        "reasons": planner.reasons(),
        "final": final,
    }


@blueprint.post("/pushes/<int:push_id>/<what>")
@action("push.control")
def push_control(push_id: int, what: str) -> Any:
    """暂停, 继续 or 取消; the answer says what has left already."""
    steps = {"pause": pushes.pause, "resume": pushes.resume, "cancel": pushes.cancel}
    if what not in steps:
        raise Refused("没有这项操作，请刷新页面后重试")
    with acting() as (session, me):
        said = steps[what](session, pushes.get(session, push_id), me, at=clock.now())
    flash(said, "success" if what == "resume" else "info")
    return redirect(url_for("console.push", push_id=push_id), 303)


@blueprint.post("/pushes/<int:push_id>/reschedule")
@action("push.control", form=push)
def push_reschedule(push_id: int) -> Any:
    """改期: another moment, with the numbers of then."""
    due_at = from_input(request.form.get("due_at", ""))
    if due_at is None:
        raise Refused("请选择新的推送时间")
    fewest = request.form.get("fewest", type=int)
    try:
        with acting() as (session, me):
            found = pushes.get(session, push_id)
            said = pushes.reschedule(
                session, settings(), found, me, due_at=due_at, fewest=fewest, at=clock.now()
            )
    except agreeing.Changed as fewer:
        return redirect(to_ask(push_id, fewer), 303)
    flash(said, "success")
    return redirect(url_for("console.push", push_id=push_id), 303)


def to_ask(push_id: int, fewer: agreeing.Changed) -> str:
    """Where somebody is asked whether a push is put off all the same, to a moment at which fewer get it."""
    people, due_at = fewer.fields["people"], request.form.get("due_at", "")
    return url_for("console.push", push_id=push_id, fewest=people, due_at=due_at, _anchor="reschedule")


@blueprint.post("/pushes/<int:push_id>/release")
@action("push.release", form=push)
def push_release(push_id: int) -> Any:
    """同意发送: a held push goes."""
    with acting() as (session, me):
        said = pushes.release(session, pushes.get(session, push_id), me, at=clock.now())
    flash(said, "success")
    return redirect(url_for("console.push", push_id=push_id), 303)
