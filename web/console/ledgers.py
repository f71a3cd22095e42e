"""台账 and 走势 in the console (:mod:`web.ledgers`)."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from accounts import users
from community import period, period_ledger
from community import trends as courses
from ground import clock
from web import activities as shared
from web import ledgers
from web.access import action, looking, page, signed_in
from web.console.face import blueprint, draw

_FACE = shared.Face("console")


@blueprint.get("/ledgers", endpoint="ledgers")
@page("activity.view")
def ledgers_page() -> str:
    """The ledger of a month or a year: of all branches, or of one. A secretary sees the own one."""
    branch_id = _branch_id()
    if branch_id is not None:
        return ledgers.branch_page(_FACE, branch_id)
    asked, problem = ledgers.asked_or_now()
    with looking() as (session, me):
        return draw(
            "ledgers/committee.html", ledger=period_ledger.committee_ledger(session, me, asked, at=clock.now()),
            branches=ledgers.branches(session, me), problem=problem, branch=None, **ledgers.periods(asked),
        )  # fmt: skip


@blueprint.post("/ledgers/export")
@action("activity.export")
def ledger_export() -> Any:
    """Excel."""
    return ledgers.export(_branch_id())


@blueprint.get("/ledgers/print", endpoint="ledger_print")
@page("activity.export")
def ledger_print() -> str:
    """On A4."""
    branch_id = _branch_id()
    return ledgers.printed(branch_id, _back(branch_id))


@blueprint.post("/ledgers/print", endpoint="ledger_print_post")
@action("activity.export")
def ledger_print_post() -> str:
    """The same of the own branch with names in clear."""
    branch_id = _branch_id()
    if branch_id is None:
        return ledgers.printed(None, _back(None))
    return ledgers.printed_clear(branch_id, _back(branch_id))


@blueprint.get("/trends", endpoint="trends")
@page("activity.view")
def trends_page() -> str:
    """走势: a year by months, a branch a row."""
    asked, problem = ledgers.asked_or_now()
    year = period.Period(asked.year)
    with looking() as (session, me):
        found = courses.trends(session, me, year, at=clock.now())
        return draw("ledgers/trends.html", found=found, problem=problem, **ledgers.periods(year))


@blueprint.get("/activities/<int:activity_id>/print", endpoint="activity_print")
@page("activity.export")
def activity_print(activity_id: int) -> str:
    """The ledger of one activity on A4."""
    return ledgers.activity_printed(_FACE, activity_id)


@blueprint.post("/activities/<int:activity_id>/print", endpoint="activity_print_post")
@action("activity.export")
def activity_print_post(activity_id: int) -> str:
    """The same with names in clear."""
    return ledgers.activity_printed(_FACE, activity_id)


@blueprint.get("/activities/<int:activity_id>/sheet", endpoint="activity_sheet")
@page("activity.view")
def activity_sheet(activity_id: int) -> str:
    """签到表 to be signed with a pen."""
    return ledgers.sheet(_FACE, activity_id)


@blueprint.post("/activities/<int:activity_id>/sheet", endpoint="activity_sheet_post")
@action("member.unmask")
def activity_sheet_post(activity_id: int) -> str:
    """The same with names in clear."""
    return ledgers.sheet(_FACE, activity_id)


def _branch_id() -> int | None:
    """The branch that is asked for, all of them where None is named: a secretary means the own one."""
    asked = request.values.get("branch", type=int)
    return users.own_branch(signed_in()) if asked is None else asked


def _back(branch_id: int | None) -> str:
    return url_for("console.ledgers", branch=branch_id, period=request.values.get("period") or None)
