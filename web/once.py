"""A form that makes something is taken once, however often its button is pressed.

The form carries a mark; the first post with it is let through and remembers where it led, a later one is led there too. The
marks live for some minutes in Redis, where there is one, else in this process (embedded there is only one).
"""

from __future__ import annotations

import secrets
import threading
import time
from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import flash, redirect, request, url_for
from redis import Redis
from redis.exceptions import RedisError
from werkzeug.wrappers import Response

from web.access import back_to, parts

V = TypeVar("V", bound=Callable[..., Any])

_KEEP_S = 600
_WAIT_S = 5.0
_BUSY = ""
_kept: dict[str, tuple[float, str]] = {}
_guard = threading.Lock()


def mark() -> str:
    """A new mark for a form."""
    return secrets.token_urlsafe(12)


def once(view: V) -> V:
    """Let the first post with a mark through; lead the others to where it led."""
    return _guarded(view, _led, lambda: flash("已提交，请勿重复点击", "success"))


def shown_once(endpoint: str) -> Callable[[V], V]:
    """Let the first post with a mark through, whose answer is a page; lead the others (a reload) to ``endpoint``.

    That page finds ``repeated`` in its address, and says what became of the first.
    """

    def led(answer: Any) -> str:
        return url_for(endpoint, repeated=1) if isinstance(answer, str) else _led(answer)

    return lambda view: _guarded(view, led, lambda: None)


def _led(answer: Any) -> str:
    done = isinstance(answer, Response) and answer.status_code == 303
    return str(answer.location or "") if done else ""


def _guarded(view: V, led: Callable[[Any], str], tell: Callable[[], None]) -> V:
    @wraps(view)
    def guarded(**values: Any) -> Any:
        name = f"{request.endpoint}:{request.form.get('once', '')[:40]}"
        if not request.form.get("once"):
            return view(**values)
        if not _claim(name):
            tell()
            return redirect(_led_to(name) or back_to(), 303)
        try:
            answer = view(**values)
        except BaseException:
            _forget(name)
            raise
        if location := led(answer):
            _remember(name, location)
        else:
            _forget(name)
        return answer

    return cast(V, guarded)


def _claim(name: str) -> bool:
    return bool(
        _stored(
            lambda redis: redis.set(f"once:{name}", _BUSY, ex=_KEEP_S, nx=True), lambda: _claim_here(name)
        )
    )


def _claim_here(name: str) -> bool:
    now = time.monotonic()
    for old in [key for key, (at, _) in _kept.items() if now - at > _KEEP_S]:
        del _kept[old]
    if name in _kept:
        return False
    _kept[name] = (now, _BUSY)
    return True


def _remember(name: str, location: str) -> None:
    _stored(
        lambda redis: redis.set(f"once:{name}", location, ex=_KEEP_S),
        lambda: _kept.__setitem__(name, (time.monotonic(), location)),
    )


def _forget(name: str) -> None:
    _stored(lambda redis: redis.delete(f"once:{name}"), lambda: _kept.pop(name, None))


def _led_to(name: str) -> str:
    """Where the first one led; waits a little for one that is still at work."""
    until = time.monotonic() + _WAIT_S
    while True:
        found = _stored(lambda redis: redis.get(f"once:{name}"), lambda: _kept.get(name, (0.0, None))[1])
        location = found.decode() if isinstance(found, bytes) else found
        if location is None or location or time.monotonic() > until:
            return str(location or "")
        time.sleep(0.05)


def _stored(shared: Callable[[Redis], Any], own: Callable[[], Any]) -> Any:
    """Ask Redis, where there is one and it answers, else this process: a dead Redis must not stop the office."""
    if (redis := parts().redis) is not None:
        try:
            return shared(redis)
        except RedisError:
            pass
    with _guard:
        return own()
