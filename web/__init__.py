"""The faces: console, branch pages, H5 reader, API, health."""

from __future__ import annotations

from typing import TYPE_CHECKING

from web import health, reader, security

if TYPE_CHECKING:
    from flask import Flask

    from runtime import Runtime


def register(app: Flask, runtime: Runtime) -> None:
    """Mount every face on ``app``."""
    security.protect(app, runtime.settings)
    app.register_blueprint(health.blueprint)
    app.register_blueprint(reader.blueprint)
