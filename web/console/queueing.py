"""待发队列 and 栏目与时段: which approved article goes next, and when."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from community import places
from content import columns, finding, queue, slots
from ground import clock
from ground.numbers import numbers_in
from scheduler import audience as audiences
from scheduler.audience import saved
from web.access import acting, action, looking, page
from web.console.face import blueprint, draw
from web.wording import WEEKDAYS


@blueprint.get("/queue", endpoint="queue")
@page("article.view")
def queue_page() -> str:
    """Every column's queue with the slots that will take its articles, and what is approved but not queued."""
    with looking() as (session, _):
        shown = []
        for column in columns.listing(session):
            waiting = queue.waiting(session, column.id)
            shown.append((column, waiting, slots.coming(column.slots, clock.now(), len(waiting))))
        return draw("articles/queue.html", shown=shown, free=finding.free(session, limit=50))


@blueprint.post("/queue/<int:article_id>/move")
@action("article.queue")
def queue_move(article_id: int) -> Any:
    """Give an article another place in its queue."""
    with acting() as (session, me):
        to = request.form.get("to", 1, type=int)
        queue.move(session, article_id, me, to=to)
    return redirect(url_for("console.queue"), 303)


@blueprint.get("/columns", endpoint="columns")
@page("article.view")
def columns_page() -> str:
    """The columns with their recurring times."""
    with looking() as (session, _):
        return draw(
            "articles/columns.html",
            columns=columns.listing(session, with_inactive=True),
            waiting=queue.counts(session),
            weekdays=WEEKDAYS,
        )


@blueprint.get("/columns/new")
@page("column.manage")
def column_new() -> str:
    """The form for a column."""
    return draw("articles/column_new.html")


@blueprint.post("/columns/new", endpoint="column_new_post")
@action("column.manage", form=column_new)
def column_new_post() -> Any:
    """Add a column."""
    form = request.form
    with acting() as (session, me):
        column = columns.create(
            session,
            me,
            key=form.get("key", ""),
            name=form.get("name", ""),
            description=form.get("description", ""),
        )
    flash("栏目已新建，可继续设置时段", "success")
    return redirect(url_for("console.column", column_id=column.id), 303)


@blueprint.get("/columns/<int:column_id>")
@page("column.manage")
def column(column_id: int) -> str:
    """The form for a column's name and times."""
    with looking() as (session, _):
        found = columns.get(session, column_id)
        offered = [f"branch:{branch.name}" for branch in places.branches(session)]
        kept = [f"{audiences.SAVED}:{one.name}" for one in saved.listing(session)]
        return draw("articles/column.html", column=found, weekdays=WEEKDAYS, branches=[*kept, *offered])


@blueprint.post("/columns/<int:column_id>", endpoint="column_post")
@action("column.manage", form=column)
def column_post(column_id: int) -> Any:
    """Save description, whether it is shown, and the times."""
    form, wanted = request.form, _slots()
    with acting() as (session, me):
        for slot in wanted:  # an audience that is not understood is refused now, not when it is due
            audiences.parse(session, slot["audience"])
        columns.change(
            session,
            me,
            columns.get(session, column_id),
            name=form.get("name", ""),
            description=form.get("description", ""),
            active=form.get("active") == "yes",
            slots=wanted,
        )
    flash("已保存", "success")
    return redirect(url_for("console.columns"), 303)


def _slots() -> list[dict[str, Any]]:
    """The rows of times in the form; a row without a time is an empty one."""
    found = []
    for number in request.form.getlist("slot"):
        time = request.form.get(f"time-{number}", "").strip()
        if not time:
            continue
        found.append(
            {
                "weekdays": numbers_in(request.form.getlist(f"days-{number}")),
                "time": time[:5],
                "audience": request.form.get(f"audience-{number}", "all"),
                "active": request.form.get(f"on-{number}") == "yes",
            }
        )
    return found
