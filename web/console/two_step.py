"""动态码: setting up the second factor by an authenticator app, its recovery codes, and its end."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import segno
from flask import flash, g, redirect, request, url_for

from accounts import factor
from ground import clock
from ground.errors import Refused
from models import User
from web.access import (
    acting,
    action,
    looking,
    must_enrol,
    page,
    settings,
    signed_in,
    when_stale,
    while_enrolling,
)
from web.console.face import blueprint, draw
from web.console.own import need_password, renew_session
from web.once import shown_once

_FRESH = timedelta(minutes=10)  # after signing in the password is not asked for again


@blueprint.get("/two-step", endpoint="two_step")
@while_enrolling
@page("place.view")
def two_step_page() -> str:
    """How things stand: not set up, waiting for the first code, or at work."""
    at = clock.now()
    with looking() as (scope, me):
        working = factor.confirmed(scope, me.id)
        waiting = None if working else factor.pending(scope, me.id, at=at)
        left = factor.codes_left(scope, me.id)
        shown = _shown(me, waiting.secret, factor.address(me, waiting)) if waiting else None
    return draw(
        "two_step.html", working=working, shown=shown, left=left, must=must_enrol(), asks_password=_asks_password(),
        may_stop=not factor.required(signed_in(), settings().server.require_totp_for),
    )  # fmt: skip


def _shown(user: User, secret: str, address: str) -> dict[str, str]:
    return {
        "picture": segno.make(address, error="m").svg_data_uri(scale=4, border=3, dark="#000", light="#fff"),
        "secret": " ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
        "name": f"{factor.ISSUER}：{user.username}",
    }


def _asks_password() -> bool:
    return bool(abs(clock.now() - g.standing.session.created_at) > _FRESH)


@blueprint.post("/two-step/start")
@while_enrolling
@action("place.view", form=two_step_page)
def two_step_start() -> Any:
    """Make a secret; the page then shows it."""
    if _asks_password():
        need_password(request.form.get("password", ""))
    with acting() as (scope, me):
        factor.begin(scope, me, at=clock.now())
    return redirect(url_for("console.two_step"), 303)


@blueprint.post("/two-step/confirm")
@while_enrolling
@when_stale("console.two_step")
@action("place.view", form=two_step_page)
def two_step_confirm() -> Any:
    """The first code: the factor is at work, this browser gets a new session, the recovery codes are shown this once."""
    with acting() as (scope, me):
        if factor.confirmed(scope, me.id) is not None:
            return redirect(url_for("console.two_step", repeated=1), 303)
        codes = factor.confirm(scope, me, request.form.get("code", ""), at=clock.now(), now_s=time.time())
    renew_session()
    return draw("recovery_codes.html", codes=codes, name=signed_in().username, first=True)


@blueprint.post("/two-step/codes")
@when_stale("console.two_step")
@shown_once("console.two_step")
@action("place.view", form=two_step_page)
def two_step_codes() -> Any:
    """A new set of recovery codes; the old ones hold no more."""
    need_password(request.form.get("password", ""))
    with acting() as (scope, me):
        codes = factor.new_codes(scope, me, at=clock.now())
    return draw("recovery_codes.html", codes=codes, name=signed_in().username, first=False)


@blueprint.post("/two-step/stop")
@action("place.view", form=two_step_page)
def two_step_stop() -> Any:
    """Do without, where the configuration allows it."""
    if factor.required(signed_in(), settings().server.require_totp_for):
        raise Refused("本单位要求您的角色使用动态码，不能停用；更换手机的办法见本页")
    need_password(request.form.get("password", ""))
    with acting() as (scope, me):
        factor.remove(scope, me, at=clock.now(), by=me, reason="本人停用")
    renew_session()
    flash("动态码已停用，今后登录只需密码", "success")
    return redirect(url_for("console.two_step"), 303)
