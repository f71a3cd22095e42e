"""搜索 for readers: one page, drawn by the server, that works without a script."""

from __future__ import annotations

from flask import request
from werkzeug.wrappers import Response as AnyResponse

from content import columns
from content.search import answering, find
from web.reader.pages import blueprint, page, runtime

_PAGE = 10
_LAST_PAGE = 100


@blueprint.get("/search")
def search() -> AnyResponse:
    """What was found by ``q``, ten articles a page; the best first, or the newest."""
    query = request.args.get("q", "")[:300].strip()
    order = request.args.get("order", "")
    order = order if order in find.ORDERS else find.BEST
    number = min(max(request.args.get("page", 1, type=int), 1), _LAST_PAGE)
    with runtime().db.read_scope() as session:
        shown = columns.shown(session)
        answer = answering.for_readers(
            session, query, columns=[column.id for column in shown], order=order, number=number, size=_PAGE
        )
    return page(
        "reader/search.html",
        query=query,
        answer=answer,
        order=order,
        orders=find.ORDERS,
        older=answer.has_older(_PAGE),
    )
