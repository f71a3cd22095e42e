"""The faces: console, branch pages, H5 reader, API, health."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flask import redirect, url_for
from flask_wtf.csrf import CSRFProtect
from werkzeug.exceptions import BadRequest, HTTPException, NotFound

from database import faults
from database.faults import Fault
from web import access, api, branch, console, files, health, hosts, reader, security, sizes, throttle, wording

if TYPE_CHECKING:
    from flask import Flask

    from runtime import Runtime


def register(app: Flask, runtime: Runtime) -> None:
    """Mount every face on ``app``."""
    security.protect(app, runtime.settings)
    hosts.register(app, runtime.settings)
    health.register(app, runtime)
    app.register_blueprint(reader.blueprint)
    throttle.register(app, runtime)
    wording.register(app)
    files.register(app)
    # The token comes in the form that a person sends, never in a header that a script could add to any request.
    app.config["WTF_CSRF_HEADERS"] = []
    sizes.register(app)  # before what looks for a token in the form
    CSRFProtect(app)
    app.register_error_handler(HTTPException, access.http_error)
    app.register_error_handler(OverflowError, _beyond_the_database)
    app.register_error_handler(faults.Unstorable, _beyond_the_database)
    console.register(app)
    app.register_blueprint(branch.blueprint)
    app.register_blueprint(api.blueprint)
    app.add_url_rule("/", "door", lambda: redirect(url_for("reader.home")))


def _beyond_the_database(error: Exception) -> Any:
    """An id with more digits than the database holds is one that nobody has; PostgreSQL's text holds no NUL."""
    fault = faults.kind_of(error)
    if fault is Fault.NUMBER_TOO_LARGE:
        return access.http_error(NotFound())
    if fault is Fault.TEXT_WITH_NUL:
        return access.http_error(BadRequest())
    raise error
