"""个人信息: what is kept how long and whether it goes in time; and a person's erasure."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from community import erasing
from ground import clock
from operations import retention_report
from web.access import acting, action, page, parts, settings
from web.console.face import blueprint, draw
from web.console.roster import member


@blueprint.get("/privacy", endpoint="privacy")
@page("privacy.view")
def privacy_page() -> str:
    """The table, with what is there and what the last run removed."""
    found = retention_report.report(parts().db, settings(), clock.now())
    return draw("system/privacy.html", found=found, configured=settings())


@blueprint.post("/members/<int:member_id>/erase")
@action("member.erase", form=member)
def member_erase(member_id: int) -> Any:
    """Erase a person for good; the ledger keeps a nameless record."""
    with acting() as (session, me):
        found = erasing.erase(
            session, me, member_id=member_id, reason=request.form.get("reason", ""), at=clock.now()
        )
    parts().db.empty_log()
    flash(
        f"已清除第 {member_id} 号党员的个人信息，{found.check_ins:,} 条签到记录保留但没有姓名。"
        "还须从单位自己的名册文件中删去此人，否则下次导入会重新登记",
        "warning",  # stands on the page, where a notice of success goes away by itself
    )
    return redirect(url_for("console.members"), 303)
