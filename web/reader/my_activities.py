"""我的活动 at ``/m/me/activities``: 请假, 销假 and 补签 by the member themselves, for who would rather tap than type."""

from __future__ import annotations

from flask import g, request
from werkzeug.wrappers import Response as AnyResponse

from community import leave, makeup, my_activities
from community.checkin_questions import CheckInAnswer
from ground import clock
from models import LeaveWay
from web.reader import mine
from web.reader.pages import blueprint, runtime

_REFUSED = ("asks_reason", "limit", "too_late", "nothing", "not_bound")


_own = mine.own_by("reader.me_activities_back")


@blueprint.get("/me/activities")
@_own
def me_activities() -> AnyResponse:
    """What one is invited to, and what can be done about it."""
    return _page()


@blueprint.get("/me/activities/wechat")
def me_activities_back() -> AnyResponse:
    """Back from WeChat's page: who it is."""
    return mine.came_back("reader.me_activities")


def _page(said: CheckInAnswer | None = None) -> AnyResponse:
    at, limits = clock.now(), runtime().settings.limits
    with runtime().db.read_scope() as session:
        found = my_activities.of_follower(session, g.visitor, at=at, limits=limits)
    refused, hours = said is not None and said.kind in _REFUSED, limits.make_up_hours
    return mine.draw(
        "reader/mine_activities.html", 422 if refused else 200, found=found, said=said, refused=refused, hours=hours
    )  # fmt: skip


@blueprint.post("/me/activities/<int:activity_id>/leave")
@_own
def me_leave_from(activity_id: int) -> AnyResponse:
    """请假."""
    at, reason = clock.now(), request.form.get("reason", "")
    with runtime().db.session_scope() as session:
        said = leave.ask(
            session, my_activities.openid_of(session, g.visitor), reason, via=LeaveWay.PAGE, activity_id=activity_id, at=at,
            limits=runtime().settings.limits,
        )  # fmt: skip
    return _page(said)


@blueprint.post("/me/activities/<int:activity_id>/return")
@_own
def me_return_to(activity_id: int) -> AnyResponse:
    """销假."""
    with runtime().db.session_scope() as session:
        openid = my_activities.openid_of(session, g.visitor)
        said = leave.take_back(session, openid, activity_id=activity_id, at=clock.now())
    return _page(said)


@blueprint.post("/me/activities/<int:activity_id>/make-up")
@_own
def me_make_up(activity_id: int) -> AnyResponse:
    """补签 with its reason."""
    at, reason = clock.now(), request.form.get("reason", "")
    with runtime().db.session_scope() as session:
        openid = my_activities.openid_of(session, g.visitor)
        said = makeup.make_up(
            session, openid, reason, activity_id=activity_id, at=at, limits=runtime().settings.limits
        )
    return _page(said)
