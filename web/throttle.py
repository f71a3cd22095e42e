"""Limits on how often one address may ask: counted in Redis, where there is one, else in this process."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

if TYPE_CHECKING:
    from flask import Flask

    from runtime import Runtime

limiter = Limiter(get_remote_address, headers_enabled=False, default_limits=[])


def register(app: Flask, runtime: Runtime) -> None:
    """Start counting for ``app``."""
    app.config["RATELIMIT_STORAGE_URI"] = runtime.settings.redis.url or "memory://"
    app.config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = True
    app.config["RATELIMIT_STRATEGY"] = "moving-window"
    limiter.init_app(app)
