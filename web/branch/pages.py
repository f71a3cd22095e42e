"""The pages, complete on a screen of 375 px: the branch's first page, and those of its activities (:mod:`web.activities`)."""

from __future__ import annotations

import zlib
from typing import Any

from flask import Response, flash, redirect, request, url_for

from accounts import users
from community import activities, counting, makeup, own_requests, places, today
from ground import clock
from scheduler import reminding
from web import activities as shared
from web import announcing, hand_list
from web.access import acting, action, looking, page, settings
from web.branch.face import blueprint, draw
from web.once import once

_PARTS = {"coming": 10, "past": 10}


def _face(branch_id: int) -> shared.Face:
    return shared.Face("branch", branch_id)


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
        branch = places.shown(session, me, branch_id)
        now = clock.now()
        found = {
            when: activities.page(session, me, at=now, when=when, branch_id=branch_id, size=size).activities
            for when, size in _PARTS.items()
        }
        in_hand = today.of_branch(session, me, branch_id, at=now)
        here = {one.activity.id for one in in_hand}
        found = {when: [one for one in part if one.id not in here] for when, part in found.items()}
        every = [one for part in found.values() for one in part]
        counted = counting.counts_of(session, every, user=me, branch_id=branch_id)
        return draw(
            "home.html",
            branch=branch,
            in_hand=in_hand,
            seen=_seen(in_hand),
            reminded=reminding.reminded(session, here, branch_id=branch_id),
            parts={when: [(one, counted[one.id]) for one in part] for when, part in found.items()},
            summary=places.summaries(session, branch_id=branch_id)[0],
            asked=own_requests.waiting_count(session, me, branch_id=branch_id),
            waiting=makeup.waiting_count(session, me, branch_id=branch_id),
        )


@blueprint.get("/<int:branch_id>/today")
@page("activity.view")
def today_live(branch_id: int) -> Any:
    """The numbers of today alone, asked for every few seconds: 204 while nothing has changed."""
    with looking() as (session, me):
        branch = places.shown(session, me, branch_id)
        in_hand = today.of_branch(session, me, branch_id, at=clock.now())
        seen = _seen(in_hand)
        if request.args.get("seen") == seen:
            return Response(status=204)
        return draw("today.html", branch=branch, in_hand=in_hand, seen=seen)


def _seen(in_hand: list[today.InHand]) -> str:
    return str(
        zlib.crc32(str([(one.activity.id, one.phase, one.counts.by_branch) for one in in_hand]).encode())
    )


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/remind")
@action("activity.remind")
def remind(branch_id: int, activity_id: int) -> Any:
    """The one reminder, to those of the branch who have neither come nor taken leave."""
    with acting() as (session, me):
        places.shown(session, me, branch_id)
        made = reminding.remind(session, settings(), me, activity_id, branch_id=branch_id, at=clock.now())
        planned = made.push.planned
    for note in made.notes:
        flash(note, "info")
    flash(f"已安排提醒 {planned} 人，未绑定微信或不要提醒的党员收不到", "success")
    return redirect(url_for("branch.home", branch_id=branch_id), 303)


@blueprint.get("/<int:branch_id>/activities/<int:activity_id>")
@page("activity.view")
def activity(branch_id: int, activity_id: int) -> str:
    """One activity of the branch: the live count and, where attendance is kept, who came and who did not."""
    return shared.show(_face(branch_id), activity_id)


@blueprint.get("/<int:branch_id>/activities/<int:activity_id>/live")
@page("activity.view")
def activity_live(branch_id: int, activity_id: int) -> Any:
    """The count alone."""
    return shared.live(_face(branch_id), activity_id)


@blueprint.get("/<int:branch_id>/activities/<int:activity_id>/record")
@page("checkin.record")
def record(branch_id: int, activity_id: int) -> str:
    """补录: tick those who came; names are masked until a reason is given."""
    return shared.record_form(_face(branch_id), activity_id)


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/names")
@action("member.unmask", form=record)
def record_names(branch_id: int, activity_id: int) -> str:
    """The same page with names in clear."""
    return shared.reveal_names(_face(branch_id), activity_id, branch_id)


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/record", endpoint="record_post")
@action("checkin.record", form=record)
def record_post(branch_id: int, activity_id: int) -> Any:
    """Enter the ticked ones."""
    return shared.record(_face(branch_id), activity_id)


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/record/pasted")
@action("checkin.record", form=record)
def record_pasted(branch_id: int, activity_id: int) -> str:
    """The same page with those ticked whose names were pasted."""
    return hand_list.pasted(_face(branch_id), activity_id)


@blueprint.get("/<int:branch_id>/activities/<int:activity_id>/list", endpoint="hand_list")
@page("checkin.record")
def list_page(branch_id: int, activity_id: int) -> str:
    """登记签到 on the evening: search, tick, take back."""
    return hand_list.show(_face(branch_id), activity_id)


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/list", endpoint="hand_list_post")
@action("checkin.record", form=list_page)
def list_post(branch_id: int, activity_id: int) -> Any:
    """Enter the ticked ones as being there."""
    return hand_list.tick(_face(branch_id), activity_id)


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/list/names")
@action("member.unmask", form=list_page)
def hand_list_names(branch_id: int, activity_id: int) -> str:
    """The same page with names in clear."""
    return hand_list.reveal_names(_face(branch_id), activity_id, branch_id)


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/records/<int:check_in_id>/take-back")
@action("checkin.record", form=list_page)
def take_back(branch_id: int, activity_id: int, check_in_id: int) -> Any:
    """撤回 a wrong record."""
    return hand_list.take_back(_face(branch_id), activity_id, check_in_id)


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/export")
@action("activity.export")
def export(branch_id: int, activity_id: int) -> Any:
    """台账."""
    return shared.export(_face(branch_id), activity_id)


@blueprint.get("/<int:branch_id>/make-ups")
@page("checkin.record")
def make_ups(branch_id: int) -> str:
    """补签审批 of the branch."""
    return shared.make_ups(_face(branch_id))


@blueprint.post("/<int:branch_id>/make-ups/<int:request_id>")
@action("checkin.record")
def make_up_decide(branch_id: int, request_id: int) -> Any:
    """Approve or refuse one."""
    return shared.decide(_face(branch_id), request_id)


@blueprint.get("/<int:branch_id>/new")
@page("activity.create")
def new(branch_id: int) -> str:
    """The form for an activity of this branch."""
    return announcing.new_form(_face(branch_id))


@blueprint.post("/<int:branch_id>/new", endpoint="new_post")
@once
@action("activity.create", form=new)
def new_post(branch_id: int) -> Any:
    """Announce it to the branch."""
    return announcing.announce(_face(branch_id))


@blueprint.get("/<int:branch_id>/activities/<int:activity_id>/edit")
@page("activity.change")
def edit(branch_id: int, activity_id: int) -> str:
    """What may still be changed of an activity."""
    return announcing.edit_form(_face(branch_id), activity_id)


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/edit", endpoint="edit_post")
@action("activity.change", form=edit)
def edit_post(branch_id: int, activity_id: int) -> Any:
    """Change it, and tell those concerned."""
    return announcing.edit(_face(branch_id), activity_id)


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/cancel")
@action("activity.change")
def cancel(branch_id: int, activity_id: int) -> Any:
    """Call it off."""
    return announcing.cancel(_face(branch_id), activity_id)
