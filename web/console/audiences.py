"""常用对象: audiences under a name, and the names by which sets are offered to whoever chooses."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from community import activities, places, tags
from content import columns
from database.session import Session
from ground import clock
from ground.errors import Refused
from models import SavedAudience
from scheduler import audience as audiences
from scheduler import finding
from scheduler.audience import keeping, saved
from web.access import acting, action, looking, page
from web.console.face import blueprint, draw

_OFFERED = 40


def chosen_by_name(session: Session) -> list[tuple[str, str]]:
    """Every set that may be chosen: as it is written (``党支部：第一党支部``), and what it means where that does not say it."""
    found = [(f"党支部：{branch.label}", "") for branch in places.branches(session)]
    for area, communities in places.tree(session):
        found.append((f"片区：{area.name}", "、".join(one.name for one, _ in communities)))
        for community, grids in communities:
            found.append((f"社区：{community.name}", area.name))
            found += [(f"网格：{grid.name}", community.name) for grid in grids]
    found += [(f"栏目：{column.name}", "没有退订这个栏目的人") for column in columns.listing(session)]
    coming = activities.coming(session, clock.now(), limit=_OFFERED)
    found += [(f"活动：{one.id}", f"“{one.title}”的应到人员") for one in coming]
    found += [
        (f"推送：{ident}", f"收到过《{title}》的人") for ident, title in finding.that_went(session, _OFFERED)
    ]
    found += [(f"标签：{name}", "公众平台上的标签") for name in tags.foreign(session)]
    return found


@blueprint.get("/audiences", endpoint="audiences")
@page("push.create")
def audiences_page() -> str:
    """常用对象, and how many follow in each just now."""
    with looking() as (session, _):
        kept = [(one, _following(session, one)) for one in saved.listing(session)]
        return draw("pushes/audiences.html", kept=kept, more=chosen_by_name(session))


def _following(session: Session, kept: SavedAudience) -> int | None:
    try:
        meant = audiences.parse(session, kept.text, at=clock.now(), known=kept.meant)
        return audiences.narrowing(session, meant)[-1][1]
    except Refused:
        return None  # a place that it names is gone


@blueprint.post("/audiences", endpoint="audience_save")
@action("push.create", form=audiences_page)
def audience_save() -> Any:
    """Keep one under a name."""
    form = request.form
    base = ",".join(filter(str.strip, form.getlist("place")))
    text = audiences.compose(base, form.getlist("within"), form.getlist("without"))
    with acting() as (session, me):
        kept = keeping.save(session, me, form.get("name", ""), text, at=clock.now())
        name = kept.name
    flash(f"已把“{name}”存为常用对象", "success")
    return redirect(url_for("console.audiences"), 303)


@blueprint.post("/audiences/<int:ident>/remove", endpoint="audience_remove")
@action("push.create", form=audiences_page)
def audience_remove(ident: int) -> Any:
    """Take the name away."""
    with acting() as (session, me):
        name = keeping.remove(session, me, ident, at=clock.now())
    flash(f"已删除常用对象“{name}”，已经排期的推送不受影响", "success")
    return redirect(url_for("console.audiences"), 303)
