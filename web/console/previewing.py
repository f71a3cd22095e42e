"""发到手机预览: an article on the phones of those whose 微信号 is typed; nothing of them is kept."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from scheduler import previewing
from web.access import action, parts, signed_in
from web.console.articles import article
from web.console.face import blueprint
from web.once import once
from web.throttle import count_previews


@blueprint.post("/articles/<int:article_id>/preview", endpoint="article_preview")
@once
@action("article.preview", form=article)
def article_preview(article_id: int) -> Any:
    """Show it; what WeChat says of each who could not be shown it."""
    names = previewing.names_in(request.form.get("wechat_names", ""))
    count_previews(signed_in().id, len(names))
    shown = previewing.show(parts(), signed_in().id, article_id, names)
    for failed in shown.failed:
        flash(failed, "warning")
    if shown.to:
        flash(f"已发到 {shown.to} 个微信，请在公众号的会话里查看", "success")
    return redirect(url_for("console.article", article_id=article_id), 303)
