"""活动与签到: announce an activity, follow it live in numbers, enter a paper sheet, decide about 补签, export the ledger."""

from __future__ import annotations

import zlib
from typing import Any

from flask import Response, flash, redirect, request, url_for

from accounts import users
from community import activities, attendance, ledger, makeup, members, places, window
from community.privacy import mask_name
from community.window import PHASES, Phase
from database.session import Session
from ground import clock
from ground.errors import Conflict, Refused
from ground.numbers import numbers_in
from models import Activity, Branch, User
from web import listing
from web.access import acting, action, looking, page
from web.console.face import blueprint, draw
from web.downloads import ledger_file
from web.moments import from_input
from web.once import once

_WHEN = {"": "全部", **{str(one): PHASES[one] for one in (Phase.OPEN, Phase.COMING, Phase.PAST)}}


@blueprint.get("/activities", endpoint="activities")
@page("activity.view")
def activities_page() -> str:
    """活动列表, with how many came."""
    when = request.args.get("when", "")
    with looking() as (session, me):
        place = listing.paging()
        found = activities.page(
            session,
            me,
            at=clock.now(),
            when=when if when in _WHEN else "",
            number=place.page,
            size=place.size,
        )
        place.total = found.total
        counted = activities.counts_of(session, found.activities, user=me)
        return draw(
            "activities/list.html", found=found.activities, paging=place, counted=counted, whens=_WHEN
        )


@blueprint.get("/activities/new")
@page("activity.create")
def activity_new() -> str:
    """The form."""
    with looking() as (session, me):
        own = users.own_branch(me)
        branches = [one for one in places.branches(session) if own is None or one.id == own]
        return draw("activities/new.html", branches=branches, limited=own is not None)


@blueprint.post("/activities/new", endpoint="activity_new_post")
@once
@action("activity.create", form=activity_new)
def activity_new_post() -> Any:
    """Announce it."""
    form = request.form
    starts_at, ends_at = from_input(form.get("starts_at", "")), from_input(form.get("ends_at", ""))
    if starts_at is None or ends_at is None:
        raise Refused("请选择签到的开始时间和结束时间")
    with acting() as (session, me):
        draft = activities.Draft(
            title=form.get("title", ""), starts_at=starts_at, ends_at=ends_at, branches=_chosen(session, me),
            keyword=form.get("keyword", ""), kind=form.get("kind", "event"), purpose=form.get("purpose", ""),
            place=form.get("place", ""),
        )  # fmt: skip
        made = activities.create(session, me, draft, at=clock.now())
    for remark in made.warnings:
        flash(remark, "warning")
    flash("活动已新建", "success")
    return redirect(url_for("console.activity", activity_id=made.activity.id), 303)


def _chosen(session: Session, user: User) -> list[Branch]:
    """The branches of the form; none means all. A secretary's form has the own one only."""
    if users.own_branch(user) is None and request.form.get("scope") != "chosen":
        return []
    ids = numbers_in(request.form.getlist("branch"))
    found = [branch for branch in places.branches(session) if branch.id in ids]
    if not found:
        raise Refused("请至少选择一个党支部")
    return found


@blueprint.get("/activities/<int:activity_id>")
@page("activity.view")
def activity(activity_id: int) -> str:
    """One activity with its live figures."""
    with looking() as (session, me):
        found = activities.get(session, activity_id, user=me)
        return draw("activities/show.html", activity=found, **_figures(session, found, me))


@blueprint.get("/activities/<int:activity_id>/live")
@page("activity.view")
def activity_live(activity_id: int) -> Any:
    """The figures alone, asked for every few seconds: 204 while nothing has changed."""
    with looking() as (session, me):
        found = activities.get(session, activity_id, user=me)
        shown = _figures(session, found, me)
        if request.args.get("seen") == shown["seen"]:
            return Response(status=204)
        return draw("activities/live.html", activity=found, **shown)


