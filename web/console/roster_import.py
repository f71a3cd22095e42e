"""导入党员名册 in four steps (upload, check and correct, confirm, result), and 撤销本次导入.

What a user corrects (which column is which, which branch is meant by a name) travels in the forms, so that the way back and a
second window show what they showed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from flask import flash, redirect, request, url_for

from accounts import audit
from community import branch_names, places, privacy, reasons, roster, roster_file, roster_sheets, roster_undo
from community.roster_columns import COLUMNS, REQUIRED, letter
from community.roster_file import RosterFile
from ground import clock
from ground.errors import Conflict, Refused
from ground.numbers import number_in
from operations import uploads
from web.access import acting, action, looking, only_looks, page, parts, settings, signed_in
from web.console.face import blueprint, draw
from web.downloads import excel
from web.sizes import takes_files
from web.throttle import count_uploads


@dataclass(frozen=True)
class Corrections:
    """What a user says about a file: field → column (from 0; -1: none), name of a branch in the file → branch (0: none).

    ``struck``: rows that are struck out are meant too.
    """

    columns: Mapping[str, int] = field(default_factory=dict)
    meant: Mapping[str, int] = field(default_factory=dict)
    struck: bool = False

    @classmethod
    def posted(cls) -> Corrections:
        """Those of the form that was posted."""
        columns = {
            name: int(text)
            for name in COLUMNS
            if (text := request.form.get(f"column-{name}", "")).removeprefix("-").isdecimal()
            and len(text) < 5
        }
        pairs = (pair.partition(":") for pair in request.form.getlist("meant"))
        meant = {name: number for ident, _, name in pairs if (number := number_in(ident)) is not None}
        return cls(columns, meant, struck=request.form.get("struck") == "yes")

    @property
    def fields(self) -> list[tuple[str, str]]:
        """Names and values of the hidden fields that carry them on."""
        columns = [(f"column-{name}", str(at)) for name, at in self.columns.items()]
        struck = [("struck", "yes")] if self.struck else []
        return [*columns, *struck, *(("meant", f"{ident}:{name}") for name, ident in self.meant.items())]


@blueprint.get("/members/import")
@page("member.import")
def members_import() -> str:
    """The form, and what was imported before."""
    with looking() as (session, _):
        runs, at = roster.runs(session, limit=10), clock.now()
        return draw(
            "people/import.html",
            runs=runs,
            undoable=roster_undo.undoable(session, runs, at=at, limits=settings().limits),
            until=lambda run: roster_undo.until(run, settings().limits),
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
        raise Refused("请选择要导入的名册文件")
    data, name = upload.read(), upload.filename
    file = _parsed(data, Corrections())
    count_uploads("workbook", signed_in().id)
    key = uploads.keep(settings().data_dir, signed_in().id, name, data)
    return _preview(file, Corrections(), name, key)


@blueprint.post("/members/import/check", endpoint="members_check")
@only_looks
@action("member.import", form=members_import)
def members_check() -> str:
    """The same again, with the columns and branches as the user corrected them."""
    name, data, key = _taken()
    corrections = Corrections.posted()
    return _preview(_parsed(data, corrections), corrections, name, key)


@blueprint.post("/members/import/branch", endpoint="members_branch")
@action("member.import", form=members_import)
def members_branch() -> str:
    """Make the branch of which the file speaks and that there is not, then check again."""
    name, data, key = _taken()
    with acting() as (session, me):
        made = places.add_branch(session, me, request.form.get("branch", ""), at=clock.now()).label
    flash(f"已新建党支部“{made}”，名册已重新校验", "success")
    corrections = Corrections.posted()
    return _preview(_parsed(data, corrections), corrections, name, key)


@blueprint.post("/members/import/confirm", endpoint="members_confirm")
@action("member.import", form=members_import)
def members_confirm() -> Any:
    """Write what was checked: all, or the right rows only."""
    name, data, key = _taken()
    corrections = Corrections.posted()
    plan = _planned(_parsed(data, corrections, lenient=False), corrections)
    if plan.errors and request.form.get("only_valid") != "yes":
        raise Refused("文件有错误行，请选择“仅导入正确行”或修改后重新上传")
    roster.carry_out(parts().db, plan, file_name=name, user=signed_in())
    with acting() as (session, me):
        branch_names.remember(session, me, plan.meant, at=clock.now())
    uploads.drop(settings().data_dir, key)
    skipped = f"，跳过错误 {plan.bad_rows:,} 行" if plan.errors else ""
    moved = f"（其中 {len(plan.moved):,} 人改变党支部）" if plan.moved else ""
    hours = settings().limits.roster_undo_hours
    flash(
        f"导入完成：新增 {plan.created:,} 人，更新 {plan.updated:,} 人{moved}，未变 {plan.unchanged:,} 人{skipped}；"
        f"{hours} 小时内可以在“导入”页撤销",
        "success",
    )
    return redirect(url_for("console.members"), 303)


@blueprint.post("/members/import/errors.xlsx")
@action("member.import", form=members_import)
def members_errors() -> Any:
    """The uploaded rows that are wrong, with the reasons beside them."""
    name, data, _ = _taken()
    corrections = Corrections.posted()
    file = _parsed(data, corrections, lenient=False)
    plan = _planned(file, corrections)
    most = settings().limits.roster_rows
    book = roster_sheets.with_reasons(data, file.sheet, file.labels, plan.errors, max_rows=most)
    with acting() as (session, me):
        detail = {"errors": len(plan.errors)}
        audit.record(session, "member.errors", at=clock.now(), user=me, detail=detail)
    return excel(book, f"错误行_{name.rpartition('.')[0][:60]}.xlsx")


@blueprint.get("/members/import/<int:run_id>/undo")
@page("member.import")
def members_undo(run_id: int) -> str:
    """What undoing an import would come to."""
    with looking() as (session, me):
        planned = roster_undo.look(session, me, run_id, at=clock.now(), limits=settings().limits)
        return draw("people/import_undo.html", planned=planned, mask_name=privacy.mask_name)


@blueprint.post("/members/import/<int:run_id>/undo", endpoint="members_undo_post")
@action("member.import")
def members_undo_post(run_id: int) -> Any:
    """Bring back what it changed."""
    done = roster_undo.undo(parts().db, signed_in(), run_id, limits=settings().limits)
    kept = f"，{done.touched:,} 人之后有变动，保持不变" if done.touched else ""
    flash(f"已撤销导入：移出新增的 {done.added:,} 人，恢复 {done.changed:,} 人原来的内容{kept}", "success")
    return redirect(url_for("console.members_import"), 303)


def _taken() -> tuple[str, bytes, str]:
    key = request.form.get("key", "")
    return *uploads.take(settings().data_dir, signed_in().id, key), key


def _parsed(data: bytes, corrections: Corrections, *, lenient: bool = True) -> RosterFile:
    return roster_file.parse(
        data,
        max_rows=settings().limits.roster_rows,
        today=clock.shanghai_day(clock.now()),
        columns=corrections.columns,
        lenient=lenient,
        struck=corrections.struck,
    )


def _planned(file: RosterFile, corrections: Corrections) -> roster.Plan:
    with looking() as (session, _):
        plan = roster.plan(session, file, meant=corrections.meant)
    if not plan.changes and not plan.unchanged and not plan.errors:
        raise Conflict("文件里没有可以导入的党员，请检查文件内容")
    return plan


def _preview(file: RosterFile, corrections: Corrections, name: str, key: str) -> str:
    plan = None if file.missing else _planned(file, corrections)
    with looking() as (session, _):
        known = [(branch.id, branch.label) for branch in places.branches(session)]
    carried = [("key", key), *corrections.fields]
    return draw(
        "people/import_check.html",
        file=file,
        plan=plan,
        name=name,
        carried=carried,
        struck=corrections.struck,
        columns=[(one, labels[0], one in REQUIRED) for one, labels in COLUMNS.items()],
        options=[(at, f"{letter(at)} 列 {label}".strip()) for at, label in enumerate(file.labels)],
        missing=[COLUMNS[one][0] for one in file.missing],
        one_branch=roster_file.ONE_BRANCH if "branch" in file.missing else "",
        branches=known,
        mapped=[
            (said, dict(known).get(ident, ""), [*_without(carried, said), ("meant", f"0:{said}")])
            for said, ident in (plan.meant if plan else {}).items()
        ],
        mask_name=privacy.mask_name,
        errors=reasons.grouped(plan.errors) if plan else [],
        warnings=reasons.grouped(plan.warnings) if plan else [],
    )


def _without(carried: Sequence[tuple[str, str]], said: str) -> list[tuple[str, str]]:
    """The same fields, but that nothing is said about this name of a branch."""
    return [(name, text) for name, text in carried if name != "meant" or text.partition(":")[2] != said]
