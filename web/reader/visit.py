"""Who reads 我的资料: a short visit, begun by WeChat's page (网页授权) or by a link from the chat.

The browser keeps a signed cookie for these pages alone. It names the follower by the number in our table, never by the
openid, and ends by itself or by 退出; who left the account meanwhile is nobody.
"""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import current_app, request
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response

from community import arriving, own_links
from community.own_links import PATH
from ground import clock
from web.access import parts

VISIT = timedelta(minutes=30)
_DAY = timedelta(days=1)
_WAY = timedelta(minutes=10)
"""So long may the way over WeChat's page take."""


def begin(response: Response, follower_id: int) -> None:
    """From this answer on the browser is this follower's."""
    _keep(response, "visit", follower_id, VISIT)
    _drop(response, "way")
    _drop(response, "wanted")


def end(response: Response, follower_id: int) -> None:
    """The browser is nobody's any more, and no copy of what it had opens anything."""
    with parts().db.session_scope() as session:
        own_links.end_visits(session, follower_id, at=clock.now())
    _drop(response, "visit")


def visitor() -> int | None:
    """The follower whose browser this is, or None; asked of the database, for who ended the visit has ended its copies too."""
    found, begun = _kept("visit", VISIT)
    if not isinstance(found, int) or begun is None:
        return None
    with parts().db.read_scope() as session:
        return found if own_links.visit_holds(session, found, begun) else None


def send_off(response: Response, state: str) -> None:
    """Remember with what word this browser was sent to WeChat's page."""
    _keep(response, "way", state, _WAY)


def remember(response: Response, path: str) -> None:
    """Remember which of these pages this browser wanted, for when it is known whose it is."""
    _keep(response, "wanted", path, _WAY)


def wanted() -> str:
    """The path of that page, or empty."""
    kept, _ = _kept("wanted", _WAY)
    return kept if isinstance(kept, str) else ""


def new_state() -> str:
    """A word that nobody can guess, of the letters that WeChat carries."""
    return secrets.token_hex(16)


def is_back(state: str) -> bool:
    """Whether this browser was sent off with exactly this word, and not long ago."""
    kept, _ = _kept("way", _WAY)
    return isinstance(kept, str) and bool(state) and secrets.compare_digest(kept.encode(), state.encode())


def give_pass(response: Response, activity_id: int, step: int) -> None:
    """This browser has opened a fresh code of an activity: that stays good for the way to the button (``arriving.PASS``)."""
    _keep(response, "pass", f"{activity_id} {step}", arriving.PASS)


def has_pass() -> tuple[int, int] | None:
    """The activity, and which code of it, that this browser opened not long ago."""
    found, _ = _kept("pass", arriving.PASS)
    activity_id, _, step = str(found or "").partition(" ")
    return (int(activity_id), int(step)) if activity_id.isdecimal() and step.isdecimal() else None


def use_pass(response: Response) -> None:
    """It is used up."""
    _drop(response, "pass")


def device(response: Response) -> str:
    """A word for this browser, for one day: to tell that one phone checks in many people, and for nothing else."""
    found, _ = _kept("device", _DAY)
    known = found if isinstance(found, str) else secrets.token_urlsafe(12)
    if found is None:
        _keep(response, "device", known, _DAY)
    return known


def _keep(response: Response, name: str, what: int | str, lasts: timedelta) -> None:
    until = (clock.now() + lasts).timestamp()
    response.set_cookie(
        _cookie(name),
        _signer(name).dumps([what, until]),
        max_age=int(lasts.total_seconds()),
        path=PATH,
        httponly=True,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        samesite="Lax",
    )


def _kept(name: str, lasts: timedelta) -> tuple[Any, datetime | None]:
    """What was kept, and since when; nothing where there is nothing, or its time is over."""
    try:
        found, until = _signer(name).loads(request.cookies.get(_cookie(name), "")[:400])
    except BadData:
        return None, None
    now = clock.now().timestamp()
    # One that lasts longer than any was given was given by a clock that was ahead.
    if not now < until <= now + lasts.total_seconds():
        return None, None
    return found, datetime.fromtimestamp(until, UTC) - lasts


def _drop(response: Response, name: str) -> None:
    response.delete_cookie(_cookie(name), path=PATH)


def _cookie(name: str) -> str:
    on_https = current_app.config["SESSION_COOKIE_SECURE"]
    return f"{'__Secure-' if on_https else ''}pioneer-me-{name}"


def _signer(name: str) -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt=f"my data: {name}")
