"""Who reviews: how many stages a column has and who is named for them, and 委托 of one's reviews to another."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for

from accounts import users
from content import columns, handovers, stages
from content.reviewers import reviewing_people
from database.session import Session
from ground import clock
from ground.errors import Refused
from ground.numbers import numbers_in
from models import Column
from web.access import acting, action, looking, page, settings
from web.console.face import blueprint, draw


def section(session: Session, column: Column) -> dict[str, Any]:
    """What the part 审核 of a column's page shows."""
    return {
        "office_stages": stages.by_setting(settings().limits),
        "most_stages": stages.MOST,
        "named": stages.named(session, column.id),
        "reviewers": stages.offered(session, column.id),
        "reviewing": set(reviewing_people(session)),
    }


@blueprint.post("/columns/<int:column_id>/review")
@action("column.manage")
def column_review(column_id: int) -> Any:
    """Save how many reviews a column's articles pass, and by whom."""
    form = request.form
    named = {stage: numbers_in(form.getlist(f"reviewers-{stage}")) for stage in range(1, stages.MOST + 1)}
    number = form.get("review_stages", type=int)
    with acting() as (session, me):
        stages.settle(
            session,
            me,
            columns.get(session, column_id),
            number=number,
            named_for=named,
            at=clock.now(),
        )
    if stages.needs_more_people(number or stages.by_setting(settings().limits), named):
        flash("同一人不能审两级：指定的审核人太少，会有一级没有人能审，请再指定一位", "warning")
    flash("已保存，已送审的稿件不会因此少审一级", "success")
    return redirect(url_for("console.column", column_id=column_id), 303)


@blueprint.get("/reviews/handovers", endpoint="handovers")
@page("article.review")
def handovers_page() -> str:
    """委托 in force, to come and lately over, and the form for another."""
    now = clock.now()
    with looking() as (session, me):
        people = list(reviewing_people(session).values())
        return draw(
            "articles/handovers.html",
            found=[(one, handovers.standing(one, at=now)) for one in handovers.listing(session, me, at=now)],
            standings=handovers.STANDINGS,
            people=people,
            manages=users.may(me, "user.manage"),
            today=clock.shanghai_day(now),
        )


@blueprint.post("/reviews/handovers", endpoint="handover_make")
@action("article.review", form=handovers_page)
def handover_make() -> Any:
    """委托: from one day to another."""
    form = request.form
    first, last = _day(form.get("first_day", "")), _day(form.get("last_day", ""))
    with acting() as (session, me):
        made = handovers.make(
            session,
            me,
            user_id=form.get("user", me.id, type=int),
            deputy_id=form.get("deputy", 0, type=int),
            first_day=first,
            last_day=last,
            reason=form.get("reason", ""),
            at=clock.now(),
        )
        said = f"已委托{made.deputy.label}，到 {made.last_day:%Y-%m-%d} 自动结束"
    flash(said, "success")
    return redirect(url_for("console.handovers"), 303)


@blueprint.post("/reviews/handovers/<int:handover_id>/end")
@action("article.review", form=handovers_page)
def handover_end(handover_id: int) -> Any:
    """结束委托."""
    with acting() as (session, me):
        handovers.end(session, me, handover_id, at=clock.now())
    flash("委托已结束", "success")
    return redirect(url_for("console.handovers"), 303)


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise Refused("请选择委托的开始日期和结束日期") from None
