"""合并党员记录 in two steps: which is the other record of the same person, and what it would come to."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from community import merging, privacy, upkeep
from ground import clock
from ground.errors import Refused
from ground.numbers import number_in
from web.access import acting, action, looking, only_looks, page, parts
from web.console.face import blueprint, draw


@blueprint.get("/members/<int:member_id>/merge")
@page("member.merge")
def member_merge(member_id: int) -> str:
    """Step one: records of this name or phone, or any by its number."""
    with looking() as (session, me):
        found = merging.candidates(session, me, member_id)
        whom = privacy.glimpse(upkeep.page_of(session, me, member_id))
        return draw("people/merge.html", member_id=member_id, whom=whom, found=found)


@blueprint.post("/members/<int:member_id>/merge/check", endpoint="member_merge_check")
@only_looks
@action("member.merge", form=member_merge)
def member_merge_check(member_id: int) -> str:
    """Step two. Nothing is written."""
    typed = request.form.get("number", "").strip()
    other = number_in(typed or request.form.get("other", ""))
    if other is None:
        raise Refused("请选择另一条记录，或填写它的编号")
    return _preview(member_id, other)


def _preview(member_id: int, other: int) -> str:
    with looking() as (session, me):
        planned = merging.look(session, me, member_id, other)
        return draw("people/merge_check.html", planned=planned)


def _again(member_id: int) -> str:
    return _preview(member_id, request.form.get("other", 0, type=int))


@blueprint.post("/members/<int:member_id>/merge", endpoint="member_merge_post")
@action("member.merge", form=_again)
def member_merge_post(member_id: int) -> Any:
    """Merge them for good."""
    form = request.form
    other = number_in(form.get("other", "")) or 0
    with acting() as (session, me):
        merging.carry_out(
            session,
            me,
            member_id,
            other,
            reason=form.get("reason", ""),
            wechat=form.get("wechat", ""),
            at=clock.now(),
        )
    parts().db.empty_log()
    flash("已合并。请同时更正单位自己的名册文件，否则下次导入会重新登记", "warning")
    return redirect(url_for("console.member_page", member_id=member_id), 303)
