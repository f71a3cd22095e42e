"""历史版本: every save of an article, what changed from one to the other, and the way back to it."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from accounts import users
from content import columns, comparing, drafting, finding, keeping, revisions
from content.life import EDITABLE
from ground import clock
from web.access import acting, action, looking, page, settings
from web.console.face import blueprint, draw


@blueprint.get("/articles/<int:article_id>/history")
@page("article.view")
def article_history(article_id: int) -> str:
    """历史版本: every save with who and when."""
    with looking() as (session, _):
        found = finding.get(session, article_id, full=True)
        saves = revisions.kept(session, article_id)
        links = revisions.changed_links(saves)
        return draw(
            "articles/history.html", article=found, saves=saves, links=links, names=users.labels(session)
        )


@blueprint.get("/articles/<int:article_id>/history/<int:version>")
@page("article.view")
def article_version(article_id: int, version: int) -> str:
    """An earlier save, as it would have looked, and what differs from the one before it (or from ``against``)."""
    with looking() as (session, _):
        found = finding.get(session, article_id, full=True)
        save = revisions.one(session, article_id, version)
        against = request.args.get("against", version - 1, type=int)
        other = revisions.one(session, article_id, against) if against >= 1 else None
        old, new = sorted([save, other], key=lambda one: one.version) if other else (None, save)
        names = {one.id: one.name for one in columns.listing(session, with_inactive=True)}
        can_restore = version != found.version and found.status in EDITABLE
    changes = []
    if old is not None:
        was, now = revisions.fields_of_save(old), revisions.fields_of_save(new)
        changes = [*comparing.facts(was, now, names), *comparing.bodies(was.html, now.html)]
    return draw(
        "articles/version.html", article=found, save=save, against=against, changes=changes,
        can_restore=can_restore, nothing="两个版本的内容相同" if other else "这是第一个版本，没有可以对比的",
    )  # fmt: skip


@blueprint.post("/articles/<int:article_id>/history/<int:version>/restore")
@action("article.write")
def article_restore(article_id: int, version: int) -> Any:
    """恢复这一版: it becomes the newest version; none of those in between goes."""
    seen = request.form.get("version", 0, type=int)
    with acting() as (session, me):
        drafting.restore(
            session,
            article_id,
            me,
            version,
            expected_version=seen,
            limits=settings().wechat.limits,
            at=clock.now(),
        )
        keeping.forget(session, me, article_id)
    flash(f"已恢复第 {version} 版的内容", "success")
    return redirect(url_for("console.article", article_id=article_id, saved=article_id), 303)
