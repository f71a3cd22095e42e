"""Security headers of every page: no outside host, no framing, no sniffing, and a stated policy for scripts and styles.

Most pages take styles from our own files alone. Three kinds differ, and their views say so with :func:`under`:

- :data:`BODY`: a page of its own for the body of an article inside a sandboxed frame. Nothing runs there, nothing can be sent.
- :data:`READING`: the reader's page of an article. Nothing runs there either; it has the reader's own links.
- :data:`EDITOR`: the one page whose editor sets styles itself and shows the body among its own controls.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TYPE_CHECKING, Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import g, make_response, request

if TYPE_CHECKING:
    from flask import Flask, Response

    from settings import Settings

V = TypeVar("V", bound=Callable[..., Any])

_ENDS = "object-src 'none'; base-uri 'none'; form-action {forms}; frame-ancestors 'self'"
_PLAIN = (
    "default-src 'self'; script-src 'self'; script-src-attr 'none'; style-src 'self'; style-src-elem 'self'; "
    "style-src-attr 'none'; img-src 'self' data:; frame-src 'self'; worker-src 'none'; "
)
PAGE = _PLAIN + _ENDS.format(forms="'self'")
EDITOR = _PLAIN.replace("style-src-attr 'none'", "style-src-attr 'unsafe-inline'").replace(
    "data:", "data: blob:"
) + _ENDS.format(forms="'self'")
READING = (
    "default-src 'none'; script-src 'none'; style-src 'self'; style-src-elem 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self' data:; " + _ENDS.format(forms="'self'")
)
BODY = (
    "default-src 'none'; script-src 'none'; style-src 'self'; style-src-elem 'self'; style-src-attr 'unsafe-inline'; "
    "img-src 'self'; sandbox allow-same-origin allow-popups allow-popups-to-escape-sandbox; "
    + _ENDS.format(forms="'none'")
)

# Everything that a browser might lend a page; only copying by a button is used.
_POWERS = (
    "accelerometer", "autoplay", "browsing-topics", "camera", "clipboard-read", "display-capture",
    "encrypted-media", "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "identity-credentials-get",
    "idle-detection", "keyboard-map", "local-fonts", "magnetometer", "microphone", "midi", "otp-credentials", "payment",
    "picture-in-picture", "publickey-credentials-create", "publickey-credentials-get", "screen-wake-lock", "serial",
    "storage-access", "sync-xhr", "usb", "window-management", "xr-spatial-tracking",
)  # fmt: skip
_PICTURES = "/m/asset/"
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


def under(policy: str) -> Callable[[V], V]:
    """A view whose answer stands under this policy; what it raises becomes an ordinary page under the ordinary one."""

    def decorate(view: V) -> V:
        @wraps(view)
        def answered(**values: Any) -> Any:
            answer = make_response(view(**values))
            g.policy = policy
            return answer

        return cast(V, answered)

    return decorate


def lends(*powers: str) -> Callable[[V], V]:
    """A view whose page may use these powers of the browser itself: a screen for a hall fills it, and keeps it awake."""

    def decorate(view: V) -> V:
        @wraps(view)
        def answered(**values: Any) -> Any:
            g.lent = powers
            return view(**values)

        return cast(V, answered)

    return decorate


def _permissions(lent: tuple[str, ...]) -> str:
    return ", ".join(
        ["clipboard-write=(self)", *(f"{power}={'(self)' if power in lent else '()'}" for power in _POWERS)]
    )


def local_phone(settings: Settings) -> str:
    """Where the local WeChat is, whose phone shows the reader's pages as WeChat's own browser would; empty with the real one."""
    wechat = urlsplit(settings.wechat.api_base_url)
    return f"{wechat.scheme}://{wechat.netloc}" if wechat.hostname in _LOCAL else ""


def _with_component(policy: str, phone: str) -> str:
    """The same policy for a page with a button of WeChat's: it is drawn in a frame of WeChat's, by its app.

    The local phone's browser brings its own script, as WeChat's does without being asked.
    """
    framed = policy.replace("frame-src 'self'", "frame-src 'self' https://*.qq.com weixin:")
    return framed.replace("script-src 'self'", f"script-src 'self' {phone}") if phone else framed


def protect(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer that does not bring its own.

    The phone of the local WeChat shows the reader's pages in a frame, as WeChat's own browser would; nobody else may.
    """
    phone = local_phone(settings)

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        framed = phone and request.path.startswith("/m/")
        policy = g.get("policy", PAGE)
        if g.get("with_component"):
            policy = _with_component(policy, phone)
        headers.setdefault("Content-Security-Policy", f"{policy} {phone}" if framed else policy)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        if not framed:
            headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", _permissions(g.get("lent", ())))
        headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
        public = request.path.startswith(_PICTURES)  # published pictures may stand in other sites' cards
        headers.setdefault("Cross-Origin-Resource-Policy", "cross-origin" if public else "same-origin")
        return response
