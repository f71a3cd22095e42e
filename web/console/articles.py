"""稿件: the list, one article with its way so far, its saves; import from Word; what moves it on."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import flash, redirect, request, url_for

from content import (
    assets,
    batches,
    columns,
    comments,
    corrections,
    drafting,
    finding,
    importing,
    lifecycle,
    queue,
    releasing,
    review,
    revisions,
    stages,
    wording,
)
from content.assets import AssetStore
from content.life import ARTICLE
from content.search import answering, asking, find
from ground import clock
from ground.errors import Refused
from scheduler import finding as carrying
from scheduler import notifying, removing, unscheduling, upcoming
from web import listing
from web.access import acting, action, back_to, looking, page, settings, signed_in
from web.console.batches import begun, is_batch
from web.console.face import blueprint, draw
from web.once import once
from web.sizes import takes_files
from web.throttle import count_uploads


@blueprint.get("/articles", endpoint="articles")
@page("article.view")
def articles_list() -> str:
    """全部稿件, the latest change first."""
    with looking() as (session, _):
        place, query, within = listing.paging(), request.args.get("q", "").strip()[:300], _within()
        asked = asking.read(query)
        order = find.NEWEST if request.args.get("order") == find.NEWEST else find.BEST
        late_at = clock.now() if request.args.get("mark") == "late" else None
        found = listing.rows(
            find.office(session, asked, within, order=order)
            if query
            else finding.listed(session, where=within.where(), late_at=late_at),
            place,
        )
        shown = columns.listing(session, with_inactive=True)
        when = upcoming.times(session, settings(), found, at=clock.now())
        return draw(
            "articles/list.html", found=found, paging=place, columns=shown, statuses=ARTICLE.labels, when=when,
            marks=releasing.marked(session, [one.id for one in found]), now=clock.now(),
            hits=answering.marked(session, asked, found) if query else {}, order=order, orders=find.ORDERS,
            note=answering.note_on(asked, query),
            tries=answering.hints(session, asked, office=True) if query and not found else [],
        )  # fmt: skip


def _within() -> find.Within:
    """Where the query says to look; a day that is none, and a status that is none, are as if not said."""
    asked = request.args
    status = asked.get("status", "")
    return find.Within(
        asked.get("column", ""), status if status in ARTICLE.labels else "", _day("since"), _day("until")
    )


def _day(name: str) -> date | None:
    try:
        return date.fromisoformat(request.args.get(name, ""))
    except ValueError:
        return None


@blueprint.get("/articles/import")
@page("article.write")
def article_import() -> str:
    """The form that takes a Word file."""
    with looking() as (session, me):
        return draw(
            "articles/import.html", columns=columns.listing(session), latest=batches.latest(session, me)
        )


@blueprint.post("/articles/import", endpoint="article_import_post")
@takes_files
@once
@action("article.write", form=article_import)
def article_import_post() -> Any:
    """A Word file becomes a draft: read and pictures written first, then rows in one transaction. Several become a batch."""
    uploads = [upload for upload in request.files.getlist("file") if upload.filename]
    if not uploads:
        raise Refused("请选择要导入的 Word 文件")
    if is_batch(uploads):
        return begun(uploads, request.form.get("column", ""))
    upload = uploads[0]
    with looking() as (session, me):
        column = drafting.column_for_new(session, me, request.form.get("column", ""))
    draft = importing.read_word(
        upload.read(),
        upload.filename or "",
        settings().wechat.limits,
        upload_mb=settings().limits.upload_mb,
        column_key=column.key,
    )
    count_uploads("picture", signed_in().id, len(draft.all_pictures))
    AssetStore(settings().data_dir).put_all(draft.all_pictures)
    with acting() as (session, me):
        assets.remember(session, draft.all_pictures, at=clock.now())
        fields = revisions.Fields(
            title=draft.title, column_id=column.id, author=draft.author, digest=draft.digest, html=draft.html,
            cover_sha256=draft.cover.sha256,
        )  # fmt: skip
        article = drafting.create(
            session,
            me,
            fields,
            warnings=draft.warnings,
            imported_pictures=len(draft.pictures),
            at=clock.now(),
        )
    remarks = f"有 {len(draft.warnings)} 条导入提示，" if draft.warnings else ""
    flash(f"已导入，{remarks}请核对后提交审核", "success")
    return redirect(url_for("console.article_edit", article_id=article.id), 303)


@blueprint.get("/articles/<int:article_id>")
@page("article.view")
def article(article_id: int) -> str:
    """One article: how it will look, where it stands, what may be done next."""
    now = clock.now()
    with looking() as (session, me):
        found = finding.get(session, article_id, full=True)
        done = corrections.of_article(session, article_id)
        seats = review.seats(session, found, me, at=now)
        return draw(
            "articles/show.html",
            article=found,
            findings=drafting.findings(found, settings().wechat.limits),
            checked=wording.look_at(session, found, at=now),
            handed_in=wording.last_check(session, found),
            obstacle=seats.obstacle,
            able=seats.able,
            stages=stages.demanded(session, found, settings().limits),
            comments=comments.shown(session, found),
            releases=(releases := releasing.of_article(session, article_id)),
            faults=releasing.faults(session, releases),
            now=now,
            pushes=carrying.of_article(session, article_id, limit=10),
            in_push=lifecycle.in_push(session, article_id),
            corrections=done,
            removals=removing.of_corrections(session, [one.id for one in done]),
            notified=notifying.notified(session, done),
            correction=corrections.corrects(session, article_id),
            held_by=carrying.pending_with(session, [article_id]),
            goes_at=upcoming.times(session, settings(), [found], at=now).get(article_id),
        )


@blueprint.post("/articles/<int:article_id>/confirm", endpoint="article_confirm")
@action("article.write", form=article)
def article_confirm(article_id: int) -> Any:
    """核实: let findings stand, each with its reason."""
    form = request.form
    reasons = {
        name.removeprefix("reason-"): text for name, text in form.items() if name.startswith("reason-")
    }
    with acting() as (session, me):
        count = wording.confirm(
            session, article_id, me, reasons, expected_hash=form.get("hash") or None, at=clock.now()
        )
    flash(f"已记录 {count} 条核实理由，审核员可以看到", "success")
    return redirect(url_for("console.article", article_id=article_id), 303)


@blueprint.post("/articles/<int:article_id>/submit")
@action("article.write")
def article_submit(article_id: int) -> Any:
    """提交审核, bound to what the page showed."""
    with acting() as (session, me):
        shown = request.form.get("hash") or None
        review.submit(
            session, article_id, me, limits=settings().wechat.limits, expected_hash=shown, at=clock.now()
        )
    flash("已提交一审", "success")
    return redirect(url_for("console.article", article_id=article_id), 303)


@blueprint.post("/articles/<int:article_id>/withdraw")
@action("article.write")
def article_withdraw(article_id: int) -> Any:
    """撤回送审: back to a draft."""
    with acting() as (session, me):
        review.withdraw(session, article_id, me, at=clock.now())
    flash("已撤回送审，稿件回到草稿", "success")
    return redirect(url_for("console.article", article_id=article_id), 303)


@blueprint.post("/articles/<int:article_id>/archive")
@action("article.write")
def article_archive(article_id: int) -> Any:
    """归档 an article that will not be used."""
    with acting() as (session, me):
        lifecycle.archive(session, article_id, me, at=clock.now())
    flash("已归档", "success")
    return redirect(url_for("console.articles"), 303)


@blueprint.post("/articles/<int:article_id>/bring-back")
@action("article.write", form=article)
def article_bring_back(article_id: int) -> Any:
    """取消归档."""
    with acting() as (session, me):
        found = lifecycle.bring_back(session, article_id, me, at=clock.now())
        said = "已取消归档，重新出现在栏目列表中" if found.published_at else "已取消归档，回到草稿"
    flash(said, "success")
    return redirect(url_for("console.article", article_id=article_id), 303)


@blueprint.post("/articles/<int:article_id>/unschedule")
@action("push.control", form=article)
def article_unschedule(article_id: int) -> Any:
    """撤出排期: out of the pushes that hold it."""
    with acting() as (session, me):
        done = unscheduling.unschedule(session, settings(), article_id, me, at=clock.now())
    flash(done.said, "success")
    return redirect(url_for("console.article", article_id=article_id), 303)


@blueprint.post("/articles/<int:article_id>/queue")
@action("article.queue")
def article_enqueue(article_id: int) -> Any:
    """排入待发队列: the next free slot of its column takes it."""
    with acting() as (session, me):
        queue.enqueue(session, article_id, me, at=clock.now())
    flash("已排入待发队列", "success")
    return redirect(back_to(url_for("console.queue")), 303)


@blueprint.post("/articles/<int:article_id>/unqueue")
@action("article.queue")
def article_dequeue(article_id: int) -> Any:
    """撤出待发队列."""
    with acting() as (session, me):
        queue.dequeue(session, article_id, me, at=clock.now())
    flash("已撤出待发队列", "success")
    return redirect(back_to(url_for("console.queue")), 303)
