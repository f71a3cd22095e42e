"""错敏词库: looked through by all who write and review, changed by the administrator; Excel in and out; its versions."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for

from accounts import users
from content.lexicon import keeping, sheets
from content.lexicon.keeping import Written
from content.proofing.entries import KIND_NAMES, Entry, EntryKind
from content.proofing.findings import SEVERITY_NAMES, Severity
from ground import clock
from ground.errors import Refused
from operations import uploads
from web import listing
from web.access import acting, action, looking, page, settings, signed_in
from web.console.face import blueprint, draw
from web.downloads import excel
from web.sizes import takes_files
from web.throttle import count_uploads

_STATES = (("on", "启用"), ("off", "停用"), ("expired", "例外已到期"))


@blueprint.get("/lexicon", endpoint="lexicon")
@page("lexicon.view")
def lexicon_page() -> str:
    """The present entries, what the office wrote before what came with the product."""
    asked = request.args
    with looking() as (session, _):
        place = listing.paging(20)
        words = asked.get("q", "").strip()[:40]
        found = listing.rows(
            keeping.listed(
                session,
                words=words,
                kind=asked.get("kind", ""),
                severity=asked.get("severity", ""),
                state=asked.get("state", ""),
                at=clock.now(),
            ),
            place,
        )
        last = keeping.versions(session).slice(0, 1)
        return draw(
            "lexicon/list.html", found=found, paging=place, kinds=KIND_NAMES, severities=SEVERITY_NAMES, states=_STATES,
            last=last[0] if last else None, names=users.labels(session), today=clock.shanghai_day(clock.now()),
        )  # fmt: skip


@blueprint.get("/lexicon/new", endpoint="lexicon_new")
@blueprint.get("/lexicon/<int:entry_id>", endpoint="lexicon_entry")
@page("lexicon.change")
def lexicon_form(entry_id: int | None = None) -> str:
    """The form for one entry."""
    with looking() as (session, _):
        entry = keeping.get(session, entry_id) if entry_id else None
        return draw("lexicon/entry.html", entry=entry, kinds=KIND_NAMES, severities=SEVERITY_NAMES)


@blueprint.post("/lexicon/new", endpoint="lexicon_new_post")
@blueprint.post("/lexicon/<int:entry_id>", endpoint="lexicon_entry_post")
@action("lexicon.change", form=lexicon_form)
def lexicon_save(entry_id: int | None = None) -> Any:
    """Save it: a new version of the lexicon."""
    written = _written()
    with acting() as (session, me):
        keeping.save(session, me, written, at=clock.now(), entry_id=entry_id)
    flash("已保存，立即生效", "success")
    return redirect(url_for("console.lexicon"), 303)


@blueprint.post("/lexicon/<int:entry_id>/switch")
@action("lexicon.change")
def lexicon_switch(entry_id: int) -> Any:
    """停用 or 启用 an entry."""
    active = request.form.get("active") == "yes"
    with acting() as (session, me):
        keeping.switch(session, me, entry_id, active=active, at=clock.now())
    flash("已启用" if active else "已停用", "success")
    return redirect(url_for("console.lexicon"), 303)


@blueprint.get("/lexicon/versions", endpoint="lexicon_versions")
@page("lexicon.view")
def lexicon_versions() -> str:
    """Every change with who and when."""
    with looking() as (session, _):
        place = listing.paging(20)
        found = listing.rows(keeping.versions(session), place)
        return draw("lexicon/versions.html", found=found, paging=place, names=users.labels(session))


@blueprint.get("/lexicon/versions/<int:number>", endpoint="lexicon_version")
@page("lexicon.view")
def lexicon_version(number: int) -> str:
    """What one version brought and ended."""
    with looking() as (session, _):
        version = keeping.version(session, number)
        brought, ended = keeping.changes(session, number, limit=200)
        return draw(
            "lexicon/version.html", version=version, brought=brought, ended=ended, kinds=KIND_NAMES,
            severities=SEVERITY_NAMES, names=users.labels(session),
        )  # fmt: skip


@blueprint.get("/lexicon.xlsx", endpoint="lexicon_export")
@page("lexicon.view")
def lexicon_export() -> Any:
    """导出: all present entries, to be changed in Excel and brought back."""
    with looking() as (session, _):
        rows = keeping.listed(session, at=clock.now()).slice(0, sheets.MAX_ROWS)
    return excel(sheets.workbook(rows), f"错敏词库_{clock.shanghai_day(clock.now()):%Y%m%d}.xlsx")


@blueprint.get("/lexicon/import", endpoint="lexicon_import")
@page("lexicon.change")
def lexicon_import() -> str:
    """The form that takes an Excel file."""
    return draw("lexicon/import.html")


@blueprint.post("/lexicon/import", endpoint="lexicon_import_post")
@takes_files
@action("lexicon.change", form=lexicon_import)
def lexicon_import_post() -> str:
    """Read it and show what it would do; nothing is written to the lexicon."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise Refused("请选择要导入的 Excel 文件")
    data, name = upload.read(), upload.filename
    found = _parsed(data)
    count_uploads("workbook", signed_in().id)
    with looking() as (session, _):
        plan = keeping.plan(session, found.rows)
    key = uploads.keep(settings().data_dir, signed_in().id, name, data)
    changed = [(after, sheets.differences(before, after)) for before, after in plan.updated]
    return draw(
        "lexicon/import_check.html", name=name, key=key, plan=plan, changed=changed, faults=found.faults,
        kinds=KIND_NAMES, severities=SEVERITY_NAMES,
    )  # fmt: skip


@blueprint.post("/lexicon/import/confirm", endpoint="lexicon_import_confirm")
@action("lexicon.change", form=lexicon_import)
def lexicon_import_confirm() -> Any:
    """Write what was shown: all, or the right rows only."""
    key = request.form.get("key", "")
    _, data = uploads.take(settings().data_dir, signed_in().id, key)
    found = _parsed(data)
    if found.faults and request.form.get("only_valid") != "yes":
        raise Refused("文件有错误行，请选择“仅导入正确行”或修改后重新上传")
    with acting() as (session, me):
        taken = keeping.take(session, me, found.rows, at=clock.now())
    uploads.drop(settings().data_dir, key)
    skipped = f"，跳过错误 {len(found.faults):,} 行" if found.faults else ""
    flash(
        f"导入完成：新增 {taken.created:,} 条，修改 {taken.updated:,} 条，未变 {taken.unchanged:,} 条{skipped}",
        "success",
    )
    return redirect(url_for("console.lexicon"), 303)


def _parsed(data: bytes) -> sheets.LexiconFile:
    return sheets.parse(data, today=clock.shanghai_day(clock.now()))


def _written() -> Written:
    form = request.form
    kind, severity = form.get("kind", ""), form.get("severity", "")
    if kind not in KIND_NAMES or severity not in SEVERITY_NAMES:
        raise Refused("请选择类型和处理方式")
    entry = Entry(
        kind=EntryKind(kind),
        text=form.get("text", ""),
        suggestion=form.get("suggestion", ""),
        reason=form.get("reason", ""),
        severity=Severity(severity),
        unless=tuple(word for word in form.get("apart", "").replace("／", "/").split("/") if word.strip()),
        order=form.get("rank", 0, type=int) if kind == EntryKind.PERSON else 0,
        until=_day(form.get("until", "")),
    )
    return Written(entry, form.get("active") == "yes")


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise Refused("到期日看不懂，请从日历中选择") from None
