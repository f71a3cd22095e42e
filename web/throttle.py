"""A limit on how often one address may knock at the sign-in page: counted in Redis, where there is one, else in this process.

It only keeps floods away from the database. What keeps guesses away stands in :mod:`accounts.delays`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import request
from flask_limiter import Limiter

from web.proxies import network_of

if TYPE_CHECKING:
    from flask import Flask

    from runtime import Runtime


def _visitor() -> str:
    return network_of(request.remote_addr or "")


limiter = Limiter(_visitor, headers_enabled=False, default_limits=[])


def register(app: Flask, runtime: Runtime) -> None:
    """Start counting for ``app``."""
    app.config["RATELIMIT_STORAGE_URI"] = runtime.settings.redis.url or "memory://"
    app.config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = True
    app.config["RATELIMIT_STRATEGY"] = "moving-window"
    limiter.init_app(app)
