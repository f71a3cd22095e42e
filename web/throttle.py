"""A limit on how often one address may knock at the sign-in page: counted in Redis, where there is one, else in this process.

It only keeps floods away from the database. What keeps guesses away stands in :mod:`accounts.delays`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flask import current_app, request
from flask_limiter import Limiter
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from ground.errors import TooMany
from web.proxies import network_of

if TYPE_CHECKING:
    from flask import Flask

    from runtime import Runtime


def _visitor() -> str:
    return network_of(request.remote_addr or "")


_UPLOADS = "pioneer.uploads"
_MOST: dict[str, RateLimitItem] = {
    "picture": parse("500 per day"),  # each at most as large as WeChat takes
    "word": parse(
        "1000 per day"
    ),  # files of a batch, each as large as limits.upload_mb, kept until they are drafts
    "workbook": parse("30 per hour"),  # as large as limits.upload_mb, kept for an hour at most
    "preview": parse("30 per day"),  # of the hundred that WeChat allows the account
}

limiter = Limiter(_visitor, headers_enabled=False, default_limits=[])


def register(app: Flask, runtime: Runtime) -> None:
    """Start counting for ``app``."""
    app.config["RATELIMIT_STORAGE_URI"] = runtime.settings.redis.url or "memory://"
    app.config["RATELIMIT_IN_MEMORY_FALLBACK_ENABLED"] = True
    app.config["RATELIMIT_STRATEGY"] = "moving-window"
    limiter.init_app(app)
    app.extensions[_UPLOADS] = MovingWindowRateLimiter(MemoryStorage())


def count_uploads(kind: str, user_id: int, files: int = 1) -> None:
    """Count what a user brings, before it is kept, in this process. Raises :class:`TooMany` for whoever brings too much."""
    counted: MovingWindowRateLimiter = current_app.extensions[_UPLOADS]
    if files and not counted.hit(_MOST[kind], kind, str(user_id), cost=files):
        raise TooMany("您上传的文件太多了，为防止占满磁盘已暂停，请明天再传，急用请联系管理员")


def count_previews(user_id: int, people: int) -> None:
    """Count to how many a user shows a preview, before it is made. Raises :class:`TooMany`."""
    counted: MovingWindowRateLimiter = current_app.extensions[_UPLOADS]
    if not counted.hit(_MOST["preview"], "preview", str(user_id), cost=people):
        raise TooMany("您今天发出的预览已达 30 人次（公众号每天共 100 次），请明天再试")
