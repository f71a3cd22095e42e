"""审核: what waits for me, and the page on which one reads and decides."""

from __future__ import annotations

from typing import Any, NoReturn

from flask import flash, redirect, request, url_for

from content import comments, corrections, drafting, finding, releasing, review, stages, waiting, wording
from content.life import stage_name
from database.session import Session
from ground import clock
from ground.errors import Conflict
from models import Article, ArticleStatus, Release, ReleaseStatus, User
from web import listing
from web.access import acting, action, looking, page, settings
from web.console.face import blueprint, draw, to_do


@blueprint.get("/reviews")
@page("article.review")
def reviews() -> str:
    """What waits for me, or what I have decided."""
    now = clock.now()
    with looking() as (session, me):
        place = listing.paging()
        mine = request.args.get("view") == "done"
        waits = to_do(session, me).reviewing
        if mine:
            found: list[Any] = listing.rows(finding.decided_by(session, me), place)
        else:
            others = (one for one in waits.reviews if one not in waits.signatures)
            ids = (*waits.signatures, *waits.make_ups, *others)
            found = listing.sliced(waiting.articles(session, ids, limit=len(ids)), place)
        return draw(
            "articles/reviews.html",
            found=found,
            paging=place,
            done=mine,
            marks=releasing.marked(session, [one.id for one in found]) if not mine else {},
            waits=waits,
            instead_of=dict(waits.instead_of),
            now=now,
        )


@blueprint.get("/articles/<int:article_id>/review")
@page("article.review")
def article_review(article_id: int) -> Any:
    """The article as readers will see it, what the checks say, and the decision, bound to exactly this content.

    Of what a 紧急签发 let out the reviews that are missing are made up for here, by the save that was released.
    """
    now = clock.now()
    with looking() as (session, me):
        article = finding.get(session, article_id, full=True)
        released = releasing.open_of(session, article_id)
        return draw(
            "articles/review.html",
            article=article,
            findings=drafting.findings(article, settings().wechat.limits),
            checked=wording.look_at(session, article, at=now),
            handed_in=wording.last_check(session, article),
            correction=corrections.corrects(session, article_id),
            stages=stages.demanded(session, article, settings().limits),
            comments=comments.shown(session, article),
            releases=(releases := releasing.of_article(session, article_id)),
            faults=releasing.faults(session, releases),
            released=released,
            expired=released is not None and releasing.expired(released, now),
            now=now,
            **_what_to_read(session, article, released, me),
        )


def _what_to_read(session: Session, article: Article, found: Release | None, me: User) -> dict[str, Any]:
    """Which save, for which stage, bound to which content, and who may; of a 补审 it is what was released."""
    now, told = clock.now(), dict[str, Any]()
    if found is not None and found.status == ReleaseStatus.RELEASED:
        seats = releasing.seats(session, article, found, me, at=now)
        told |= {
            "stage": found.stage,
            "version": found.version,
            "hash": found.content_hash,
            "making_up": True,
        }
    else:
        seats = review.seats(session, article, me, at=now)
        told |= {"stage": article.stage, "version": article.version, "hash": article.hash, "making_up": False}
    other = None if isinstance(seats.mine, str) else seats.mine.instead_of
    return told | {
        "obstacle": seats.obstacle,
        "instead_of": other.label if other is not None else None,
        "able": seats.able,
        "may_sign": releasing.may_sign(session, article, found, me, seats, at=now),
    }


@blueprint.post("/articles/<int:article_id>/review", endpoint="article_review_post")
@action("article.review", form=article_review)
def article_review_post(article_id: int) -> Any:
    """通过, or 退回 with a reason; it names content and stage of the page that was read."""
    form = request.form
    seen, stage = _seen(), _seen_stage()
    with acting() as (session, me):
        if form.get("decision") == "return":
            article = review.send_back(
                session,
                article_id,
                me,
                reason=form.get("reason", ""),
                expected_hash=seen,
                expected_stage=stage,
                at=clock.now(),
            )
        else:
            article = review.approve(
                session,
                article_id,
                me,
                limits=settings().limits,
                opinion=form.get("reason", ""),
                expected_hash=seen,
                expected_stage=stage,
                at=clock.now(),
            )
        said = _said(article)
    flash(said, "success")
    return redirect(url_for("console.reviews"), 303)