def _figures(session: Session, found: Activity, me: User) -> dict[str, Any]:
    counted = activities.counts(session, found, user=me)
    marks = repr(
        (
            found.status,
            [(one.branch_id, one.expected, one.checked_in, one.made_up) for one in counted.by_branch],
        )
    )
    now = clock.now()
    return {
        "counts": counted,
        "recent": attendance.recent_records(session, me, found, limit=10),
        "attended": found.kind in activities.ATTENDED,
        "moving": window.phase(found, now) in (Phase.COMING, Phase.OPEN),
        "begun": window.begun(found, now),
        "seen": str(zlib.crc32(marks.encode())),
    }


@blueprint.post("/activities/<int:activity_id>/cancel")
@action("activity.change")
def activity_cancel(activity_id: int) -> Any:
    """Call it off; what was recorded stays."""
    with acting() as (session, me):
        activities.cancel(session, me, activity_id, at=clock.now())
    flash("活动已取消，已有的签到记录保留", "success")
    return redirect(url_for("console.activity", activity_id=activity_id), 303)


@blueprint.post("/activities/<int:activity_id>/export")
@action("activity.export")
def activity_export(activity_id: int) -> Any:
    """台账 as Excel: masked, or in clear with a right and a reason; either is an entry in the audit trail."""
    reason = request.form.get("reason", "").strip()
    if request.form.get("unmask") == "yes" and not reason:
        raise Refused("导出未脱敏台账须填写事由")
    with looking() as (session, me):
        loaded = ledger.load(
            session,
            activity_id,
            at=clock.now(),
            user=me,
            unmask_reason=reason if request.form.get("unmask") == "yes" else "",
        )
    return ledger_file(loaded)


@blueprint.get("/activities/<int:activity_id>/record")
@page("checkin.record")
def activity_record(activity_id: int) -> str:
    """补录 from a paper sheet: a branch's roster to tick."""
    with looking() as (session, me):
        found = activities.get(session, activity_id, user=me)
        own = users.own_branch(me)
        branches = places.branches(session) if found.for_all else list(found.branches)
        branches = [one for one in branches if own is None or one.id == own]
        asked = request.values.get("branch", type=int)
        chosen = next(
            (one for one in branches if one.id == asked), branches[0] if len(branches) == 1 else None
        )
        return draw(
            "activities/record.html", activity=found, branches=branches, chosen=chosen,
            members=members.choices(session, me, chosen.id) if chosen else [],
        )  # fmt: skip


@blueprint.post("/activities/<int:activity_id>/record", endpoint="activity_record_post")
@action("checkin.record", form=activity_record)
def activity_record_post(activity_id: int) -> Any:
    """Enter the ticked members at once."""
    ids = numbers_in(request.form.getlist("member"))
    with acting() as (session, me):
        found = activities.get(session, activity_id, user=me)
        done = attendance.record_by_hand(
            session, me, found, ids, at=clock.now(), reason=request.form.get("reason", "")
        )
    flash(said(done), "success")
    return redirect(url_for("console.activity", activity_id=activity_id), 303)


def said(done: attendance.Recorded) -> str:
    """What a bulk entry did, in one sentence."""
    parts = [f"已补录 {done.added} 人"]
    if done.already:
        parts.append(f"{done.already} 人原已签到")
    if done.skipped:
        parts.append(f"{done.skipped} 人不在活动范围内，未补录")
    return "，".join(parts)


@blueprint.get("/make-ups", endpoint="make_ups")
@page("checkin.record")
def make_ups_page() -> str:
    """补签审批: what members ask for, the oldest first."""
    with looking() as (session, me):
        place = listing.paging(20)
        found = listing.sliced(makeup.waiting(session, me), place)
        shown = [(one, mask_name(one.member.name)) for one in found]
        return draw("activities/make_ups.html", found=shown, paging=place)


@blueprint.post("/make-ups/<int:request_id>")
@action("checkin.record")
def make_up_decide(request_id: int) -> Any:
    """Approve or refuse one."""
    decision = request.form.get("decision")
    if decision not in ("approve", "refuse"):
        raise Conflict("请刷新页面后重试")
    with acting() as (session, me):
        makeup.decide(session, me, request_id, approve=decision == "approve", at=clock.now())
    flash("已通过，记为补签" if decision == "approve" else "已退回，不记签到", "success")
    return redirect(url_for("console.make_ups"), 303)
