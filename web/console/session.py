"""登录 and 退出: name and password, then the code where there is a second factor."""

from __future__ import annotations

import time
from typing import Any

from flask import flash, g, redirect, request, session, url_for

from accounts import notices, sessions, signing_in, strength
from accounts.signing_in import SignIn
from ground import clock
from ground.errors import TooMany
from models import User
from web import visitor
from web.access import COMMON, TOKEN, enter, is_ours, open_to_all, parts, settings, signed_in
from web.console.face import blueprint, draw
from web.throttle import limiter

_WANTED = "wanted"


@blueprint.get("/login")
@open_to_all
def sign_in() -> Any:
    """The form; whoever is signed in already goes on."""
    wanted = request.args.get("next", "")
    if signed_in() is not None:
        return redirect(_first_page(signed_in(), wanted), 303)
    return _form("", "", wanted)


@blueprint.post("/login", endpoint="sign_in_post")
@open_to_all
@limiter.limit("60 per minute", exempt_when=visitor.is_known)
def sign_in_post() -> Any:
    """Check name and password: read, compare (slow, no transaction), then count or open a session."""
    username, wanted = request.form.get("username", ""), request.form.get("next", "")
    try:
        result = _try(username, request.form.get("password", ""))
    except TooMany as busy:
        return _form(busy.message, username, wanted), 429
    if result.token is None or result.user is None:
        return _form(result.message, username, wanted), 429 if result.too_soon else 401
    enter(result.token)
    session[COMMON] = strength.is_common(request.form.get("password", ""))
    if result.awaits_code:
        session[_WANTED] = wanted if is_ours(wanted) else ""
        return redirect(url_for("console.code"), 303)
    return _inside(result.user, wanted)


def _try(username: str, password: str) -> SignIn:
    origin, limits, at = visitor.origin(username), settings().limits, clock.now()
    with parts().db.read_scope() as scope:
        known = signing_in.credentials(scope, username)
        too_soon = signing_in.must_wait(scope, known, origin=origin, limits=limits, at=at)
    matched = signing_in.matches(known, password)
    if too_soon is not None:
        return too_soon
    fresh = signing_in.renewed(known, matched, password)
    with parts().db.session_scope() as scope:
        result = signing_in.sign_in(
            scope,
            known,
            matched,
            origin=origin,
            browser=visitor.browser(),
            fresh_hash=fresh,
            limits=limits,
            at=at,
        )
        if result.token:
            sessions.revoke(scope, session.get(TOKEN, ""), at=at)  # what the browser had before is over
    return result


def _form(message: str, username: str, wanted: str) -> str:
    wanted = wanted if is_ours(wanted) else ""
    return draw("sign_in.html", message=message, username=username[:40], next=wanted)


@blueprint.get("/login/code")
@open_to_all
def code() -> Any:
    """The form for the code; only after the password."""
    if g.awaiting is None:
        return redirect(url_for("console.sign_in"), 303)
    return draw("sign_in_code.html", message="")


@blueprint.post("/login/code", endpoint="code_post")
@open_to_all
def code_post() -> Any:
    """Check the code; the right one opens a session of its own."""
    if g.awaiting is None:
        flash("登录已超时，请重新输入用户名和密码", "warning")
        return redirect(url_for("console.sign_in"), 303)
    at, wanted = clock.now(), session.get(_WANTED, "")
    with parts().db.session_scope() as scope:
        user = scope.get_one(User, g.awaiting.user_id)
        result = signing_in.give_code(
            scope, g.awaiting, request.form.get("code", ""), origin=visitor.origin(user.username),
            browser=visitor.browser(), limits=settings().limits, at=at, now_s=time.time(),
        )  # fmt: skip
    if result.token is None or result.user is None:
        return draw("sign_in_code.html", message=result.message), 429 if result.too_soon else 401
    common = session.get(COMMON, False)
    enter(result.token)
    session[COMMON] = common
    return _inside(result.user, wanted)


def _inside(user: User, wanted: str) -> Any:
    with parts().db.read_scope() as scope:
        told = notices.since_last(scope, user)
    if told:
        flash(told, "warning")
    answer = redirect(_first_page(user, wanted), 303)
    visitor.remember(answer, user.username)
    return answer


def _first_page(user: User, wanted: str) -> str:
    if is_ours(wanted) and not wanted.startswith("/console/login"):
        return wanted
    return url_for("branch.start" if user.role == "secretary" and _on_phone() else "console.desk")


def _on_phone() -> bool:
    return "Mobile" in request.headers.get("User-Agent", "")


@blueprint.post("/logout")
@open_to_all
def sign_out() -> Any:
    """End the session here and in the database."""
    token = session.pop(TOKEN, "")
    session.clear()
    with parts().db.session_scope() as scope:
        sessions.revoke(scope, token, at=clock.now())
    flash("已退出登录", "success")
    return redirect(url_for("console.sign_in"), 303)