@blueprint.post("/articles/<int:article_id>/release")
@action("article.review", form=article_review)
def article_release(article_id: int) -> Any:
    """紧急签发: sign as the first or the second person, for the content of the page that was read."""
    form, seen = request.form, _seen()
    with acting() as (session, me):
        found = releasing.release(
            session,
            article_id,
            me,
            reason=form.get("urgency", ""),
            limits=settings().limits,
            expected_hash=seen,
            at=clock.now(),
        )
        asked = found.status == ReleaseStatus.ASKED
        corrected = corrections.corrects(session, article_id) is not None
    done = "更正已经生效" if corrected else "已紧急签发，可以排队或推送"
    flash("您已签发，另一位审核员签发后生效" if asked else f"{done}，请在 24 小时内补审", "success")
    return redirect(url_for("console.article", article_id=article_id), 303)


@blueprint.post("/articles/<int:article_id>/release/drop")
@action("article.review", form=article_review)
def article_release_drop(article_id: int) -> Any:
    """取消 a 紧急签发 that nobody has joined yet."""
    with acting() as (session, me):
        releasing.drop(session, article_id, me, at=clock.now())
    flash("已取消紧急签发", "success")
    return redirect(url_for("console.article", article_id=article_id), 303)


def _fault(article_id: int, seen: str | None, stage: int | None) -> Any:
    """补审发现问题."""
    with acting() as (session, me):
        releasing.find_fault(
            session,
            article_id,
            me,
            reason=request.form.get("reason", ""),
            expected_hash=seen,
            expected_stage=stage,
            at=clock.now(),
        )
        back = finding.get(session, article_id).status == ArticleStatus.RETURNED
    flash("已退回修改" if back else "已记录发现的问题，请编辑办理更正或撤回", "success")
    return redirect(url_for("console.article", article_id=article_id), 303)


@blueprint.post("/articles/<int:article_id>/countersign")
@action("article.review", form=article_review)
def article_countersign(article_id: int) -> Any:
    """补审."""
    form = request.form
    seen, stage = _seen(), _seen_stage()
    if form.get("decision") == "fault":
        return _fault(article_id, seen, stage)
    with acting() as (session, me):
        found = releasing.countersign(
            session,
            article_id,
            me,
            opinion=form.get("reason", ""),
            expected_hash=seen,
            expected_stage=stage,
            at=clock.now(),
        )
        left = releasing.missing(found)
    flash(f"已补审，还须补{'、'.join(left)}" if left else "已全部补审", "success")
    return redirect(url_for("console.reviews"), 303)


@blueprint.post("/articles/<int:article_id>/revoke")
@action("article.review")
def article_revoke(article_id: int) -> Any:
    """Return an approved article that is not queued yet."""
    with acting() as (session, me):
        review.revoke(session, article_id, me, reason=request.form.get("reason", ""), at=clock.now())
    flash("已退回修改", "success")
    return redirect(url_for("console.article", article_id=article_id), 303)


def _seen() -> str:
    """The content that the page showed: nobody decides on what happens to be stored."""
    return request.form.get("hash", "") or _unread()


def _seen_stage() -> int:
    return request.form.get("stage", 0, type=int) or _unread()


def _unread() -> NoReturn:
    raise Conflict("提交的内容没有写明所审的是哪一版，请重新阅读下面的内容后再作决定")


def _said(article: Article) -> str:
    if article.status == ArticleStatus.RETURNED:
        return "已退回修改"
    if article.status == ArticleStatus.IN_REVIEW:
        return f"已通过，转入{stage_name(article.stage)}"
    if article.status == ArticleStatus.ARCHIVED:
        return "审核已全部通过，更正已经生效"
    return "审核已全部通过，可以排队或推送"
