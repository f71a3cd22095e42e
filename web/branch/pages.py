"""The pages, complete on a screen of 375 px."""

from __future__ import annotations

import zlib
from typing import Any

from flask import Response, flash, redirect, request, url_for

from accounts import users
from community import activities, attendance, ledger, makeup, members, places, window
from community.activities import BranchCount
from community.privacy import mask_name
from community.window import Phase
from database.session import Session
from ground import clock
from ground.errors import Refused
from ground.numbers import numbers_in
from models import Activity, MakeUpRequest, User
from web.access import acting, action, looking, page
from web.branch.face import blueprint, branch_of, draw
from web.console.activities import said
from web.downloads import ledger_file
from web.moments import from_input
from web.once import once


@blueprint.get("/")
@page("activity.view")
def start() -> Any:
    """The secretary's own branch; others choose one."""
    with looking() as (session, me):
        own = users.own_branch(me)
        if own is not None and own > 0:
            return redirect(url_for("branch.home", branch_id=own), 303)
        return draw("choose.html", found=places.summaries(session, branch_id=own))


@blueprint.get("/<int:branch_id>/")
@page("activity.view")
def home(branch_id: int) -> str:
    """What is open now, what comes, what was; and how many requests wait."""
    with looking() as (session, me):
        branch = branch_of(session, me, branch_id)
        now = clock.now()
        parts = {}
        for when, size in (("open", 20), ("coming", 10), ("past", 10)):
            found = activities.page(session, me, at=now, when=when, size=100).activities
            mine = [one for one in found if one.for_all or branch_id in [held.id for held in one.branches]]
            parts[when] = [(one, _count(session, one, branch_id)) for one in mine[:size]]
        summary = places.summaries(session, branch_id=branch_id)[0]
        return draw(
            "home.html",
            branch=branch,
            parts=parts,
            summary=summary,
            waiting=len(_requests(session, me, branch_id)),
        )


def _count(session: Session, activity: Activity, branch_id: int) -> BranchCount:
    for one in activities.counts(session, activity).by_branch:
        if one.branch_id == branch_id:
            return one
    return BranchCount(branch_id, "", 0, 0, 0)


def _requests(session: Session, me: User, branch_id: int) -> list[MakeUpRequest]:
    if not users.may(me, "checkin.record", branch_id):
        return []
    return [one for one in makeup.waiting(session, me) if one.member.branch_id == branch_id]


@blueprint.get("/<int:branch_id>/activities/<int:activity_id>")
@page("activity.view")
def activity(branch_id: int, activity_id: int) -> str:
    """One activity of the branch: the live count and, where attendance is kept, who came and who did not."""
    with looking() as (session, me):
        branch = branch_of(session, me, branch_id)
        found = activities.get(session, activity_id, user=me)
        return draw("activity.html", branch=branch, activity=found, **_live(session, me, found, branch_id))


@blueprint.get("/<int:branch_id>/activities/<int:activity_id>/live")
@page("activity.view")
def activity_live(branch_id: int, activity_id: int) -> Any:
    """The count alone: 204 while nothing has changed."""
    with looking() as (session, me):
        branch = branch_of(session, me, branch_id)
        found = activities.get(session, activity_id, user=me)
        shown = _live(session, me, found, branch_id)
        if request.args.get("seen") == shown["seen"]:
            return Response(status=204)
        return draw("live.html", branch=branch, activity=found, **shown)


def _live(session: Session, me: User, found: Activity, branch_id: int) -> dict[str, Any]:
    count = _count(session, found, branch_id)
    named = found.kind in activities.ATTENDED and users.own_branch(me) == branch_id
    now = clock.now()
    return {
        "count": count,
        "people": attendance.attendance(session, me, found) if named else None,
        "moving": window.phase(found, now) in (Phase.COMING, Phase.OPEN),
        "begun": window.begun(found, now),
        "seen": str(zlib.crc32(f"{found.status} {count}".encode())),
    }


