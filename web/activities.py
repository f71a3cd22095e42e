"""Activities and check-ins as two faces show them: the console, and a branch's pages on the phone.

The faces differ in their templates and in where their links lead; what is looked up, asked and done stands here, once. A view of
either names its right and its address, and calls one of these.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from typing import Any

from flask import Response, flash, redirect, request, url_for

from accounts import users
from community import (
    activities,
    answering,
    attendance,
    changing,
    copying,
    counting,
    folding,
    hand_list,
    invitation,
    leave,
    ledger,
    makeup,
    members,
    oddities,
    places,
    signing_up,
    window,
)
from community.privacy import mask_name
from community.window import Phase
from database.session import Session
from ground import clock
from ground.errors import Conflict, Refused
from ground.numbers import numbers_in
from models import Activity, Branch, User
from scheduler import changes
from web import access, listing
from web.access import acting, looking, settings
from web.downloads import ledger_file

_RECENT = 10


@dataclass(frozen=True)
class Face:
    """Where activities are shown: the blueprint's ``name``, and the one branch of its pages (None: all that the user may see).

    Its templates are ``NAME/activities/*.html``, its views ``NAME.activity`` and ``NAME.make_ups``.
    """

    name: str
    branch_id: int | None = None

    def branch(self, session: Session, me: User) -> Branch | None:
        """The one branch. Raises :class:`errors.NotFound`, :class:`errors.Forbidden` for another one's secretary."""
        return None if self.branch_id is None else places.shown(session, me, self.branch_id)

    def draw(self, template: str, **values: Any) -> str:
        """Render one of its templates."""
        return access.draw(f"{self.name}/activities/{template}.html", **values)

    def back_to(self, view: str, **values: Any) -> Any:
        """The answer to a form: on to one of its pages."""
        if self.branch_id is not None:
            values["branch_id"] = self.branch_id
        return redirect(url_for(f"{self.name}.{view}", **values), 303)


# --- One activity ------------------------------------------------------------------------------------------


def show(face: Face, activity_id: int) -> str:
    """One activity with its live figures."""
    with looking() as (session, me):
        branch = face.branch(session, me)
        found = activities.get(session, activity_id, user=me)
        return face.draw(
            "show",
            branch=branch,
            activity=found,
            **_figures(session, me, found, face),
            **_about(session, found),
            answers=answering.of_branch(session, me, found, branch.id) if branch and found.question else [],
        )


def _about(session: Session, found: Activity) -> dict[str, Any]:
    """What has happened to it since it was announced, and where its page is."""
    noted = changing.changes(session, found.id)
    return {
        "noted": [(one, changing.lines(one), changes.said(one)) for one in noted],
        "signed": signing_up.places(session, found) if found.sign_up else None,
        "page": f"{settings().server.base_url}{invitation.path(found.id)}",
        "kept_until": folding.until(found),
        "shifts": copying.SHIFTS,
    }


def live(face: Face, activity_id: int) -> Any:
    """The figures alone, asked for every few seconds: 204 while nothing has changed."""
    with looking() as (session, me):
        branch = face.branch(session, me)
        found = activities.get(session, activity_id, user=me)
        figures = _figures(session, me, found, face)
        if request.args.get("seen") == figures["seen"]:
            return Response(status=204)
        return face.draw("live", branch=branch, activity=found, **figures)


def _figures(session: Session, me: User, found: Activity, face: Face) -> dict[str, Any]:
    """``people`` by name is for the branch's page and its own secretary, ``recent`` for a page of all branches."""
    counted = counting.counts(session, found, user=me, branch_id=face.branch_id)
    named = face.branch_id is not None and hand_list.knows(me, found, face.branch_id)
    now = clock.now()
    return {
        "counts": counted,
        "recent": [] if face.branch_id else attendance.recent_records(session, me, found, limit=_RECENT),
        "people": attendance.attendance(session, me, found) if named else None,
        "away": leave.of_branch(session, me, found, face.branch_id) if named and face.branch_id else [],
        "unsaid": counting.unsaid(me, found, counted),
        "odd": oddities.found(session, me, found, branch_id=face.branch_id),
        "moving": window.phase(found, now) in (Phase.COMING, Phase.OPEN),
        "begun": window.begun(found, now),
        "seen": str(zlib.crc32(f"{found.status} {counted.by_branch}".encode())),
    }


def export(face: Face, activity_id: int) -> Any:
    """台账 as Excel: masked, or in clear with a right and a reason; either is an entry in the audit trail."""
    reason = request.form.get("reason", "").strip()
    in_clear = request.form.get("unmask") == "yes"
    if in_clear and not reason:
        raise Refused("导出未脱敏台账须填写事由")
    with looking() as (session, me):
        face.branch(session, me)
        why = reason if in_clear else ""
        loaded = ledger.load(session, activity_id, at=clock.now(), user=me, unmask_reason=why)
    return ledger_file(loaded)


# --- 补录 and 补签 -------------------------------------------------------------------------------------------


def record_form(
    face: Face,
    activity_id: int,
    *,
    names: dict[int, str] | None = None,
    pasted: hand_list.Pasted | None = None,
) -> str:
    """补录 from a paper sheet: a branch's roster to tick, or those of it whose names were pasted are ticked.

    ``names`` are those that were revealed, by member.
    """
    with looking() as (session, me):
        branch = face.branch(session, me)
        found = activities.get(session, activity_id, user=me)
        branches, chosen = branches_of(session, me, found, branch)
        return face.draw(
            "record", branch=branch, activity=found, branches=branches, chosen=chosen, names=names or {}, pasted=pasted,
            members=attendance.sheet(session, me, found, chosen.id) if chosen else [],
            came=_came(session, me, found, chosen),
        )  # fmt: skip


def branches_of(
    session: Session, me: User, found: Activity, branch: Branch | None
) -> tuple[list[Branch], Branch | None]:
    """The branches whose sheets a user may fill in, and the one that is meant: that of the face, the form's, or the only one."""
    branches = [branch] if branch else _invited(session, me, found)
    asked = request.values.get("branch", type=int)
    chosen = next((one for one in branches if one.id == asked), None)
    return branches, branches[0] if chosen is None and len(branches) == 1 else chosen


def _invited(session: Session, me: User, found: Activity) -> list[Branch]:
    own = users.own_branch(me)
    branches = places.branches(session) if found.for_all else list(found.branches)
    return [one for one in branches if own is None or one.id == own]


def _came(session: Session, me: User, found: Activity, branch: Branch | None) -> set[int]:
    """The members who are recorded already, for who may know them by name."""
    if branch is None or not hand_list.knows(me, found, branch.id):
        return set()
    return {one.member_id for one in attendance.attendance(session, me, found) if one.check_in}


def reveal_names(face: Face, activity_id: int, branch_id: int) -> str:
    """The same page with names in clear, for a reason that goes into the audit trail."""
    with acting() as (session, me):
        face.branch(session, me)
        names = members.reveal_names(session, me, branch_id, request.form.get("why", ""), at=clock.now())
    return record_form(face, activity_id, names=names)


def record(face: Face, activity_id: int) -> Any:
    """Enter the ticked members at once."""
    ids = numbers_in(request.form.getlist("member"))
    with acting() as (session, me):
        face.branch(session, me)
        found = activities.get(session, activity_id, user=me)
        reason = request.form.get("reason", "")
        done = attendance.record_by_hand(session, me, found, ids, at=clock.now(), reason=reason)
    flash(said(done, "补录"), "success")
    return face.back_to("activity", activity_id=activity_id)


def said(done: attendance.Recorded, verb: str) -> str:
    """What an entry by hand did, in one sentence."""
    parts = [f"已{verb} {done.added} 人"]
    if done.already:
        parts.append(f"{done.already} 人原已签到")
    if done.skipped:
        parts.append(f"{done.skipped} 人不在活动范围内，未{verb}")
    if done.joined:
        parts.append(f"其中 {done.joined} 人原不在应到名单，已补入")
    return "，".join(parts)


def make_ups(face: Face, *, paged: bool = False) -> str:
    """补签审批: what members ask for, the oldest first."""
    with looking() as (session, me):
        branch = face.branch(session, me)
        found = makeup.waiting(session, me, branch_id=face.branch_id)
        place = listing.paging(20) if paged else None
        if place is not None:
            found = listing.sliced(found, place)
        shown = [(one, mask_name(one.member.name)) for one in found]
        return face.draw("make_ups", branch=branch, found=shown, paging=place)


def decide(face: Face, request_id: int) -> Any:
    """Approve or refuse one."""
    decision = request.form.get("decision")
    if decision not in ("approve", "refuse"):
        raise Conflict("请刷新页面后重试")
    with acting() as (session, me):
        face.branch(session, me)
        makeup.decide(session, me, request_id, approve=decision == "approve", at=clock.now())
    flash("已通过，记为补签" if decision == "approve" else "已记为不通过，不记签到", "success")
    return face.back_to("make_ups")
