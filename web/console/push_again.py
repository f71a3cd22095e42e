"""重发给失败的人: the last look at a push to those whom another failed to reach, and making it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from ground import clock
from ground.errors import Conflict
from scheduler import articles, planner, pushes, resending, shares
from web.access import acting, action, looking, page, settings
from web.console.face import blueprint, draw
from web.console.push_new import Wanted, agreed, articles_of, mending, preview_of
from web.once import once


@blueprint.get("/pushes/<int:push_id>/again")
@page("push.create")
def push_again(push_id: int) -> str:
    """Who receives it when it is sent again; nothing is written."""
    with looking() as (session, _):
        failed = pushes.get(session, push_id)
        offer = resending.offer(session, failed, at=clock.now())
        if offer is None or not offer.audience:
            raise Conflict(offer.said if offer else "这次推送没有确定没有送达的人，不用重发")
        ids = articles.ids_of(session, push_id)
        said = Wanted(
            ids, failed.activity_id, offer.audience, None, failed.road, "", request.form.get("often", "")
        )
        first = failed.again_of or failed.id
        return draw(
            "pushes/confirm.html", said=said, preview=preview_of(session, said, again_of=first), reasons=planner.reasons(),
            articles=articles_of(session, said), mending=mending(session, said), pending=[], again_of=failed, offer=offer,
        )  # fmt: skip


@blueprint.post("/pushes/<int:push_id>/again", endpoint="push_again_post")
@once
@action("push.create", form=push_again)
def push_again_post(push_id: int) -> Any:
    """Make it. The scheduler sends."""
    often = request.form.get("often", "").strip()
    with acting() as (session, me):
        failed = pushes.get(session, push_id)
        made = resending.resend(session, settings(), me, failed, often=often, agreed=agreed(), at=clock.now())
    for remark in made.notes:
        flash(remark, "warning")
    flash(f"已提交重发，预计 {made.push.planned} {shares.unit_of(made.push)}收到", "success")
    return redirect(url_for("console.push", push_id=made.push.id), 303)
