"""转群包 at ``/m/me/kits``: what the reader may pass on to a group, in two taps: the text copied, the poster saved.

A poster has an address of its own that cannot be guessed, for WeChat fetches a picture that is saved without the visit.
"""

from __future__ import annotations

from flask import g, redirect, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from ground import clock
from ground.paper import poster
from scheduler import kits as services
from web.reader.mine import draw, own_only
from web.reader.pages import blueprint, runtime


@blueprint.get("/me/kits")
@own_only
def kits() -> AnyResponse:
    """All that waits, and what was said to be passed on."""
    with runtime().db.read_scope() as session:
        settings = runtime().settings
        found = [
            services.shown(session, settings, kit)
            for kit in services.of_follower(session, g.visitor, at=clock.now())
        ]
    return draw("reader/kits.html", found=[one for one in found if one.items])


@blueprint.get("/me/kits/<token>")
@own_only
def kit(token: str) -> AnyResponse:
    """One: text, poster, link."""
    with runtime().db.read_scope() as session:
        row = services.get(session, token, at=clock.now(), follower_id=g.visitor)
        found = services.shown(session, runtime().settings, row)
    g.with_script = True  # copies the text; without it the text can be marked and copied by hand
    return draw("reader/kit.html", kit=found, thanked=request.args.get("said") == "1")


@blueprint.post("/me/kits/<token>", endpoint="kit_post")
@own_only
def kit_post(token: str) -> AnyResponse:
    """已转发."""
    with runtime().db.session_scope() as session:
        row = services.get(session, token, at=clock.now(), follower_id=g.visitor)
        services.forwarded(session, row, at=clock.now())
    return redirect(url_for("reader.kit", token=token, said=1), 303)


@blueprint.get("/kit/<token>/<int:number>.png")
def kit_poster(token: str, number: int) -> AnyResponse:
    """The poster of what stands at this place, from 1."""
    with runtime().db.read_scope() as session:
        row = services.get(session, token, at=clock.now())
        words = services.shown(session, runtime().settings, row).words(number)
    answer = AnyResponse(poster.png(words), mimetype="image/png")
    answer.headers["Cache-Control"] = "private, max-age=600"
    answer.headers["X-Robots-Tag"] = "noindex"
    answer.headers["Content-Disposition"] = f'inline; filename="kit-{number}.png"'
    return answer
