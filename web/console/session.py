"""登录、退出 and the own password."""

from __future__ import annotations

from typing import Any

from flask import flash, redirect, request, session, url_for

from accounts import users
from ground import clock
from ground.errors import Refused
from models import User
from web.access import TOKEN, acting, is_ours, open_to_all, page, parts, settings, signed_in
from web.console.face import blueprint, draw
from web.throttle import limiter


@blueprint.get("/login")
@open_to_all
def sign_in() -> Any:
    """The form; whoever is signed in already goes on."""
    wanted = request.args.get("next", "")
    if signed_in() is not None:
        return redirect(_first_page(signed_in(), wanted), 303)
    return draw("sign_in.html", message="", username="", next=wanted if is_ours(wanted) else "")


@blueprint.post("/login", endpoint="sign_in_post")
@open_to_all
@limiter.limit("30 per minute")
def sign_in_post() -> Any:
    """Check name and password: read, compare (slow, no transaction), then count or open a session."""
    username, password = request.form.get("username", ""), request.form.get("password", "")
    wanted = request.form.get("next", "")
    with parts().db.read_scope() as scope:
        known = users.credentials(scope, username)
    matched = users.matches(known, password)
    with parts().db.session_scope() as scope:
        result = users.sign_in(scope, known, matched, limits=settings().limits, at=clock.now())
    if result.token is None or result.user is None:
        shown = draw(
            "sign_in.html",
            message=result.message,
            username=username[:40],
            next=wanted if is_ours(wanted) else "",
        )
        return shown, 401
    session.clear()
    session.permanent = True
    session[TOKEN] = result.token
    return redirect(_first_page(result.user, wanted), 303)


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
        users.revoke(scope, token, at=clock.now())
    flash("已退出登录", "success")
    return redirect(url_for("console.sign_in"), 303)


@blueprint.get("/password")
@page("place.view")
def password() -> str:
    """The form for the own password."""
    return draw("password.html")


@blueprint.post("/password", endpoint="password_post")
def password_post() -> Any:
    """Change the own password; all sessions end, this browser signs in anew."""
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    user = signed_in()
    message = _unusable(user, old, new, again)
    if message:
        flash(message, "danger")
        return redirect(url_for("console.password"), 303)
    hashed = users.hash_password(new)
    with acting() as (scope, me):
        users.set_password(scope, me, hashed, at=clock.now(), by=me)
    session.clear()
    flash("密码已修改，请用新密码登录", "success")
    return redirect(url_for("console.sign_in"), 303)


def _unusable(user: User, old: str, new: str, again: str) -> str:
    if new != again:
        return "两次输入的新密码不一致，请重新输入"
    if not users.matches(users.Credentials(user.id, user.password_hash), old):
        return "原密码不正确，请重新输入"
    try:
        users.check_strength(new, user.username)
    except Refused as refused:
        return refused.message
    return ""
