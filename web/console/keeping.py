"""While somebody writes: what is typed is kept every few seconds, and who has the article open is known. Answers are JSON."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import jsonify, request

from content import holding, keeping
from content.holding import Holder
from ground import clock
from ground.errors import PioneerError
from web.access import acting, page
from web.console.face import blueprint
from web.console.filled import fields
from web.sizes import takes_a_body
from web.wording import near

V = TypeVar("V", bound=Callable[..., Any])


def _in_json(view: V) -> V:
    """A view that a script asks: what is refused is a sentence in JSON, not a page."""

    @wraps(view)
    def answered(**values: Any) -> Any:
        try:
            return jsonify(view(**values))
        except PioneerError as error:
            return jsonify(message=error.message), error.http_status

    return cast(V, answered)


@blueprint.post("/articles/keep")
@takes_a_body
@page("article.write")
@_in_json
def article_keep() -> Any:
    """Keep what stands in the form, beside the versions."""
    typed = fields()
    article_id = _article()
    with acting() as (session, me):
        base = request.form.get("version", 0, type=int)
        draft = keeping.keep(session, me, article_id, typed, base_version=base, at=clock.now())
        holder = holding.hold(session, article_id, me, _tab(), at=clock.now()) if article_id else None
        return {"at": near(draft.saved_at), "holder": _told(holder)}


@blueprint.post("/articles/hold")
@page("article.write")
@_in_json
def article_hold() -> Any:
    """This window writes in the article, or who else does; ``over`` takes it from them, ``go`` leaves it."""
    article_id, how = _article() or 0, request.form.get("how", "")
    with acting() as (session, me):
        if how == "go":
            holding.release(session, article_id, me, _tab())
            return {}
        held = holding.hold(session, article_id, me, _tab(), take_over=how == "over", at=clock.now())
        return {"holder": _told(held)}


@blueprint.post("/articles/forget")
@page("article.write")
@_in_json
def article_forget() -> Any:
    """What was kept is not wanted."""
    with acting() as (session, me):
        keeping.forget(session, me, _article())
    return {}


def _article() -> int | None:
    return request.form.get("article", type=int)


def _tab() -> str:
    return request.form.get("tab", "")[:32]


def _told(holder: Holder | None) -> dict[str, Any] | None:
    if holder is None:
        return None
    who = "您在另一个窗口" if holder.me and not holder.mine else holder.label
    silent_s = int((clock.now() - holder.seen_at).total_seconds())
    return {
        "mine": holder.mine,
        "me": holder.me,
        "who": who,
        "since": near(holder.since),
        "silent_s": silent_s,
        "version": holder.version,
    }
