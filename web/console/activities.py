"""活动与签到 in the console: the list of activities, and the pages of one (:mod:`web.activities`)."""

from __future__ import annotations

from typing import Any

from flask import request

from community import activities, counting
from community.window import PHASES, Phase
from ground import clock
from web import activities as shared
from web import announcing, hand_list, listing
from web.access import action, looking, page
from web.console.face import blueprint, draw
from web.once import once

_FACE = shared.Face("console")
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
        counted = counting.counts_of(session, found.activities, user=me)
        return draw(
            "activities/list.html", found=found.activities, paging=place, counted=counted, whens=_WHEN
        )


@blueprint.get("/activities/new")
@page("activity.create")
def activity_new() -> str:
    """The form."""
    return announcing.new_form(_FACE)


@blueprint.post("/activities/new", endpoint="activity_new_post")
@once
@action("activity.create", form=activity_new)
def activity_new_post() -> Any:
    """Announce it."""
    return announcing.announce(_FACE)


@blueprint.get("/activities/<int:activity_id>")
@page("activity.view")
def activity(activity_id: int) -> str:
    """One activity with its live figures."""
    return shared.show(_FACE, activity_id)


@blueprint.get("/activities/<int:activity_id>/live")
@page("activity.view")
def activity_live(activity_id: int) -> Any:
    """The figures alone."""
    return shared.live(_FACE, activity_id)


@blueprint.get("/activities/<int:activity_id>/edit")
@page("activity.change")
def activity_edit(activity_id: int) -> str:
    """What may still be changed."""
    return announcing.edit_form(_FACE, activity_id)


@blueprint.post("/activities/<int:activity_id>/edit", endpoint="activity_edit_post")
@action("activity.change", form=activity_edit)
def activity_edit_post(activity_id: int) -> Any:
    """Change it, and tell those concerned."""
    return announcing.edit(_FACE, activity_id)


@blueprint.post("/activities/<int:activity_id>/cancel")
@action("activity.change")
def activity_cancel(activity_id: int) -> Any:
    """Call it off; what was recorded stays."""
    return announcing.cancel(_FACE, activity_id)


@blueprint.post("/activities/<int:activity_id>/export")
@action("activity.export")
def activity_export(activity_id: int) -> Any:
    """台账."""
    return shared.export(_FACE, activity_id)


@blueprint.get("/activities/<int:activity_id>/record")
@page("checkin.record")
def activity_record(activity_id: int) -> str:
    """补录: a branch is chosen, then its roster ticked."""
    return shared.record_form(_FACE, activity_id)


@blueprint.post("/activities/<int:activity_id>/record", endpoint="activity_record_post")
@action("checkin.record", form=activity_record)
def activity_record_post(activity_id: int) -> Any:
    """Enter the ticked members at once."""
    return shared.record(_FACE, activity_id)


@blueprint.post("/activities/<int:activity_id>/record/pasted")
@action("checkin.record", form=activity_record)
def activity_record_pasted(activity_id: int) -> str:
    """The same page with those ticked whose names were pasted."""
    return hand_list.pasted(_FACE, activity_id)


@blueprint.get("/activities/<int:activity_id>/list")
@page("checkin.record")
def activity_list(activity_id: int) -> str:
    """登记签到 on the evening: search, tick, take back."""
    return hand_list.show(_FACE, activity_id)


@blueprint.post("/activities/<int:activity_id>/list", endpoint="activity_list_post")
@action("checkin.record", form=activity_list)
def activity_list_post(activity_id: int) -> Any:
    """Enter the ticked ones as being there."""
    return hand_list.tick(_FACE, activity_id)


@blueprint.post("/activities/<int:activity_id>/records/<int:check_in_id>/take-back")
@action("checkin.record", form=activity_list)
def activity_take_back(activity_id: int, check_in_id: int) -> Any:
    """撤回 a wrong record."""
    return hand_list.take_back(_FACE, activity_id, check_in_id)


@blueprint.get("/make-ups", endpoint="make_ups")
@page("checkin.record")
def make_ups_page() -> str:
    """补签审批 of all branches that the user may see."""
    return shared.make_ups(_FACE, paged=True)


@blueprint.post("/make-ups/<int:request_id>")
@action("checkin.record")
def make_up_decide(request_id: int) -> Any:
    """Approve or refuse one."""
    return shared.decide(_FACE, request_id)
