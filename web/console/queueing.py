"""待发队列 and 栏目与时段: which approved article goes next, and when."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from accounts import users
from community import places
from content import columns, finding, queue
from content.slots import LARGEST
from ground import clock
from ground.numbers import numbers_in
from scheduler import audience as audiences
from scheduler import upcoming
from scheduler.audience import saved
from web.access import acting, action, looking, page, settings
from web.console import review_settings
from web.console.account import outdated_menu
from web.console.face import blueprint, draw
from web.wording import WEEKDAYS


@blueprint.get("/queue", endpoint="queue")
@page("article.view")
def queue_page() -> str:
    """Every column's queue with the slots that will take its articles, and what is approved but not queued.

    Of a column that is switched off no slot takes anything, so that it stands here as long as something waits in it.
    """
    with looking() as (session, _):
        every = columns.listing(session, with_inactive=True)
        waiting = [(one, queue.waiting(session, one.id)) for one in every]
        queued = [article for _, some in waiting for article in some]
        times = upcoming.times(session, settings(), queued, at=clock.now())
        shown = [(one, some, times) for one, some in waiting if one.active or some]
        return draw("articles/queue.html", shown=shown, free=finding.free(session, limit=50))


@blueprint.post("/queue/<int:article_id>/move")
@action("article.queue")
def queue_move(article_id: int) -> Any:
    """Give an article another place in its queue."""
    with acting() as (session, me):
        to = request.form.get("to", 1, type=int)
        queue.move(session, article_id, me, to=to, at=clock.now())
    return redirect(url_for("console.queue"), 303)


@blueprint.get("/columns", endpoint="columns")
@page("article.view")
def columns_page() -> str:
    """The columns with their recurring times."""
    with looking() as (session, me):
        return draw(
            "articles/columns.html",
            columns=columns.listing(session, with_inactive=True),
            shown={column.id for column in columns.shown(session)},
            outdated=outdated_menu(session) if users.may(me, "menu.manage") else [],
            waiting=queue.counts(session),
            weekdays=WEEKDAYS,
        )


@blueprint.post("/columns/<int:column_id>/move")
@action("column.manage")
def column_move(column_id: int) -> Any:
    """Give a column another place in every list."""
    with acting() as (session, me):
        columns.move(session, me, column_id, to=request.form.get("to", 1, type=int), at=clock.now())
    return redirect(url_for("console.columns"), 303)


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
            at=clock.now(),
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
        return draw(
            "articles/column.html", column=found, weekdays=WEEKDAYS, branches=[*kept, *offered], largest=LARGEST,
            empty=found.active and found not in columns.shown(session), **review_settings.section(session, found),
        )  # fmt: skip


@blueprint.post("/columns/<int:column_id>", endpoint="column_post")
@action("column.manage", form=column)
def column_post(column_id: int) -> Any:
    """Save description, whether it is shown, and the times."""
    form, wanted, now = request.form, _slots(), clock.now()
    with acting() as (session, me):
        before = {
            slot["audience"]: slot.get("meant")
            for slot in columns.get(session, column_id).slots
            if "audience" in slot
        }
        for slot in wanted:  # an audience that is not understood is refused now, not when it is due
            meant = audiences.parse(session, slot["audience"], at=now, known=before.get(slot["audience"]))
            slot["meant"] = meant.meant
        columns.change(
            session,
            me,
            columns.get(session, column_id),
            name=form.get("name", ""),
            description=form.get("description", ""),
            active=form.get("active") == "yes",
            slots=wanted,
            at=now,
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
                "most": request.form.get(f"most-{number}", 1, type=int),
                "rests": request.form.get(f"rests-{number}") == "yes",
                "made_up": request.form.get(f"made-up-{number}") == "yes",
            }
        )
    return found
