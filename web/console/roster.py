"""党员名册: the masked list, one look in clear with a reason, and the import in four steps (upload, check, confirm, result)."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from accounts import audit, users
from community import binding, members, places, privacy, reasons, roster, roster_file, roster_sheets
from ground import clock
from ground.errors import Conflict, Refused
from operations import uploads
from web import listing
from web.access import acting, action, looking, page, parts, settings, signed_in
from web.console.face import blueprint, draw
from web.downloads import excel
from web.sizes import takes_files
from web.throttle import count_uploads


@blueprint.get("/members", endpoint="members")
@page("member.view")
def members_page() -> str:
    """The list: names and phones masked, narrowed to what the user may see."""
    with looking() as (session, me):
        place = listing.paging(20)
        bound = {"yes": True, "no": False}.get(request.args.get("bound", ""))
        asked = members.listed(
            session,
            me,
            words=request.args.get("q", "").strip(),
            branch_id=request.args.get("branch", type=int) or None,
            bound=bound,
        )
        found = listing.rows(asked, place)
        own = users.own_branch(me)
        return draw(
            "people/members.html",
            found=found,
            paging=place,
            following=members.following(session, [one.id for one in found]),
            mask_name=privacy.mask_name,
            mask_phone=privacy.mask_phone,
            branches=[one for one in places.branches(session) if own is None or one.id == own],
        )


@blueprint.get("/members/<int:member_id>/reveal")
@page("member.unmask")
def member(member_id: int) -> str:
    """Who it is, masked, and the form that asks for the reason."""
    with looking() as (session, me):
        whom = privacy.glimpse(privacy.seen(session, me, member_id))
    return draw("people/reveal.html", member_id=member_id, whom=whom, revealed=None)


@blueprint.post("/members/<int:member_id>/reveal", endpoint="member_post")
@action("member.unmask", form=member)
def member_post(member_id: int) -> str:
    """Name and phone in clear, once, with an entry in the audit trail."""
    with acting() as (session, me):
        revealed = privacy.reveal(session, me, member_id, request.form.get("reason", ""), at=clock.now())
        whom = privacy.glimpse(privacy.seen(session, me, member_id))
        bound = bool(members.following(session, [member_id]))
    return draw("people/reveal.html", member_id=member_id, whom=whom, revealed=revealed, bound=bound)


@blueprint.post("/members/<int:member_id>/unbind")
@action("member.unbind")
def member_unbind(member_id: int) -> Any:
    """Loosen a wrong binding, with a reason."""
    with acting() as (session, me):
        binding.release(session, me, member_id, request.form.get("reason", ""), at=clock.now())
    flash("已解除绑定，本人可重新绑定", "success")
    return redirect(url_for("console.members"), 303)


# --- Import ------------------------------------------------------------------------------------------------


@blueprint.get("/members/import")
@page("member.import")
def members_import() -> str:
    """The form, and what was imported before."""
    with looking() as (session, _):
        return draw(
            "people/import.html",
            runs=roster.runs(session, limit=10),
            any_branch=bool(places.branches(session)),
        )


@blueprint.get("/members/template.xlsx")
@page("member.import")
def members_template() -> Any:
    """下载模板: with drop-downs of the present branches and grids."""
    with looking() as (session, _):
        branches = [branch.name for branch in places.branches(session)]
        grids = [grid.name for _, held in places.tree(session) for _, grids in held for grid in grids]
    return excel(roster_sheets.template(branches, grids), "党员名册导入模板.xlsx")


@blueprint.post("/members/import", endpoint="members_import_post")
@takes_files
@action("member.import", form=members_import)
def members_import_post() -> str:
    """Check the file against the table and show what would happen; nothing is written to the roster."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise Refused("请选择要导入的 Excel 文件")
    data, name = upload.read(), upload.filename
    plan = _plan(data)
    count_uploads("workbook", signed_in().id)
    key = uploads.keep(settings().data_dir, signed_in().id, name, data)
    return draw(
        "people/import_check.html",
        plan=plan,
        key=key,
        name=name,
        bad_rows=len({one.row for one in plan.errors}),
        errors=reasons.grouped(plan.errors),
        warnings=reasons.grouped(plan.warnings),
    )


@blueprint.post("/members/import/confirm", endpoint="members_confirm")
@action("member.import", form=members_import)
def members_confirm() -> Any:
    """Write what was checked: all, or the right rows only."""
    name, data = uploads.take(settings().data_dir, signed_in().id, request.form.get("key", ""))
    plan = _plan(data)
    if plan.errors and request.form.get("only_valid") != "yes":
        raise Refused("文件有错误行，请选择“仅导入正确行”或修改后重新上传")
    roster.carry_out(parts().db, plan, file_name=name, user=signed_in())
    uploads.drop(settings().data_dir, request.form.get("key", ""))
    skipped = f"，跳过错误 {len({one.row for one in plan.errors})} 行" if plan.errors else ""
    flash(
        f"导入完成：新增 {plan.created:,} 人，更新 {plan.updated:,} 人，未变 {plan.unchanged:,} 人{skipped}",
        "success",
    )
    return redirect(url_for("console.members"), 303)


@blueprint.post("/members/import/errors.xlsx")
@action("member.import", form=members_import)
def members_errors() -> Any:
    """The uploaded rows that are wrong, with the reasons beside them."""
    name, data = uploads.take(settings().data_dir, signed_in().id, request.form.get("key", ""))
    plan = _plan(data)
    book = roster_sheets.with_reasons(data, plan.sheet, plan.errors, max_rows=settings().limits.roster_rows)
    with acting() as (session, me):
        detail = {"errors": len(plan.errors)}
        audit.record(session, "member.errors", at=clock.now(), user=me, detail=detail)
    return excel(book, f"错误行_{name.rpartition('.')[0][:60]}.xlsx")


def _plan(data: bytes) -> roster.Plan:
    limits = settings().limits
    parsed = roster_file.parse(data, max_rows=limits.roster_rows, today=clock.shanghai_day(clock.now()))
    with looking() as (session, _):
        plan = roster.plan(session, parsed)
    if not plan.changes and not plan.unchanged and not plan.errors:
        raise Conflict("文件里没有可以导入的党员，请检查文件内容")
    return plan
