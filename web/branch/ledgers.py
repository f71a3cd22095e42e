"""The branch's 台账 on the phone, and what of it is printed (:mod:`web.ledgers`)."""

from __future__ import annotations

from typing import Any

from flask import request, url_for

from web import activities as shared
from web import ledgers
from web.access import action, page
from web.branch.face import blueprint


def _face(branch_id: int) -> shared.Face:
    return shared.Face("branch", branch_id)


def _back(branch_id: int) -> str:
    return url_for("branch.ledger", branch_id=branch_id, period=request.values.get("period") or None)


@blueprint.get("/<int:branch_id>/ledger", endpoint="ledger")
@page("activity.view")
def ledger_page(branch_id: int) -> str:
    """The ledger of a month or a year."""
    return ledgers.branch_page(_face(branch_id), branch_id)


@blueprint.post("/<int:branch_id>/ledger/export")
@action("activity.export")
def ledger_export(branch_id: int) -> Any:
    """Excel."""
    return ledgers.export(branch_id)


@blueprint.get("/<int:branch_id>/ledger/print", endpoint="ledger_print")
@page("activity.export")
def ledger_print(branch_id: int) -> str:
    """On A4."""
    return ledgers.printed(branch_id, _back(branch_id))


@blueprint.post("/<int:branch_id>/ledger/print", endpoint="ledger_print_post")
@action("activity.export")
def ledger_print_post(branch_id: int) -> str:
    """The same with names in clear."""
    return ledgers.printed_clear(branch_id, _back(branch_id))


@blueprint.get("/<int:branch_id>/activities/<int:activity_id>/print", endpoint="activity_print")
@page("activity.export")
def activity_print(branch_id: int, activity_id: int) -> str:
    """The ledger of one activity on A4."""
    return ledgers.activity_printed(_face(branch_id), activity_id)


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/print", endpoint="activity_print_post")
@action("activity.export")
def activity_print_post(branch_id: int, activity_id: int) -> str:
    """The same with names in clear."""
    return ledgers.activity_printed(_face(branch_id), activity_id)


@blueprint.get("/<int:branch_id>/activities/<int:activity_id>/sheet", endpoint="activity_sheet")
@page("activity.view")
def activity_sheet(branch_id: int, activity_id: int) -> str:
    """签到表 to be signed with a pen."""
    return ledgers.sheet(_face(branch_id), activity_id)


@blueprint.post("/<int:branch_id>/activities/<int:activity_id>/sheet", endpoint="activity_sheet_post")
@action("member.unmask")
def activity_sheet_post(branch_id: int, activity_id: int) -> str:
    """The same with names in clear."""
    return ledgers.sheet(_face(branch_id), activity_id)
