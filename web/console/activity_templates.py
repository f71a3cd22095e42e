"""活动模板: the office's own wording of what activities are announced from."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, url_for

from community import templates
from community.templates import Template
from ground import clock
from ground.errors import Refused
from web.access import acting, action, looking, page
from web.console.face import blueprint, draw

_TEXTS = ("name", "purpose", "voluntary", "question", "expects")


@blueprint.get("/activities/templates", endpoint="activity_templates")
@page("activity.template")
def templates_page() -> str:
    """All of them, those that are not offered as well."""
    with looking() as (session, _):
        return draw("activities/templates.html", found=templates.listing(session, with_inactive=True))


@blueprint.get("/activities/templates/<key>", endpoint="activity_template")
@page("activity.template")
def template_page(key: str) -> str:
    """One, to be worded."""
    with looking() as (session, _):
        return draw("activities/template.html", one=templates.get(session, key))


@blueprint.post("/activities/templates/<key>", endpoint="activity_template_post")
@action("activity.template", form=template_page)
def template_post(key: str) -> Any:
    """Put the wording in force, for activities that will be announced from it."""
    form = request.form
    wanted = Template(
        key=key, kind="", **{name: form.get(name, "") for name in _TEXTS},
        minutes=_number("minutes", "时长"), keep_months=_number("keep_months", "保留期"),
        sign_up=form.get("sign_up") == "yes", active=form.get("active") == "yes",
    )  # fmt: skip
    with acting() as (session, me):
        made = templates.reword(session, me, wanted, override=form.get("override", ""), at=clock.now())
    flash(f"已保存“{made.name}”，以后新建的活动按新的内容填写，已有的活动不变", "success")
    return redirect(url_for("console.activity_templates"), 303)


def _number(name: str, word: str) -> int:
    text = request.form.get(name, "").strip()
    if not text.isascii() or not text.isdigit() or len(text) > 6:
        raise Refused(f"{word}应为数字")
    return int(text)
