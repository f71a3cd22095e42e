"""A limit on how often one address may knock at the sign-in page: counted in Redis, where there is one, else in this process.

It only keeps floods away from the database. What keeps guesses away stands in :mod:`accounts.delays`. The same place knows for
a minute that a link was opened from somewhere, by a digest that tells nobody from where.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

import structlog
from flask import current_app, request
from flask_limiter import Limiter
from limits import RateLimitItem, parse
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter, MovingWindowRateLimiter

from database.sealed import keyring
from ground import clock
from ground.errors import TooMany
from web.proxies import network_of

if TYPE_CHECKING:
    from flask import Flask

    from runtime import Runtime


def _visitor() -> str:
    return network_of(request.remote_addr or "")


log = structlog.get_logger(__name__)

_UPLOADS = "pioneer.uploads"
_OPENINGS = "pioneer.openings"
_KEY = b"openings in a while"
_A_WHILE_S = 60
_ONCE = parse(f"1 per {_A_WHILE_S} seconds")
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
    app.extensions[_OPENINGS] = FixedWindowRateLimiter(
        storage_from_string(app.config["RATELIMIT_STORAGE_URI"])
    )


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


def first_in_a_while(link: str) -> bool:
    """Whether nobody has opened this link in this minute from the same network by the same program.

    Kept is a keyed digest of the three and of the minute, no longer than it lasts: it tells nobody who it was, and no two
    openings of one visitor by it. Where Redis does not answer, everything counts.
    """
    while_of = int(clock.now().timestamp()) // _A_WHILE_S
    said = "\n".join((str(while_of), link, _visitor(), request.headers.get("User-Agent", "")))
    digest = hmac.new(keyring().derived(_KEY), said.encode(), hashlib.sha256).hexdigest()
    counted: FixedWindowRateLimiter = current_app.extensions[_OPENINGS]
    try:
        return counted.hit(_ONCE, _OPENINGS, digest)
    except Exception as error:  # of whatever store this is: a page is not refused for the sake of a number
        log.warning("openings_unlimited", error=type(error).__name__)
        return True
