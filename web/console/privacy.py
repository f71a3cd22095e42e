"""个人信息: what is kept how long and whether it goes in time; and a person's erasure."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from community import erasing, whole_file
from ground import clock
from operations import retention_report, rotation
from web.access import acting, action, page, parts, settings
from web.console.face import blueprint, draw
from web.console.roster import member
from web.files import XLSX, personal


@blueprint.get("/privacy", endpoint="privacy")
@page("privacy.view")
def privacy_page() -> str:
    """The table, with what is there and what the last run removed."""
    found = retention_report.report(parts().db, settings(), clock.now())
    keys = rotation.standing(parts().db)
    return draw("system/privacy.html", found=found, keys=keys, configured=settings())


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


@blueprint.post("/members/<int:member_id>/file", endpoint="member_file")
@action("member.export", form=member)
def member_file(member_id: int) -> Any:
    """Everything that is kept of a member, for who asked the office for it."""
    as_json = request.form.get("format") == "json"
    with acting() as (session, me):
        reason = request.form.get("reason", "")
        found = whole_file.of_member(session, me, member_id, reason, at=clock.now())
    name = f"党员{member_id}的全部信息"
    if as_json:
        return personal(found.as_json(), mimetype="application/json", name=f"{name}.json")
    return personal(found.as_workbook(), mimetype=XLSX, name=f"{name}.xlsx")
