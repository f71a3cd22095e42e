"""本人账号: the password and 登录设备, the browsers in which one is signed in."""

from __future__ import annotations

from typing import Any

from flask import flash, g, redirect, request, session, url_for

from accounts import sessions, signing_in, strength, users
from ground import clock
from ground.errors import PioneerError, Refused
from web import visitor
from web.access import acting, action, enter, looking, only_looks, page, parts, settings, signed_in
from web.console.face import blueprint, draw


@blueprint.get("/password")
@page("place.view")
def password() -> str:
    """The form for the own password."""
    return draw("password.html")


@blueprint.post("/password/strength")
@only_looks
@page("place.view")
def password_strength() -> str:
    """How good the new password is while it is typed: a fragment. Somebody else's names come along, else it is one's own."""
    me, form = signed_in(), request.form
    typed = form.get("new") or form.get("password", "")
    names = [form.get("username", me.username), form.get("display_name", me.display_name)]
    score, advice = strength.rating(typed[:1000], *(name[:100] for name in names))
    return draw("password_strength.html", score=score, advice=advice)


@blueprint.post("/password", endpoint="password_post")
@action("place.view")
def password_post() -> Any:
    """Change the own password: this browser goes on with a new session, all others end."""
    old, new, again = (request.form.get(name, "") for name in ("old", "new", "again"))
    try:
        if new != again:
            raise Refused("两次输入的新密码不一致，请重新输入")
        need_password(old, "原密码")
        if new == old:
            raise Refused("新密码不能与原密码相同，请换一个")
        users.check_strength(new, signed_in().username, signed_in().display_name)
        hashed = users.hash_password(new)
    except PioneerError as fault:
        flash(fault.message, "danger")
        return redirect(url_for("console.password"), 303)
    with acting() as (scope, me):
        users.set_password(scope, me, hashed, at=clock.now(), by=me)
    renew_session()
    flash("密码已修改，其他设备上的登录已全部结束", "success")
    return redirect(url_for("console.desk"), 303)


def need_password(typed: str, called: str = "密码") -> None:
    """Make sure that it is still the owner who sits here. Raises :class:`Refused`; mistakes are delayed like at the door."""
    user = signed_in()
    with parts().db.read_scope() as scope:
        known = signing_in.credentials(scope, user.username)
    matched = signing_in.matches(known, typed)
    with acting() as (scope, me):
        fault = signing_in.judge_own_password(
            scope, me, matched, origin=visitor.origin(me.username), limits=settings().limits, at=clock.now()
        )
    if fault:
        raise Refused(fault if fault.startswith("请") else f"{called}{fault.removeprefix('密码')}")


def renew_session() -> None:
    """A new session for this browser, after its owner changed what opens the door."""
    with acting() as (scope, me):
        token = sessions.open_session(
            scope, me, hours=settings().limits.session_hours, at=clock.now(), browser=visitor.browser()
        )
    enter(token)


@blueprint.get("/devices", endpoint="devices")
@page("place.view")
def devices_page() -> str:
    """Where one is signed in."""
    with looking() as (scope, me):
        found = sessions.listing(scope, me.id, at=clock.now(), limits=settings().limits)
    return draw("devices.html", found=found, handle=sessions.handle, here=g.standing.session.token_hash)


@blueprint.post("/devices/end")
@action("place.view")
def devices_end() -> Any:
    """End one session of the own, or all of them with this one."""
    called = request.form.get("which", "")
    with acting() as (scope, me):
        users.end_sessions(scope, me, called, at=clock.now(), by=me)
    if called == "all":
        session.clear()
        flash("已全部结束，请重新登录", "success")
        return redirect(url_for("console.sign_in"), 303)
    flash("已结束", "success")
    return redirect(url_for("console.devices"), 303)
