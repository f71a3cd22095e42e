"""The body of an article as a page of its own, for a sandboxed frame: nothing in it runs, asks or sends.

Every page of the console that shows a body shows it through here, by article and version, so that what a reviewer reads is
exactly the save that the page around it names.
"""

from __future__ import annotations

from html import escape
from typing import Any

from flask import Response, jsonify, request

from content import compiling, finding, pasting, revisions
from ground.errors import Refused
from web import security
from web.access import looking, only_looks, page
from web.console.face import blueprint, draw
from web.sizes import takes_a_body


@blueprint.get("/articles/<int:article_id>/body/<int:version>")
@page("article.view")
@security.under(security.BODY)
def article_body(article_id: int, version: int) -> str:
    """One save of an article as it looks on a phone."""
    with looking() as (session, _):
        found: Any = finding.get(session, article_id)
        if found.version != version:
            found = revisions.one(session, article_id, version)
        return drawn(found.title, found.author, found.html)


@blueprint.get("/articles/preview")
@page("article.write")
@security.under(security.BODY)
def article_preview_page() -> str:
    """The page into which the editor puts what the check draws (:func:`web.console.editing.article_check`)."""
    return drawn("", "", "")


@blueprint.post("/articles/paste")
@takes_a_body
@only_looks
@page("article.write")
def article_paste() -> Any:
    """What of a pasted piece may stay, and what was lost: the browser takes in nothing that was not cleaned.

    What cannot be cleaned is answered 422, and the browser takes the plain text instead.
    """
    try:
        found = pasting.pasted(request.form.get("html", ""), ours=request.form.get("ours") == "yes")
    except Refused as refused:
        return Response(refused.message, 422, mimetype="text/plain")
    return jsonify(html=found.html, notices=found.notices)


@blueprint.app_template_filter("cleaned")
def cleaned(body: str) -> str:
    """A body as it may stand in the editor's form, be it stored from before a rule or typed and refused a moment ago.

    What cannot be cleaned in time stands there as its source: nothing that was typed is lost. Of what is too long to be kept the
    beginning stands there; the browser has the whole still.
    """
    try:
        return pasting.cleaned(pasting.bounded(body))
    except Refused:
        return f"<p>{escape(body[: pasting.MAX_KEPT], quote=False)}</p>"


def drawn(title: str, author: str, body: str) -> str:
    """The page of a body that was cleaned, as WeChat's compiler makes it."""
    return draw("articles/body.html", title=title, author=author, body=compiling.for_page(body))
