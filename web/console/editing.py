"""Writing an article: the form, its pictures, and the check that runs while one types."""

from __future__ import annotations

from typing import Any

from flask import flash, jsonify, redirect, request, url_for

from content import (
    assets,
    cleaning,
    columns,
    drafting,
    finding,
    lifecycle,
    pasting,
    pictures,
    revisions,
    wording,
)
from content.assets import AssetStore
from content.life import EDITABLE
from ground.errors import PioneerError, Refused
from models import Article, ArticleStatus
from web import security
from web.access import acting, action, keeps_typed, looking, only_looks, page, settings, signed_in
from web.console.face import blueprint, draw
from web.once import once
from web.sizes import takes_a_body, takes_files
from web.throttle import count_uploads


@blueprint.get("/articles/new")
@page("article.write")
@security.under(security.EDITOR)
def article_new() -> str:
    """An empty form."""
    with looking() as (session, me):
        return draw("articles/edit.html", article=None, columns=columns.listing(session), author=me.label)


@blueprint.post("/articles/new", endpoint="article_new_post")
@takes_a_body
@keeps_typed
@once
@action("article.write", form=article_new)
def article_new_post() -> Any:
    """The first save makes the draft."""
    fields = _fields()
    with acting() as (session, me):
        article = drafting.create(session, me, fields)
    flash("草稿已保存", "success")
    return redirect(url_for("console.article", article_id=article.id, saved="new"), 303)


@blueprint.get("/articles/<int:article_id>/edit")
@page("article.write")
@security.under(security.EDITOR)
def article_edit(article_id: int) -> Any:
    """The form with the article in it."""
    with looking() as (session, _):
        article = finding.get(session, article_id, full=True)
        if article.status not in EDITABLE or lifecycle.in_push(session, article_id):
            flash("稿件已排队、排期或发布，不能修改", "warning")
            return redirect(url_for("console.article", article_id=article_id), 303)
        return draw(
            "articles/edit.html",
            article=article,
            columns=columns.listing(session, with_inactive=True),
            author="",
        )


@blueprint.post("/articles/<int:article_id>/edit", endpoint="article_edit_post")
@takes_a_body
@keeps_typed
@action("article.write", form=article_edit)
def article_edit_post(article_id: int) -> Any:
    """Save over the version that the form showed."""
    fields = _fields()
    version = request.form.get("version", 0, type=int)
    with acting() as (session, me):
        article = drafting.save(
            session, article_id, me, fields, expected_version=version, limits=settings().wechat.limits
        )
    flash(_said(article), "success")
    return redirect(url_for("console.article", article_id=article_id, saved=article_id), 303)


def _said(article: Article) -> str:
    return "已保存，稿件需要重新审核" if article.status == ArticleStatus.IN_REVIEW else "已保存"


@blueprint.post("/articles/check")
@takes_a_body
@only_looks
@page("article.write")
def article_check() -> str:
    """What WeChat's limits and the wording check say to what stands in the form just now: a fragment."""
    fields = _fields()
    found = cleaning.lint(
        title=fields.title,
        author=fields.author,
        digest=fields.digest,
        html=fields.html,
        cover_sha256=fields.cover_sha256,
        source_url=fields.source_url,
        limits=settings().wechat.limits,
    )
    article_id = request.form.get("article_id", type=int)
    with looking() as (session, _):
        checked = wording.look(session, fields.title, fields.digest, fields.html, article_id=article_id)
        return draw("articles/findings.html", findings=found, checked=checked, writing=True)


@blueprint.post("/pictures")
@takes_files
@page("article.write")
def picture_upload() -> Any:
    """Take pictures for a body, or (``cover``) one that is cut to a cover; answers as the editor expects."""
    uploads = [upload for upload in request.files.values() if upload.filename]
    make = pictures.cover_of if request.args.get("cover") else pictures.prepare
    try:
        if not uploads:
            raise Refused("请选择图片")
        taken = [make(upload.read(), settings().wechat.limits) for upload in uploads]
        count_uploads("picture", signed_in().id, len(taken))
        AssetStore(settings().data_dir).put_all(taken)
        with acting() as (session, _):
            assets.remember(session, taken)
    except PioneerError as error:
        return jsonify(success=False, message=error.message), error.http_status
    return jsonify(
        success=True,
        pictures=[
            {"sha256": one.sha256, "url": cleaning.asset_url(one.sha256), "scaled": one.was_scaled}
            for one in taken
        ],
    )


def _fields() -> revisions.Fields:
    """What the form holds, the body cleaned already: no transaction waits for that."""
    form = request.form
    return revisions.Fields(
        title=form.get("title", ""),
        column_id=form.get("column_id", 0, type=int),
        author=form.get("author", ""),
        digest=form.get("digest", ""),
        html=pasting.cleaned(pasting.bounded(form.get("html", ""))),
        cover_sha256=form.get("cover_sha256") or None,
        source_url=form.get("source_url", ""),
    )
