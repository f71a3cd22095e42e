"""批注: what a reviewer says of a passage, and what the writer answers."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from content import comments
from ground import clock
from web.access import acting, action, back_to
from web.console.face import blueprint
from web.console.reviewing import article_review
from web.once import once


@blueprint.post("/articles/<int:article_id>/comments", endpoint="comment_make")
@once
@action("article.review", form=article_review)
def comment_make(article_id: int) -> Any:
    """Say something of a passage of what is read."""
    form = request.form
    with acting() as (session, me):
        comments.make(
            session,
            article_id,
            me,
            quote=form.get("quote", ""),
            text=form.get("text", ""),
            expected_hash=form.get("hash") or None,
            at=clock.now(),
        )
    flash("批注已保存，作者可以看到", "success")
    return redirect(url_for("console.article_review", article_id=article_id, _anchor="comments"), 303)


@blueprint.post("/comments/<int:comment_id>/answer")
@action("article.write")
def comment_answer(comment_id: int) -> Any:
    """答复."""
    with acting() as (session, me):
        found = comments.answer(session, comment_id, me, request.form.get("text", ""), at=clock.now())
    flash("答复已保存", "success")
    return redirect(url_for("console.article", article_id=found.article_id, _anchor="comments"), 303)


@blueprint.post("/comments/<int:comment_id>/settle")
@action("article.view")
def comment_settle(comment_id: int) -> Any:
    """标为已处理."""
    with acting() as (session, me):
        found = comments.settle(session, comment_id, me, at=clock.now())
    flash("已标为已处理", "success")
    return redirect(back_to(url_for("console.article", article_id=found.article_id)), 303)
