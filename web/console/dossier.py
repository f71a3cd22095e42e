"""An article's papers: its whole story; its 审核登记表, to look at, to print and as PDF."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any

import segno
from flask import redirect, request, send_file, url_for

from community import places
from content import finding
from ground import clock
from ground.errors import Refused
from operations.dossier import form as forms
from operations.dossier import sheet
from operations.dossier.form import Form
from operations.dossier.story import story
from web.access import looking, page, settings
from web.console.face import blueprint, draw

_MOST = 100
PDF = "application/pdf"


@blueprint.get("/articles/<int:article_id>/story")
@page("article.view")
def article_story(article_id: int) -> str:
    """办理经过: all that happened to an article."""
    with looking() as (session, _):
        found = finding.get(session, article_id)
        return draw("articles/story.html", article=found, events=story(session, article_id))


@blueprint.get("/articles/<int:article_id>/register")
@page("article.view")
def article_register(article_id: int) -> str:
    """The form of one article, as it will be printed."""
    (found,) = _forms([article_id])
    address = sheet.check_address(found, settings().server.base_url)
    picture = segno.make(address, error="m").svg_data_uri(scale=3, border=1, dark="#000", light="#fff")
    return draw("articles/register.html", form=found, rows=list(sheet.rows(found)), picture=picture)


@blueprint.get("/articles/registers")
@page("article.view")
def article_registers() -> str:
    """What went out within some days, to be printed together."""
    first, last, problem = _span()
    with looking() as (session, _):
        found = [] if problem else forms.went_out(session, first, last, limit=_MOST + 1)
        return draw(
            "articles/registers.html", found=found[:_MOST], more=len(found) > _MOST, most=_MOST, first=first,
            last=last, problem=problem,
        )  # fmt: skip


@blueprint.get("/articles/registers.pdf")
@page("article.view")
def article_registers_pdf() -> Any:
    """The forms of the articles ``id=``, in this order, a page each."""
    ids = list(dict.fromkeys(request.args.getlist("id", type=int)))
    if not ids:
        return redirect(url_for("console.article_registers"), 303)
    if len(ids) > _MOST:
        raise Refused(f"一次最多打印 {_MOST} 篇，现在选了 {len(ids)} 篇，请分几次打印")
    found = _forms(ids)
    made = sheet.pdf(found, base_url=settings().server.base_url, at=clock.now())
    named = found[0].number if len(found) == 1 else f"{len(found)}篇"
    name = f"时代先锋云_{sheet.TITLE}_{named}.pdf"
    return send_file(BytesIO(made), mimetype=PDF, as_attachment=True, download_name=name, max_age=0)


def _forms(ids: list[int]) -> list[Form]:
    with looking() as (session, _):
        called = places.called(session)
        return [forms.form(session, one, settings().limits, called, at=clock.now()) for one in ids]


def _span() -> tuple[date, date, str]:
    """The days asked for, this month if none, and what is wrong with them."""
    today = clock.shanghai_day(clock.now())
    try:
        first = date.fromisoformat(request.args.get("first") or today.replace(day=1).isoformat())
        last = date.fromisoformat(request.args.get("last") or today.isoformat())
    except ValueError:
        return today.replace(day=1), today, "日期没有写对，请重新选择"
    if not date(2000, 1, 1) <= first <= last <= date(9000, 1, 1):
        return today.replace(day=1), today, "开始日期应不晚于结束日期，请重新选择"
    return first, last, ""
