"""订阅通知 on the reader's pages: the signature under which WeChat shows its button, and what the button saw.

A page that has the button stands under a policy of its own and never waits for WeChat: its script asks for the signature.
"""

from __future__ import annotations

from typing import Any

from flask import g, jsonify, make_response, request
from werkzeug.wrappers import Response as AnyResponse

from ground import clock
from ground.errors import NotFound, PioneerError
from scheduler import notice_consents
from scheduler.notice_consents import Offer
from web import security
from web.files import vendor
from web.reader.mine import own_only
from web.reader.pages import blueprint, runtime


def on_page(kind: str) -> dict[str, Any]:
    """What a page needs to ask for this kind of notice (``offer`` None: it does not ask); the page may then run its script."""
    offer = notice_consents.offer(runtime().settings, kind)
    if offer is None:
        return {"offer": None, "local_phone": "", "vendor": vendor}
    g.with_script = g.with_component = True
    return {"offer": offer, "local_phone": security.local_phone(runtime().settings), "vendor": vendor}


def left(offer: Offer | None) -> int | None:
    """How many notices the visitor can still be sent; None where nothing is offered."""
    if offer is None:
        return None
    with runtime().db.read_scope() as session:
        return notice_consents.left(session, runtime().settings, offer, g.visitor, at=clock.now())


@blueprint.get("/notices/sign")
def notices_sign() -> AnyResponse:
    """The signature of one of our pages, for ``wx.config``; ``page`` exactly as the browser has it."""
    page, settings = request.args.get("page", ""), runtime().settings
    ours = bool(settings.server.base_url) and page.startswith(f"{settings.server.base_url}/m/")
    if not ours or not notice_consents.offers(settings):
        raise NotFound("没有这个页面")
    try:
        signed = runtime().client.jsapi_config(page)
    except PioneerError as error:
        answer = make_response(jsonify(said=error.message), 503)
    else:
        answer = jsonify(
            appId=signed.app_id,
            timestamp=signed.timestamp,
            nonceStr=signed.nonce,
            signature=signed.signature,
        )
    answer.headers["Cache-Control"] = "no-store"
    return answer


@blueprint.post("/me/notices", endpoint="me_notices_post")
@own_only
def me_notices_post() -> AnyResponse:
    """The button saw the visitor's answer; WeChat does not tell each by an event."""
    offer = notice_consents.offer(runtime().settings, request.form.get("kind", ""))
    status = request.form.get("status", "")
    if offer is None or status not in ("accept", "reject"):
        raise NotFound("没有这种通知")
    with runtime().db.session_scope() as session:
        notice_consents.seen(session, offer, g.visitor, accepted=status == "accept", at=clock.now())
    return make_response("", 204)
