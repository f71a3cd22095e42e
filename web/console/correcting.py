"""更正与撤回 of what is out: asked for, done, and their register."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from content import corrections, finding
from content.life import CORRECTION
from ground import clock
from scheduler import notifying, removing, roads
from scheduler.roads import Content
from web import listing
from web.access import acting, action, looking, page, settings
from web.console.face import blueprint, draw
from web.once import once


@blueprint.get("/corrections", endpoint="corrections")
@page("article.view")
def corrections_page() -> str:
    """更正与撤回登记, the latest first."""
    status = request.args.get("status", "")
    with looking() as (session, _):
        place = listing.paging()
        found = listing.rows(corrections.register(session, status=status), place)
        return draw(
            "articles/corrections.html", found=found, paging=place, statuses=CORRECTION.labels,
            removals=removing.of_corrections(session, [one.id for one in found]),
            notified=notifying.notified(session, found), now=clock.now(),
        )  # fmt: skip


@blueprint.get("/articles/<int:article_id>/correct")
@page("article.write")
def article_correct(article_id: int) -> str:
    """The form that begins a correction: why, and what readers will read."""
    with looking() as (session, _):
        return draw("articles/correct.html", article=finding.get(session, article_id), retracting=False)


@blueprint.post("/articles/<int:article_id>/correct", endpoint="article_correct_post")
@action("article.write", form=article_correct)
def article_correct_post(article_id: int) -> Any:
    """开始更正: on to the editor, with the published text in it."""
    form = request.form
    with acting() as (session, me):
        draft = corrections.begin(
            session,
            article_id,
            me,
            reason=form.get("reason", ""),
            note_=form.get("note", ""),
            at=clock.now(),
        )
    flash("请在这里改好后提交审核，全部通过后自动替换已发布的内容", "success")
    return redirect(url_for("console.article_edit", article_id=draft.id), 303)


@blueprint.get("/articles/<int:article_id>/retract")
@page("article.write")
def article_retract(article_id: int) -> str:
    """The form that asks for a retraction."""
    with looking() as (session, _):
        return draw("articles/correct.html", article=finding.get(session, article_id), retracting=True)


@blueprint.post("/articles/<int:article_id>/retract", endpoint="article_retract_post")
@action("article.write", form=article_retract)
def article_retract_post(article_id: int) -> Any:
    """申请撤回."""
    form = request.form
    with acting() as (session, me):
        corrections.ask_to_retract(
            session,
            article_id,
            me,
            reason=form.get("reason", ""),
            note_=form.get("note", ""),
            at=clock.now(),
        )
    flash("已申请撤回，另一位审核员同意后立即生效", "success")
    return redirect(url_for("console.article", article_id=article_id), 303)


@blueprint.post("/corrections/<int:correction_id>/retract")
@action("article.review", form=corrections_page)
def correction_retract(correction_id: int) -> Any:
    """同意撤回."""
    with acting() as (session, me):
        article = corrections.retract(
            session, correction_id, me, seen=request.form.get("note"), at=clock.now()
        )
    flash("已撤回，手机页面已显示撤回说明，正在请求微信删除", "success")
    return redirect(url_for("console.article", article_id=article.id), 303)


@blueprint.post("/corrections/<int:correction_id>/drop")
@action("article.write", form=corrections_page)
def correction_drop(correction_id: int) -> Any:
    """取消 a correction or a retraction that is not done."""
    with acting() as (session, me):
        found = corrections.drop(session, correction_id, me, at=clock.now())
    flash("已取消，已发布的内容不变", "success")
    return redirect(url_for("console.article", article_id=found.article_id), 303)


@blueprint.post("/removals/<int:removal_id>/again")
@action("article.review", form=corrections_page)
def removal_again(removal_id: int) -> Any:
    """再次请求微信删除."""
    with acting() as (session, me):
        removing.again(session, removal_id, me, at=clock.now())
    flash("已再次请求微信删除，结果稍后显示在这里", "success")
    return redirect(url_for("console.corrections"), 303)


@blueprint.post("/removals/<int:removal_id>/by-hand")
@action("article.review", form=corrections_page)
def removal_by_hand(removal_id: int) -> Any:
    """已在公众平台手动删除."""
    with acting() as (session, me):
        removing.by_hand(session, removal_id, me, at=clock.now())
    flash("已登记为手动删除", "success")
    return redirect(url_for("console.corrections"), 303)


@blueprint.post("/removals/<int:removal_id>/ask")
@action("article.review", form=corrections_page)
def removal_ask(removal_id: int) -> Any:
    """请求微信删除更正前的图文."""
    with acting() as (session, me):
        removing.ask(session, removal_id, me, at=clock.now())
    flash("已请求微信删除，结果稍后显示在这里", "success")
    return redirect(url_for("console.corrections"), 303)


@blueprint.post("/removals/<int:removal_id>/mended")
@action("article.review", form=corrections_page)
def removal_mended(removal_id: int) -> Any:
    """已在公众平台手动修改."""
    with acting() as (session, me):
        removing.mend(session, removal_id, me, at=clock.now())
    flash("已登记为手动修改", "success")
    return redirect(url_for("console.corrections"), 303)


@blueprint.get("/corrections/<int:correction_id>/note")
@page("article.write")
def correction_note(correction_id: int) -> str:
    """The form that changes what readers will read, as long as nothing took effect."""
    with looking() as (session, _):
        return draw("articles/correction_note.html", one=corrections.get_one(session, correction_id))


@blueprint.post("/corrections/<int:correction_id>/note", endpoint="correction_note_post")
@action("article.write", form=correction_note)
def correction_note_post(correction_id: int) -> Any:
    """修改说明."""
    form = request.form
    with acting() as (session, me):
        found = corrections.reword(
            session,
            correction_id,
            me,
            note_=form.get("note", ""),
            seen=form.get("seen", ""),
            at=clock.now(),
        )
    flash("已保存给读者的说明，生效后读者看到的就是这一段", "success")
    return redirect(url_for("console.article", article_id=found.article_id), 303)


@blueprint.get("/articles/<int:article_id>/notify")
@page(notifying.RIGHT)
def article_notify(article_id: int) -> str:
    """通知收到过的读者: how many got it, whom a notice reaches now and whom not, and what it says."""
    with looking() as (session, _):
        found = notifying.latest(session, article_id)
        return draw(
            "articles/notify.html", article=found.article, one=found, reasons=notifying.REASONS,
            reach=notifying.reach(session, settings(), found, at=clock.now()),
            done=notifying.notified(session, [found]).get(found.id),
            text=notifying.text(settings(), found), cost=roads.cost(Content.ARTICLES, settings().wechat.limits),
        )  # fmt: skip


@blueprint.post("/articles/<int:article_id>/notify", endpoint="article_notify_post")
@once
@action(notifying.RIGHT, form=article_notify)
def article_notify_post(article_id: int) -> Any:
    """Tell them."""
    with acting() as (session, me):
        count = notifying.notify(session, settings(), article_id, me, at=clock.now())
    flash(f"已通知 {count:,} 位读者，送达情况稍后显示在这里", "success")
    return redirect(url_for("console.article_notify", article_id=article_id), 303)
