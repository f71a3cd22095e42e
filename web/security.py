"""Security headers of every page: no outside host, no framing, no sniffing."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import request

if TYPE_CHECKING:
    from flask import Flask, Response

    from settings import Settings

# Articles carry inline styles by necessity (WeChat knows no others); scripts only ever come from our own files.
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; script-src 'self'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'self'"
)
_LOCAL = frozenset({"127.0.0.1", "localhost", "::1"})


def protect(app: Flask, settings: Settings) -> None:
    """Add the headers to every answer that does not bring its own.

    The phone of the local WeChat shows the reader's pages in a frame, as WeChat's own browser would; nobody else may.
    """
    wechat = urlsplit(settings.wechat.api_base_url)
    phone = f"{wechat.scheme}://{wechat.netloc}" if wechat.hostname in _LOCAL else ""

    @app.after_request
    def add(response: Response) -> Response:
        headers = response.headers
        framed = phone and request.path.startswith("/m/")
        headers.setdefault("Content-Security-Policy", f"{_POLICY} {phone}" if framed else _POLICY)
        headers.setdefault("X-Content-Type-Options", "nosniff")
        if not framed:
            headers.setdefault("X-Frame-Options", "SAMEORIGIN")
        headers.setdefault("Referrer-Policy", "same-origin")
        headers.setdefault("Permissions-Policy", "geolocation=(), camera=(), microphone=()")
        return response
