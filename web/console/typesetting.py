"""排版 by one click: what it would change is answered, nothing is written."""

from __future__ import annotations

from typing import Any

from flask import jsonify, request

from content import comparing, pasting, typesetting
from ground.errors import PioneerError
from web.access import only_looks, page
from web.console.face import blueprint, draw
from web.sizes import takes_a_body


@blueprint.post("/articles/typeset")
@takes_a_body
@only_looks
@page("article.write")
def article_typeset() -> Any:
    """The body as it would be, and the places that change."""
    try:
        before = pasting.cleaned(pasting.bounded(request.form.get("html", "")))
    except PioneerError as error:
        return jsonify(message=error.message), error.http_status
    after = typesetting.typeset(before)
    changes = comparing.bodies(before, after)
    shown = draw("articles/changes.html", changes=changes, nothing="没有需要调整的地方")
    return jsonify(html=after, changes=shown, count=len(changes))
