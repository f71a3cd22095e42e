"""The secretary's list and its corrections, as the console and a branch's pages on the phone show them."""

from __future__ import annotations

from typing import Any

from flask import flash, request

from community import activities, attendance, hand_list, leave, members, window
from community.lives import WAYS
from ground import clock
from ground.numbers import numbers_in
from models import CheckInWay
from web import activities as shared
from web.access import acting, looking
from web.activities import Face

ACTIONS = {
    "checkin.list": "登记到场",
    "checkin.take_back": "撤回",
    "checkin.record": "补录",
    "checkin.make_up": "审批补签",
}


def show(face: Face, activity_id: int, *, names: dict[int, str] | None = None) -> str:
    """Who may be ticked, narrowed by what was typed; the latest records, to take one back; who corrected what."""
    words = request.values.get("q", "").strip()
    with looking() as (session, me):
        branch = face.branch(session, me)
        found = activities.get(session, activity_id, user=me)
        branches, chosen = shared.branches_of(session, me, found, branch)
        only = chosen.id if chosen is not None else None
        lines = [] if only is None else hand_list.lines(session, me, found, only, words=words)
        of = [one.id for one in lines] if words and only is not None else None
        return face.draw(
            "hand_list", branch=branch, activity=found, branches=branches, chosen=chosen, words=words, names=names or {},
            open=window.phase(found, clock.now()) is window.Phase.OPEN, begun=window.begun(found, clock.now()),
            lines=lines, knows=only is not None and hand_list.knows(me, found, only),
            records=hand_list.latest(session, me, found, branch_id=only, of=of),
            acts=hand_list.acts(session, me, found, branch_id=only),
            on_leave=leave.of_branch(session, me, found, only) if only is not None else [], ways=_ways(), actions=ACTIONS,
        )  # fmt: skip


def _ways() -> dict[str, str]:
    return {way.value: WAYS[way] for way in CheckInWay}


def reveal_names(face: Face, activity_id: int, branch_id: int) -> str:
    """The same page with names in clear, for a reason that goes into the audit trail."""
    with acting() as (session, me):
        face.branch(session, me)
        names = members.reveal_names(session, me, branch_id, request.form.get("why", ""), at=clock.now())
    return show(face, activity_id, names=names)


def tick(face: Face, activity_id: int) -> Any:
    """登记 the ticked ones."""
    ids = numbers_in(request.form.getlist("member"))
    with acting() as (session, me):
        face.branch(session, me)
        found = activities.get(session, activity_id, user=me)
        done = attendance.list_them(session, me, found, ids, at=clock.now())
    flash(shared.said(done, "登记"), "success")
    return _back(face, activity_id)


def take_back(face: Face, activity_id: int, check_in_id: int) -> Any:
    """撤回 one record."""
    with acting() as (session, me):
        face.branch(session, me)
        found = activities.get(session, activity_id, user=me)
        reason = request.form.get("reason", "")
        whose = attendance.take_back(session, me, found, check_in_id, reason=reason, at=clock.now())
    flash(f"已撤回 {whose} 的签到，可以重新登记", "success")
    return _back(face, activity_id)


def _back(face: Face, activity_id: int) -> Any:
    values: dict[str, Any] = {"activity_id": activity_id}
    chosen = request.form.get("branch", type=int)
    if face.branch_id is None and chosen is not None:
        values["branch"] = chosen
    return face.back_to("hand_list" if face.branch_id is not None else "activity_list", **values)


def pasted(face: Face, activity_id: int) -> str:
    """补录's page with those ticked whose names were pasted; who was not found, or is there twice, is named."""
    with looking() as (session, me):
        branch = face.branch(session, me)
        found = activities.get(session, activity_id, user=me)
        _, chosen = shared.branches_of(session, me, found, branch)
        if chosen is None:
            return shared.record_form(face, activity_id)
        result = hand_list.named(session, me, found, chosen.id, request.form.get("names", ""))
    return shared.record_form(face, activity_id, pasted=result)
