"""Puts the parts together; holds nothing else. Importing this module does no work."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from flask import Flask

import cli
from settings import Settings, SettingsError, load_settings

if TYPE_CHECKING:
    from runtime import Runtime

CALLBACK_PATH = "/wechat/callback"


def create_app(settings: Settings | None = None, runtime: Runtime | None = None) -> Flask:
    """The application for ``settings`` (default: the file named by ``PIONEER_CONFIG``, and the environment).

    Under the ``flask`` command the configuration is read only when a command needs it, so that ``flask --help`` and
    ``flask demo`` work without one. Raises :class:`settings.SettingsError` where it is needed and faulty.
    """
    if settings is None and runtime is None and os.environ.get("FLASK_RUN_FROM_CLI") == "true":
        return _shell()
    import runtime as parts

    runtime = runtime or parts.build(settings or load_settings())
    app = _shell()
    app.extensions["pioneer"] = runtime
    _configure(app, runtime.settings)
    _mount(app, runtime)
    return app


def _shell() -> Flask:
    app = Flask("app", static_folder="web/static", static_url_path="/static", template_folder="web/templates")
    cli.register(app)
    return app


def _configure(app: Flask, settings: Settings) -> None:
    on_https = settings.server.base_url.startswith("https://")
    app.config.update(
        SECRET_KEY=settings.server.secret_key,
        # Browsers take a __Host- cookie only over https, for this host alone: no neighbour can plant one.
        SESSION_COOKIE_NAME="__Host-pioneer" if on_https else "pioneer",
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=on_https,
        PERMANENT_SESSION_LIFETIME=timedelta(hours=settings.limits.session_hours),
        MAX_CONTENT_LENGTH=settings.limits.upload_mb * 1024 * 1024,
        WTF_CSRF_TIME_LIMIT=None,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(days=7),
        # A cookie that is renewed with every answer would also stand on files that a shared cache keeps.
        SESSION_REFRESH_EACH_REQUEST=False,
    )
    app.json.ensure_ascii = False  # type: ignore[attr-defined]


def _mount(app: Flask, runtime: Runtime) -> None:
    import web
    from cli.doorway import Doorway
    from web.proxies import BehindProxies
    from wechat.inbound.callback import make_callback

    web.register(app, runtime)
    app.wsgi_app = BehindProxies(app.wsgi_app, runtime.settings.server.proxies)  # type: ignore[method-assign]
    # WeChat's pushes go to a WSGI callable of their own: a Flask view would cost three times as much (measured).
    app.wsgi_app = Doorway(  # type: ignore[assignment,method-assign]
        CALLBACK_PATH, make_callback(runtime), app.wsgi_app, app.config["MAX_CONTENT_LENGTH"]
    )


__all__ = ["CALLBACK_PATH", "SettingsError", "create_app"]
