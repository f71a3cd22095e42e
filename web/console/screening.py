"""签到屏: the page that runs full-screen in the hall, with a code that changes every twenty seconds."""

from __future__ import annotations

from typing import Any

import segno
from flask import flash, jsonify, redirect, request, url_for

from community import activities, own_links, screen_codes, screens
from ground import clock
from web import security
from web.access import acting, action, looking, page, parts
from web.console.face import blueprint, draw
from web.proxies import network_of


@blueprint.get("/activities/<int:activity_id>/screen")
@security.lends("fullscreen", "screen-wake-lock")
@page("checkin.record")
def activity_screen(activity_id: int) -> Any:
    """The screen; before there is one, the form that begins it."""
    with looking() as (session, me):
        found = activities.get(session, activity_id, user=me)
        screen = screens.find(session, activity_id)
        if screen is None or "set" in request.args or request.method == "POST":
            return draw("activities/screen_set.html", activity=found, screen=screen)
        shown = screens.shown(session, me, found, screen, at=clock.now())
        scans = own_links.by_wechat(session, parts().settings)
        code_only = screen.code_only
        drawn = draw(
            "activities/screen.html", activity=found, shown=shown, scans=scans, code_only=code_only,
            qr=_qr(shown.link), seconds=screen_codes.SECONDS, times=activities.state_name(found, clock.now()),
        )  # fmt: skip
    with acting() as (session, _):
        if (screen := screens.find(session, activity_id)) is not None:
            screens.stands_in(session, screen, network_of(request.remote_addr or ""))
    return drawn


@blueprint.get("/activities/<int:activity_id>/screen/now")
@page("checkin.record")
def activity_screen_now(activity_id: int) -> Any:
    """What the screen asks for every two seconds: the code, how long it stays, how many are in; ``qr`` where the code is new."""
    with looking() as (session, me):
        found = activities.get(session, activity_id, user=me)
        screen = screens.find(session, activity_id)
        if screen is None:
            return jsonify(phase="stopped", said="签到屏已停用")
        shown = screens.shown(session, me, found, screen, at=clock.now())
    is_new = request.args.get("seen") != shown.link
    return jsonify(
        phase=str(shown.phase), said=shown.said, code=shown.code, link=shown.link, left=round(shown.left, 1), came=shown.came,
        qr=_qr(shown.link) if is_new else None,
    )  # fmt: skip


@blueprint.post("/activities/<int:activity_id>/screen", endpoint="activity_screen_post")
@action("checkin.record", form=activity_screen)
def activity_screen_post(activity_id: int) -> Any:
    """Begin it, or say anew whether the plain 签到 counts."""
    only = request.form.get("code_only") == "yes"
    with acting() as (session, me):
        screens.start(session, me, activity_id, code_only=only, at=clock.now())
    return redirect(url_for("console.activity_screen", activity_id=activity_id), 303)


@blueprint.post("/activities/<int:activity_id>/screen/stop")
@action("checkin.record")
def activity_screen_stop(activity_id: int) -> Any:
    """No code counts any more."""
    with acting() as (session, me):
        screens.stop(session, me, activity_id, at=clock.now())
    flash("签到屏已停用，原来的签到码作废，回复“签到”照常有效", "success")
    return redirect(url_for("console.activity", activity_id=activity_id), 303)


def _qr(link: str) -> dict[str, Any] | None:
    """The QR code of a link as one path, which the page puts in the place of the one before: nothing is added to it for hours."""
    if not link:
        return None
    address = f"{parts().settings.server.base_url}{url_for('reader.arrive', mark=link)}"
    rows = list(segno.make(address, error="m", micro=False).matrix_iter(border=2))
    path = "".join(
        f"M{left} {top}h1v1h-1z" for top, row in enumerate(rows) for left, dark in enumerate(row) if dark
    )
    return {"size": len(rows), "path": path}
