"""党支部、社区与网格、关注者: lists, QR codes, and the import of places."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flask import flash, redirect, request, send_file, url_for

from accounts import users
from community import (
    branch_names,
    follower_sync,
    followers,
    places,
    places_file,
    privacy,
    sync_runs,
    tag_names,
    tags,
)
from ground import clock
from ground.errors import NotFound, Refused
from web import listing
from web.access import acting, action, looking, page, parts, settings, signed_in
from web.console.face import blueprint, draw
from web.sizes import takes_files


@blueprint.get("/branches", endpoint="branches")
@page("place.view")
def branches_page() -> str:
    """Every branch with members, bound members and its QR code."""
    with looking() as (session, me):
        own = users.own_branch(me)
        return draw(
            "people/branches.html",
            found=places.summaries(session, branch_id=own),
            names=branch_names.listed(session) if users.may(me, "place.import") else [],
        )


@blueprint.post("/branches/names/<int:name_id>/remove", endpoint="branch_name_remove")
@action("place.import")
def branch_name_remove(name_id: int) -> Any:
    """Forget what rosters call a branch."""
    with acting() as (session, me):
        name = branch_names.forget(session, me, name_id, at=clock.now())
    flash(f"已删除“{name}”，名册里再写这个名称时会重新询问", "success")
    return redirect(url_for("console.branches"), 303)


@blueprint.get("/branches/<int:branch_id>/name")
@page("place.import")
def branch_name(branch_id: int) -> str:
    """The full name, and the one that people read."""
    with looking() as (session, _):
        return draw("people/branch_name.html", branch=places.branch(session, branch_id))


@blueprint.post("/branches/<int:branch_id>/name", endpoint="branch_name_post")
@action("place.import", form=branch_name)
def branch_name_post(branch_id: int) -> Any:
    """Keep it; the branch's tag at WeChat is called the same."""
    with acting() as (session, me):
        before = tag_names.tag_name(places.branch(session, branch_id))
        name, short = (request.form.get(field, "") for field in ("name", "short_name"))
        one = branch_names.rename(session, me, branch_id, name=name, short_name=short, at=clock.now())
        label, tag_id, tag = one.label, one.tag_id, tag_names.tag_name(one)
    flash(f"已保存，各处显示为“{label}”", "success")
    if said := tag_names.call_anew(parts().client, tag_id, before, tag):
        flash(said, "warning")
    return redirect(url_for("console.branches"), 303)


@blueprint.get("/branches/<int:branch_id>/qr")
@page("place.view")
def branch_qr(branch_id: int) -> str:
    """The page with the branch's QR code, to be shown or printed."""
    with looking() as (session, me):
        users.require(me, "place.view", branch_id)
        return draw("people/qr.html", branch=places.branch(session, branch_id))


@blueprint.post("/branches/<int:branch_id>/qr", endpoint="branch_qr_make")
@action("system.manage")
def branch_qr_make(branch_id: int) -> Any:
    """Ask WeChat for a lasting code with the branch's scene, and keep its picture."""
    with looking() as (session, _):
        scene = places.branch(session, branch_id).scene
    code = parts().client.qrcode_create(scene)
    _picture(branch_id).unlink(missing_ok=True)
    with acting() as (session, me):
        places.keep_code(session, me, branch_id, code.ticket, at=clock.now())
    flash("二维码已生成", "success")
    return redirect(url_for("console.branch_qr", branch_id=branch_id), 303)


@blueprint.get("/branches/<int:branch_id>/qr.jpg")
@page("place.view")
def branch_qr_picture(branch_id: int) -> Any:
    """The picture of the code: asked of WeChat once, then from our own file."""
    with looking() as (session, me):
        users.require(me, "place.view", branch_id)
        ticket = places.branch(session, branch_id).qr_ticket
    if not ticket:
        raise NotFound("还没有生成二维码")
    path = _picture(branch_id)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(parts().client.qrcode_picture(ticket))
    return send_file(path, mimetype=_kind(path.read_bytes()), download_name=f"branch-{branch_id}", max_age=0)


def _picture(branch_id: int) -> Path:
    return settings().data_dir / "qr" / f"branch-{branch_id}"


def _kind(data: bytes) -> str:
    return (
        "image/png"
        if data.startswith(b"\x89PNG")
        else "image/svg+xml"
        if data.lstrip().startswith(b"<")
        else "image/jpeg"
    )


@blueprint.get("/places", endpoint="places")
@page("place.view")
def places_page() -> str:
    """片区、社区、网格 as a tree."""
    with looking() as (session, _):
        return draw("people/places.html", tree=places.tree(session))


@blueprint.get("/places/import")
@page("place.import")
def places_import() -> str:
    """The form for the workbook of places."""
    return draw("people/places_import.html", errors=[])


@blueprint.post("/places/import", endpoint="places_import_post")
@takes_files
@action("place.import", form=places_import)
def places_import_post() -> Any:
    """Write it, or show what is wrong with Excel's row numbers."""
    upload = request.files.get("file")
    if upload is None or not upload.filename:
        raise Refused("请选择要导入的 Excel 文件")
    found = places_file.parse(upload.read())
    if found.errors:
        return draw("people/places_import.html", errors=found.errors), 422
    with acting() as (session, me):
        places.write(session, found, at=clock.now(), user=me)
    flash(f"导入完成：网格 {len(found.grids)} 个，党支部 {len(found.branches)} 个", "success")
    return redirect(url_for("console.places"), 303)


@blueprint.get("/followers", endpoint="followers")
@page("follower.view")
def followers_page() -> str:
    """How many follow and are bound, and a masked list."""
    with looking() as (session, _):
        place = listing.paging(20)
        found, place.total = followers.page(session, number=place.page, size=place.size)
        place.page = min(place.page, place.pages)
        return draw(
            "people/followers.html", found=found, paging=place, counts=followers.counts(session),
            mask_openid=privacy.mask_openid, mask_name=privacy.mask_name, last=sync_runs.last(session),
            tagging=tags.waiting(session), heard=followers.heard_of(session, found),
        )  # fmt: skip


@blueprint.post("/followers/sync")
@action("follower.sync")
def followers_sync() -> Any:
    """Pull the list and the tags from WeChat now."""
    report = follower_sync.sync(parts().db, parts().client, user=signed_in())
    drift = f"，标签有 {report.tag_changes:,} 处与名册不同，正在改正" if report.tag_changes else ""
    flash(
        f"同步完成：关注者 {report.following:,} 人，新增 {report.added:,} 人，离开 {report.left:,} 人{drift}",
        "success",
    )
    return redirect(url_for("console.followers"), 303)
