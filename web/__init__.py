"""The faces: console, branch pages, H5 reader, API, health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import redirect, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import HTTPException

from web import access, api, branch, console, files, health, reader, security, throttle, wording

if TYPE_CHECKING:
    from flask import Flask

    from runtime import Runtime


def register(app: Flask, runtime: Runtime) -> None:
    """Mount every face on ``app``."""
    security.protect(app, runtime.settings)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(reader.blueprint)
    throttle.register(app, runtime)
    wording.register(app)
    files.register(app)
    CSRFProtect(app)
    app.register_error_handler(HTTPException, access.http_error)
    console.register(app)
    app.register_blueprint(branch.blueprint)
    app.register_blueprint(api.blueprint)
    app.add_url_rule("/", "door", lambda: redirect(url_for("reader.home")))
