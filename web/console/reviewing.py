"""审核: what waits for me, and the page on which one reads and decides."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from content import drafting, finding, review, wording
from content.life import stage_name
from ground.errors import Conflict
from models import Article, ArticleStatus
from web import listing
from web.access import acting, action, looking, page, settings
from web.console.face import blueprint, draw


@blueprint.get("/reviews")
@page("article.review")
def reviews() -> str:
    """What waits for me, or what I have decided."""
    with looking() as (session, me):
        place = listing.paging()
        mine = request.args.get("view") == "done"
        if mine:
            found: list[Any] = listing.rows(finding.decided_by(session, me), place)
        else:
            found = listing.sliced(review.awaiting(session, me, limit=500), place)
        return draw("articles/reviews.html", found=found, paging=place, done=mine)


@blueprint.get("/articles/<int:article_id>/review")
@page("article.review")
def article_review(article_id: int) -> Any:
    """The article as readers will see it, what the checks say, and the decision, bound to exactly this content."""
    with looking() as (session, me):
        article = finding.get(session, article_id, full=True)
        return draw(
            "articles/review.html",
            article=article,
            findings=drafting.findings(article, settings().wechat.limits),
            checked=wording.look_at(session, article),
            handed_in=wording.last_check(session, article),
            obstacle=review.obstacle(session, article, me),
            stages=review.stages(settings().limits),
        )


@blueprint.post("/articles/<int:article_id>/review", endpoint="article_review_post")
@action("article.review", form=article_review)
def article_review_post(article_id: int) -> Any:
    """通过, or 退回 with a reason; it names content and stage of the page that was read."""
    form = request.form
    seen, stage = form.get("hash", ""), form.get("stage", 0, type=int)
    if not seen or not stage:
        raise Conflict("提交的内容没有写明所审的是哪一版，请重新阅读下面的内容后再作决定")
    with acting() as (session, me):
        if form.get("decision") == "return":
            article = review.send_back(
                session,
                article_id,
                me,
                reason=form.get("reason", ""),
                expected_hash=seen,
                expected_stage=stage,
            )
        else:
            article = review.approve(
                session, article_id, me, limits=settings().limits, expected_hash=seen, expected_stage=stage
            )
        said = _said(article)
    flash(said, "success")
    return redirect(url_for("console.reviews"), 303)


@blueprint.post("/articles/<int:article_id>/revoke")
@action("article.review")
def article_revoke(article_id: int) -> Any:
    """Return an approved article that is not queued yet."""
    with acting() as (session, me):
        review.revoke(session, article_id, me, reason=request.form.get("reason", ""))
    flash("已退回修改", "success")
    return redirect(url_for("console.article", article_id=article_id), 303)


def _said(article: Article) -> str:
    if article.status == ArticleStatus.RETURNED:
        return "已退回修改"
    if article.status == ArticleStatus.IN_REVIEW:
        return f"已通过，转入{stage_name(article.stage)}"
    return "审核已全部通过，可以排队或推送"
