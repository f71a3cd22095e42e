"""二维码海报: one A4 page a branch, to be printed and hung up."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from accounts import users
from community import places
from ground import clock
from web.access import acting, action, looking, page, parts
from web.console.face import blueprint, draw


@blueprint.get("/branches/posters", endpoint="posters")
@page("place.view")
def posters_page() -> str:
    """The posters of all branches that the user sees, or of one; those without a code come as a list."""
    only = request.values.get("branch", type=int)
    with looking() as (session, me):
        if only is not None:
            users.require(me, "place.view", only)
        own = users.own_branch(me)
        seen = [one for one in places.branches(session) if own in (None, one.id) and only in (None, one.id)]
        return draw(
            "people/posters.html",
            only=only,
            ready=[one for one in seen if one.qr_ticket],
            missing=[one for one in seen if not one.qr_ticket],
        )


@blueprint.post("/branches/posters", endpoint="posters_post")
@action("system.manage", form=posters_page)
def posters_post() -> Any:
    """Ask WeChat for the codes that are missing, each on its own: what was made before a failure stays."""
    only = request.form.get("branch", type=int)
    with looking() as (session, _):
        missing = [
            (one.id, one.scene)
            for one in places.branches(session)
            if not one.qr_ticket and only in (None, one.id)
        ]
    for branch_id, scene in missing:
        code = parts().client.qrcode_create(scene)
        with acting() as (session, me):
            places.keep_code(session, me, branch_id, code.ticket, at=clock.now())
    flash(f"已生成 {len(missing)} 个党支部的二维码", "success")
    return redirect(url_for("console.posters", branch=only), 303)
