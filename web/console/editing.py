"""Writing an article: the form, and the check that runs while one types."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, request, url_for

from content import (
    cleaning,
    columns,
    comments,
    compiling,
    corrections,
    drafting,
    finding,
    keeping,
    review,
    wording,
)
from content.life import EDITABLE
from ground import clock
from ground.errors import PioneerError
from models import Article, ArticleStatus
from web import security
from web.access import acting, action, keeps_typed, looking, only_looks, page, settings
from web.console.bodies import drawn
from web.console.face import blueprint, draw
from web.console.filled import fields
from web.once import once
from web.sizes import takes_a_body


@blueprint.get("/articles/new")
@page("article.write")
@security.under(security.EDITOR)
def article_new() -> str:
    """An empty form."""
    with looking() as (session, me):
        draft = keeping.kept(session, me, None)
        return draw(
            "articles/edit.html", article=None, columns=columns.listing(session), author=me.label, draft=draft
        )


@blueprint.post("/articles/new", endpoint="article_new_post")
@takes_a_body
@keeps_typed
@once
@action("article.write", form=article_new)
def article_new_post() -> Any:
    """The first save makes the draft."""
    typed = fields()
    with acting() as (session, me):
        article = drafting.create(session, me, typed, at=clock.now())
        keeping.forget(session, me, None)
    return _after_save(article.id, "new", "草稿已保存")


@blueprint.get("/articles/<int:article_id>/edit")
@page("article.write")
@security.under(security.EDITOR)
def article_edit(article_id: int) -> Any:
    """The form with the article in it."""
    with looking() as (session, me):
        article = finding.get(session, article_id, full=True)
        if article.status not in EDITABLE:
            flash("稿件已排队、排期或发布，不能修改；还没有发出的可以先撤出队列或排期", "warning")
            return redirect(url_for("console.article", article_id=article_id), 303)
        correction = corrections.corrects(session, article_id)
        return draw(
            "articles/edit.html",
            article=article,
            columns=[article.column] if correction else columns.listing(session, with_inactive=True),
            author="",
            draft=keeping.kept(session, me, article_id),
            correction=correction,
            comments=comments.shown(session, article),
        )


@blueprint.post("/articles/<int:article_id>/edit", endpoint="article_edit_post")
@takes_a_body
@keeps_typed
@action("article.write", form=article_edit)
def article_edit_post(article_id: int) -> Any:
    """Save over the version that the form showed."""
    typed = fields()
    version = request.form.get("version", 0, type=int)
    with acting() as (session, me):
        before = finding.get(session, article_id).status
        article = drafting.save(
            session,
            article_id,
            me,
            typed,
            expected_version=version,
            limits=settings().wechat.limits,
            at=clock.now(),
        )
        keeping.forget(session, me, article_id)
    return _after_save(article_id, str(article_id), _said(before, article))


def _after_save(article_id: int, draft: str, said: str) -> Any:
    """Back to the form, or, with the button that also submits, on to the reviewers; what they would not take is said there."""
    if request.form.get("then") == "submit":
        try:
            with acting() as (session, me):
                review.submit(session, article_id, me, limits=settings().wechat.limits, at=clock.now())
        except PioneerError as error:
            flash(f"已保存，还不能提交审核：{error.message}", "danger")
        else:
            flash("已提交一审", "success")
            return redirect(url_for("console.article", article_id=article_id, saved=draft), 303)
    else:
        flash(said, "success")
    return redirect(url_for("console.article_edit", article_id=article_id, saved=draft), 303)


def _said(before: str, article: Article) -> str:
    if before != article.status and article.status == ArticleStatus.DRAFT:
        return "已保存，稿件回到草稿，请重新提交审核"
    return "已保存，稿件需要重新审核" if article.status == ArticleStatus.IN_REVIEW else "已保存"


@blueprint.post("/articles/check")
@takes_a_body
@only_looks
@page("article.write")
def article_check() -> Any:
    """What WeChat's limits and the wording check say to what stands in the form just now: a fragment.

    With ``page`` in the form it brings the page as WeChat gets it, as text for the frame: the body is cleaned once for both.
    """
    try:
        typed = fields()
    except PioneerError as error:
        return Response(error.message, error.http_status, mimetype="text/plain")
    found = cleaning.lint(
        title=typed.title,
        author=typed.author,
        digest=typed.digest,
        html=typed.html,
        cover_sha256=typed.cover_sha256,
        source_url=typed.source_url,
        limits=settings().wechat.limits,
    )
    article_id = request.form.get("article_id", type=int)
    with looking() as (session, _):
        return draw(
            "articles/findings.html",
            findings=found,
            checked=wording.look(
                session, typed.title, typed.digest, typed.html, article_id=article_id, at=clock.now()
            ),
            writing=True,
            article_id=article_id,
            page=drawn(typed.title, typed.author, typed.html) if request.form.get("page") else "",
            size=compiling.counts(compiling.for_wechat(typed.html, compiling.StandInUrls())),
        )
