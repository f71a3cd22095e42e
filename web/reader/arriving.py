"""现场签到 at ``/m/me/in``: where the QR code of a screen leads. a 服务号 learns who opens it, a 公众号 says what to reply."""

from __future__ import annotations

from flask import g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from community import activities, arriving, own_links
from ground import clock
from ground.errors import NotFound
from web.proxies import network_of
from web.reader import mine, visit
from web.reader.pages import blueprint, frame, runtime
from web.security import PAGE
from web.wording import near

_GONE = "请再扫一次会场屏幕上现在的二维码。扫码后请在 5 分钟内点“签到”"


@blueprint.get("/me/in/<mark>")
def arrive(mark: str) -> AnyResponse:
    """A fresh code lets this browser on to the button, by way of WeChat's page where it is not known who reads."""
    at = clock.now()
    with runtime().db.read_scope() as session:
        found = arriving.opened(session, mark, at=at)
        by_wechat = own_links.by_wechat(session, runtime().settings)
        title, digits = (found.activity.title, found.typed) if found.activity else ("", "")
    if found.activity is None:
        return _private(_draw("reader/arrive_said.html", 410, heading="没有签到", message=found.problem))
    if not by_wechat:
        return _private(_draw("reader/arrive_reply.html", title=title, digits=digits))
    known = visit.visitor() is not None
    answer = redirect(url_for("reader.arrive_here"), 303) if known else mine.to_wechat("reader.arrive_back")
    visit.give_pass(answer, found.activity.id, found.step)
    return _private(answer)


@blueprint.get("/me/in/wechat")
def arrive_back() -> AnyResponse:
    """Back from WeChat's page: who it is."""
    return mine.came_back("reader.arrive_here")


@blueprint.get("/me/in")
def arrive_here() -> AnyResponse:
    """The button, for who has just scanned a code: nothing is recorded that was not meant."""
    opened = visit.has_pass()
    if opened is None or visit.visitor() is None:
        return _private(_draw("reader/arrive_said.html", 410, heading="请重新扫码", message=_GONE))
    with runtime().db.read_scope() as session:
        try:
            found = activities.get(session, opened[0])
        except NotFound:
            return _private(_draw("reader/arrive_said.html", 410, heading="请重新扫码", message=_GONE))
        answer = _draw("reader/arrive.html", activity=found)
    visit.device(answer)
    return _private(answer)


@blueprint.post("/me/in", endpoint="arrive_here_post")
def arrive_here_post() -> AnyResponse:
    """签到."""
    opened, follower_id = visit.has_pass(), visit.visitor()
    if opened is None or follower_id is None:
        return _private(_draw("reader/arrive_said.html", 410, heading="请重新扫码", message=_GONE))
    answer = make_response()
    device, network = visit.device(answer), network_of(request.remote_addr or "")
    with runtime().db.session_scope() as session:
        done = arriving.by_link(
            session, follower_id, *opened, device=device, network=network, at=clock.now(), limits=runtime().settings.limits
        )  # fmt: skip
    is_in = done.kind in ("recorded", "already")
    drawn = _draw(
        "reader/arrive_said.html", heading="已签到" if is_in else "没有签到", message=done.text, is_in=is_in
    )
    answer.data, answer.mimetype = drawn.get_data(), "text/html"
    visit.use_pass(answer)
    return _private(answer)


def _draw(template: str, status: int = 200, **values: object) -> AnyResponse:
    return make_response(render_template(template, **frame(), near=near, **values), status)


def _private(answer: AnyResponse) -> AnyResponse:
    answer.headers["Cache-Control"] = "no-store"
    g.policy = PAGE.replace("script-src 'self'", "script-src 'none'")
    return answer
