"""An activity's own page: for whoever has its address, and for a member who is known, who signs up there and takes it back."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from community import answering, changing, folding, invitation, signing_up, window
from database.session import Session
from ground import clock
from models import Activity
from scheduler.roads import Content
from web.reader import following, noticing
from web.reader.mine import draw, own_only, said
from web.reader.pages import blueprint, page, runtime
from web.wording import WEEKDAYS, near


@blueprint.get("/activity/<mark>")
@following.counted
def activity(mark: str) -> AnyResponse:
    """For whoever has the address: what, when, where, how to check in, what was changed; nobody's name."""
    with runtime().db.read_scope() as session:
        shown = _shown(session, invitation.invited_to(session, mark), mark)
    return page("reader/activity.html", mine=None, near=near, **shown, **_asked(shown))


@blueprint.get("/me/activity/<mark>")
@own_only
def my_activity(mark: str) -> AnyResponse:
    """The same for a member, with how it stands for them."""
    with runtime().db.read_scope() as session:
        found = invitation.invited_to(session, mark)
        shown = _shown(session, found, mark)
        at, limits = clock.now(), runtime().settings.limits
        standing = signing_up.standing(session, found, g.visitor, at=at)
        answer = answering.own(session, found, g.visitor, at=at, limits=limits) if found.question else None
    asked = _asked(shown)
    return draw(
        "reader/activity.html",
        mine=standing,
        answer=answer,
        most=answering.MOST,
        left=noticing.left(asked["offer"]),
        **shown,
        **asked,
    )


@blueprint.post("/me/activity/<mark>", endpoint="my_activity_post")
@own_only
def my_activity_post(mark: str) -> AnyResponse:
    """报名, 取消报名 or an answer to the question."""
    wanted, now, limits = request.form.get("do", ""), clock.now(), runtime().settings.limits
    with runtime().db.session_scope() as session:
        found = invitation.invited_to(session, mark)
        if wanted == "sign_up":
            signing_up.sign_up(session, found.id, g.visitor, at=now)
        elif wanted == "take_back":
            signing_up.take_back(session, found.id, g.visitor, at=now)
        elif wanted == "answer":
            answering.by_page(
                session, found, g.visitor, request.form.get("answer", ""), at=now, limits=limits
            )
        else:
            return said("没有办理", "请返回上一页，刷新后重试", status=400)
    return redirect(url_for("reader.my_activity", mark=mark), 303)


def _asked(shown: dict[str, Any]) -> dict[str, Any]:
    """The button for notices, while there is something to be told of."""
    coming = shown["phase"] in (window.Phase.COMING, window.Phase.OPEN)
    return noticing.on_page(Content.ACTIVITY if coming else "")


def _shown(session: Session, found: Activity, mark: str) -> dict[str, Any]:
    now = window.phase(found, clock.now())
    changes = changing.changes(session, found.id)[: 1 if now is window.Phase.CANCELLED else 3]
    return {
        "activity": found,
        "mark": mark,
        "phase": now,
        "stands": window.PHASES[now],
        "when": _span(found),
        "taken": signing_up.places(session, found) if found.sign_up else None,
        "changed": [(one, changing.lines(one)) for one in changes],
        "kept_until": folding.until(found),
        "moment": _moment,
    }


def _span(activity: Activity) -> tuple[str, str]:
    """From when until when, in Shanghai: the day once where both are on it."""
    begins, ends = clock.to_shanghai(activity.starts_at), clock.to_shanghai(activity.ends_at)
    return _moment(begins), f"{ends:%H:%M}" if begins.date() == ends.date() else _moment(ends)


def _moment(at: datetime) -> str:
    local = clock.to_shanghai(at)
    return f"{local.year}年{local.month}月{local.day}日（{WEEKDAYS[local.weekday()]}）{local:%H:%M}"