@blueprint.get("/<int:branch_id>/activities/<int:activity_id>/record")
@page("checkin.record")
def record(branch_id: int, activity_id: int) -> str:
    """补录: tick those who came; names are masked until a reason is given."""
    return _record_page(branch_id, activity_id, {})


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/names")
@action("member.unmask", form=record)
def record_names(branch_id: int, activity_id: int) -> str:
    """The same page with names in clear, for a reason that goes into the audit trail."""
    with acting() as (session, me):
        branch_of(session, me, branch_id)
        names = members.reveal_names(session, me, branch_id, request.form.get("why", ""), at=clock.now())
    return _record_page(branch_id, activity_id, names)


def _record_page(branch_id: int, activity_id: int, names: dict[int, str]) -> str:
    with looking() as (session, me):
        branch = branch_of(session, me, branch_id)
        found = activities.get(session, activity_id, user=me)
        people = [(one.id, names.get(one.id) or one.name) for one in members.choices(session, me, branch_id)]
        came = {}
        if found.kind in activities.ATTENDED and users.own_branch(me) == branch_id:
            came = {
                one.member_id: one.check_in
                for one in attendance.attendance(session, me, found)
                if one.check_in
            }
        return draw("record.html", branch=branch, activity=found, people=people, came=came, clear=bool(names))


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/record", endpoint="record_post")
@action("checkin.record", form=record)
def record_post(branch_id: int, activity_id: int) -> Any:
    """Enter the ticked ones."""
    ids = numbers_in(request.form.getlist("member"))
    with acting() as (session, me):
        branch_of(session, me, branch_id)
        found = activities.get(session, activity_id, user=me)
        done = attendance.record_by_hand(
            session, me, found, ids, at=clock.now(), reason=request.form.get("reason", "")
        )
    flash(said(done), "success")
    return redirect(url_for("branch.activity", branch_id=branch_id, activity_id=activity_id), 303)


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/export")
@action("activity.export")
def export(branch_id: int, activity_id: int) -> Any:
    """台账, masked, of the own branch."""
    with looking() as (session, me):
        branch_of(session, me, branch_id)
        loaded = ledger.load(session, activity_id, at=clock.now(), user=me)
    return ledger_file(loaded)


@blueprint.get("/<int:branch_id>/make-ups")
@page("checkin.record")
def make_ups(branch_id: int) -> str:
    """补签审批."""
    with looking() as (session, me):
        branch = branch_of(session, me, branch_id)
        found = [(one, mask_name(one.member.name)) for one in _requests(session, me, branch_id)]
        return draw("make_ups.html", branch=branch, found=found)


@blueprint.post("/<int:branch_id>/make-ups/<int:request_id>")
@action("checkin.record")
def make_up_decide(branch_id: int, request_id: int) -> Any:
    """Approve or refuse one."""
    approve = request.form.get("decision") == "approve"
    with acting() as (session, me):
        branch_of(session, me, branch_id)
        makeup.decide(session, me, request_id, approve=approve, at=clock.now())
    flash("已通过，记为补签" if approve else "已退回，不记签到", "success")
    return redirect(url_for("branch.make_ups", branch_id=branch_id), 303)


@blueprint.get("/<int:branch_id>/new")
@page("activity.create")
def new(branch_id: int) -> str:
    """The form for an activity of this branch."""
    with looking() as (session, me):
        return draw("new.html", branch=branch_of(session, me, branch_id))


@blueprint.post("/<int:branch_id>/new", endpoint="new_post")
@once
@action("activity.create", form=new)
def new_post(branch_id: int) -> Any:
    """Announce it to the branch."""
    form = request.form
    starts_at, ends_at = from_input(form.get("starts_at", "")), from_input(form.get("ends_at", ""))
    if starts_at is None or ends_at is None:
        raise Refused("请选择签到的开始时间和结束时间")
    with acting() as (session, me):
        branch = branch_of(session, me, branch_id)
        draft = activities.Draft(
            title=form.get("title", ""), starts_at=starts_at, ends_at=ends_at, branches=[branch],
            keyword=form.get("keyword", ""), kind=form.get("kind", "event"), purpose=form.get("purpose", ""),
            place=form.get("place", ""),
        )  # fmt: skip
        made = activities.create(session, me, draft, at=clock.now())
    for remark in made.warnings:
        flash(remark, "warning")
    flash("活动已新建", "success")
    return redirect(url_for("branch.activity", branch_id=branch_id, activity_id=made.activity.id), 303)
