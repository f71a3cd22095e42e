"""党员名册: the masked list, one look in clear with a reason, the end of a binding."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from accounts import users
from community import binding, members, places, privacy
from ground import clock
from web import listing
from web.access import acting, action, looking, page
from web.console.face import blueprint, draw


@blueprint.get("/members", endpoint="members")
@page("member.view")
def members_page() -> str:
    """The list: names and phones masked, narrowed to what the user may see."""
    with looking() as (session, me):
        place = listing.paging(20)
        bound = {"yes": True, "no": False}.get(request.args.get("bound", ""))
        asked = members.listed(
            session,
            me,
            words=request.args.get("q", "").strip(),
            branch_id=request.args.get("branch", type=int) or None,
            bound=bound,
            active=request.args.get("state", "") != "left",
        )
        found = listing.rows(asked, place)
        own = users.own_branch(me)
        return draw(
            "people/members.html",
            found=found,
            paging=place,
            following=members.following(session, [one.id for one in found]),
            mask_name=privacy.mask_name,
            mask_phone=privacy.mask_phone,
            branches=[one for one in places.branches(session) if own is None or one.id == own],
        )


@blueprint.get("/members/<int:member_id>/reveal")
@page("member.unmask")
def member(member_id: int) -> str:
    """Who it is, masked, and the form that asks for the reason."""
    with looking() as (session, me):
        whom = privacy.glimpse(privacy.seen(session, me, member_id))
    return draw("people/reveal.html", member_id=member_id, whom=whom, revealed=None)


@blueprint.post("/members/<int:member_id>/reveal", endpoint="member_post")
@action("member.unmask", form=member)
def member_post(member_id: int) -> str:
    """Name and phone in clear, once, with an entry in the audit trail."""
    with acting() as (session, me):
        revealed = privacy.reveal(session, me, member_id, request.form.get("reason", ""), at=clock.now())
        whom = privacy.glimpse(privacy.seen(session, me, member_id))
        bound = bool(members.following(session, [member_id]))
    return draw("people/reveal.html", member_id=member_id, whom=whom, revealed=revealed, bound=bound)


@blueprint.post("/members/<int:member_id>/unbind")
@action("member.unbind")
def member_unbind(member_id: int) -> Any:
    """Loosen a wrong binding, with a reason."""
    with acting() as (session, me):
        binding.release(session, me, member_id, request.form.get("reason", ""), at=clock.now())
    flash("已解除绑定，本人可重新绑定", "success")
    return redirect(url_for("console.members"), 303)
