"""Counting who comes by a link that a push sent by a road: openings by push, road and branch, and nothing of a person.

The mark in the address is counted and taken out at once: who passes on what is open now passes on the plain address, so that
the number says how many came by the link itself. A browser is counted once a day for a link. To know that, it keeps a signed
list of the marks that it was counted for, until the day is over; the list names nobody, and no two browsers by it. Who keeps no
such list and asks again and again counts once a minute (:func:`web.throttle.first_in_a_while`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import quote, urlencode

import structlog
from flask import current_app, redirect, request
from itsdangerous import BadData, URLSafeSerializer
from werkzeug.wrappers import Response

from ground import clock
from runtime import Runtime
from scheduler import link_openings, marks
from scheduler.marks import Mark
from web import throttle
from web.access import parts

V = TypeVar("V", bound=Callable[..., Any])

log = structlog.get_logger(__name__)

_MOST = 24
"""So many marks a browser remembers a day."""
_LASTS_S = 24 * 3600
_MACHINES = re.compile(
    r"bot\b|bot/|spider|crawl|slurp|preview|archiver|monitor|scanner|fetcher|validator|facebookexternalhit|"
    r"curl/|wget/|python|java/|okhttp|go-http|libwww|node-fetch|axios|apache-httpclient",
    re.IGNORECASE,
)
"""Names by which programs that read addresses make themselves known, among those of browsers."""
_AHEAD = ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz")


def counted(view: V) -> V:
    """A page to which marked links lead: the mark is counted, and the page opens without it."""

    @wraps(view)
    def arrived(**values: Any) -> Any:
        if marks.PARAMETER not in request.args:
            return view(**values)
        answer = redirect(_without_mark(), 302)
        answer.headers["Cache-Control"] = "no-store"
        mark = marks.read(request.args[marks.PARAMETER])
        if mark is not None and _is_a_person():
            _count_once(answer, mark)
        return answer

    return cast(V, arrived)


def _without_mark() -> str:
    rest = [one for one in request.args.items(multi=True) if one[0] != marks.PARAMETER]
    return f"{quote(request.path)}{f'?{urlencode(rest)}' if rest else ''}"


def _is_a_person() -> bool:
    """Whether somebody looks at it: no program that reads addresses, and no browser that fetches what may be wanted later."""
    agent = request.headers.get("User-Agent", "")
    ahead = any("pre" in request.headers.get(name, "").lower() for name in _AHEAD)
    return request.method == "GET" and bool(agent) and not _MACHINES.search(agent) and not ahead


def _count_once(answer: Response, mark: Mark) -> None:
    now = clock.now()
    today, name = clock.shanghai_day(now).isoformat(), marks.text_of(mark)
    seen = _seen(today)
    if name in seen:
        return
    answer.set_cookie(
        _cookie(),
        _signer().dumps([today, [*seen, name][-_MOST:]]),
        max_age=_LASTS_S,
        path="/m/",
        httponly=True,
        secure=current_app.config["SESSION_COOKIE_SECURE"],
        samesite="Lax",
    )
    if not throttle.first_in_a_while(name):
        return
    runtime = parts()
    answer.call_on_close(lambda: _write(runtime, mark, now))


def _write(runtime: Runtime, mark: Mark, now: Any) -> None:
    """After the answer has gone, so that no reader waits for the database; what cannot be written is said in the log."""
    try:
        with runtime.db.session_scope() as session:
            known = link_openings.count(session, mark, at=now)
    except Exception:
        log.exception("opening_lost", push=mark.push_id, road=mark.road, branch=mark.branch_id)
        return
    if not known:
        log.warning("opening_of_no_push", push=mark.push_id, road=mark.road)


def came_by() -> list[str]:
    """The marks by which this browser comes just now, or came today: such a link opens what is being sent."""
    named = request.args.get(marks.PARAMETER, "")
    return [*filter(None, [named]), *_seen(clock.shanghai_day(clock.now()).isoformat())]


def _seen(today: str) -> list[str]:
    """The marks that this browser was counted for today."""
    try:
        day, names = _signer().loads(request.cookies.get(_cookie(), "")[:3000])
    except (BadData, TypeError, ValueError):
        return []
    return [str(name) for name in names] if day == today else []


def _cookie() -> str:
    on_https = current_app.config["SESSION_COOKIE_SECURE"]
    return f"{'__Secure-' if on_https else ''}pioneer-came"


def _signer() -> URLSafeSerializer:
    return URLSafeSerializer(current_app.config["SECRET_KEY"], salt="openings of a day")
