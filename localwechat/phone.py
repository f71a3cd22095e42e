"""The phone page: what a follower sees, in a browser. The page itself is static; all it shows comes from `/phone/api/`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flask import Blueprint, Response, redirect, send_from_directory
from werkzeug.wrappers import Response as AnyResponse

if TYPE_CHECKING:
    from .platform import Sandbox

_FOLDER = Path(__file__).parent / "static" / "phone"
_POLICY = (
    "default-src 'self'; img-src 'self' data: blob: http: https:; style-src 'self' 'unsafe-inline'; "
    "script-src 'self'; frame-src 'self' http: https:"
)


def blueprint(sandbox: Sandbox) -> Blueprint:
    """`/phone/` with its scripts and styles, and the door from `/`."""
    pages = Blueprint("phone", __name__)

    @pages.get("/phone")
    @pages.get("/")
    def door() -> AnyResponse:
        return redirect("/phone/")

    @pages.get("/phone/")
    def page() -> Response:
        return _file("index.html")

    @pages.get("/phone/static/<path:name>")
    def static(name: str) -> Response:
        return _file(name)

    return pages


def _file(name: str) -> Response:
    response = send_from_directory(_FOLDER, name, max_age=0)
    response.headers["Content-Security-Policy"] = _POLICY
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response
