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

from flask import flash, redirect, request
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

    @wraps(view)
    def guarded(**values: Any) -> Any:
        name = f"{request.endpoint}:{request.form.get('once', '')[:40]}"
        if not request.form.get("once"):
            return view(**values)
        if not _claim(name):
            flash("已提交，请勿重复点击", "success")
            return redirect(_led_to(name) or back_to(), 303)
        try:
            answer = view(**values)
        except BaseException:
            _forget(name)
            raise
        if isinstance(answer, Response) and answer.status_code == 303 and answer.location:
            _remember(name, answer.location)
        else:
            _forget(name)
        return answer

    return cast(V, guarded)


def _claim(name: str) -> bool:
    if (redis := parts().redis) is not None:
        return bool(redis.set(f"once:{name}", _BUSY, ex=_KEEP_S, nx=True))
    now = time.monotonic()
    with _guard:
        for old in [key for key, (at, _) in _kept.items() if now - at > _KEEP_S]:
            del _kept[old]
        if name in _kept:
            return False
        _kept[name] = (now, _BUSY)
        return True


def _remember(name: str, location: str) -> None:
    if (redis := parts().redis) is not None:
        redis.set(f"once:{name}", location, ex=_KEEP_S)
        return
    with _guard:
        _kept[name] = (time.monotonic(), location)


def _forget(name: str) -> None:
    if (redis := parts().redis) is not None:
        redis.delete(f"once:{name}")
        return
    with _guard:
        _kept.pop(name, None)


def _led_to(name: str) -> str:
    """Where the first one led; waits a little for one that is still at work."""
    until = time.monotonic() + _WAIT_S
    while True:
        location = _location(name)
        if location is None or location or time.monotonic() > until:
            return location or ""
        time.sleep(0.05)


def _location(name: str) -> str | None:
    if (redis := parts().redis) is not None:
        found = cast("bytes | None", redis.get(f"once:{name}"))
        return None if found is None else found.decode()
    with _guard:
        kept = _kept.get(name)
    return None if kept is None else kept[1]
