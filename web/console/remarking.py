"""留言: what readers wrote under an article at WeChat, and what the office does about it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from content import finding
from content.trail import ACTION_NAMES
from ground.errors import NotFound
from scheduler import remarks
from web import listing
from web.access import action, looking, page, parts, signed_in
from web.console.face import blueprint, draw


@blueprint.get("/articles/<int:article_id>/remarks")
@page(remarks.RIGHT)
def article_remarks(article_id: int) -> str:
    """The comments of one message that carried the article, as WeChat has them just now."""
    with looking() as (session, _):
        article = finding.get(session, article_id)
        messages = remarks.sent(session, article_id)
        switched = remarks.switched(session, article_id)
    chosen = remarks.of(messages, request.args.get("sent", type=int)) if messages else None
    place, found = listing.paging(20), remarks.Remarks()
    if chosen:
        found = remarks.listed(parts().client, chosen, begin=place.offset, count=place.size)
        place.total = found.total
    return draw(
        "articles/remarks.html", article=article, messages=messages, chosen=chosen, found=found, switched=switched,
        paging=place, reply_chars=remarks.REPLY_CHARS,
    )  # fmt: skip


@blueprint.post("/articles/<int:article_id>/remarks/<int:delivery_id>/<deed>")
@action(remarks.RIGHT, form=article_remarks)
def article_remark_do(article_id: int, delivery_id: int, deed: str) -> Any:
    """One of :data:`remarks.DEEDS`."""
    if deed not in remarks.DEEDS:
        raise NotFound("没有这种操作")
    form = request.form
    wanted = remarks.Deed(deed, form.get("comment", 0, type=int), form.get("text", "").strip())
    remarks.do(parts(), signed_in().id, article_id, delivery_id, wanted)
    flash(f"已{ACTION_NAMES[f'remark.{deed}']}", "success")
    return redirect(url_for("console.article_remarks", article_id=article_id, sent=delivery_id), 303)
