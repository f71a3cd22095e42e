"""The one place from which the product takes its time.

What WeChat or the office counts in minutes and days (quotas, windows, slots, tokens, leases, freshness) is read from
:func:`now`. Latencies and network time-outs are real time and use :func:`time.monotonic`.

With ``[server] clock_url`` the clock follows the local WeChat's, so that a month can be rehearsed in minutes. A background
thread asks for it four times a second; :func:`sync` asks at once.
"""

from __future__ import annotations

import json
import threading
import time
import urllib.request
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
_POLL_S = 0.25


@dataclass(frozen=True)
class _Rate:
    """At real second ``real`` the clock stood at unix second ``at`` and ran ``speed`` times as fast; asked at ``asked``."""

    real: float
    at: float
    speed: float
    asked: float


_rate: _Rate | None = None
_url: str = ""
_follower: threading.Thread | None = None
_guard = threading.Lock()
_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def timestamp() -> float:
    """Seconds since the epoch by the product's clock."""
    rate = _rate
    if rate is None:
        return time.time()
    return rate.at + (time.monotonic() - rate.real) * rate.speed


def now() -> datetime:
    """The present moment by the product's clock, aware, in UTC."""
    return datetime.fromtimestamp(timestamp(), UTC)


def to_shanghai(moment: datetime) -> datetime:
    """The same moment on a clock in Shanghai."""
    return moment.astimezone(SHANGHAI)


def shanghai_day(moment: datetime) -> date:
    """The calendar day in Shanghai, by which WeChat counts its daily quotas."""
    return to_shanghai(moment).date()


def month_key(moment: datetime) -> str:
    """``"2026-11"``: the calendar month in Shanghai, by which WeChat counts a follower's mass messages."""
    return to_shanghai(moment).strftime("%Y-%m")


def month_before(moment: datetime) -> str:
    """``"2026-10"``: the calendar month before that of :func:`month_key`."""
    return (shanghai_day(moment).replace(day=1) - timedelta(days=1)).strftime("%Y-%m")


def month_bounds(moment: datetime) -> tuple[datetime, datetime]:
    """First moment of a moment's calendar month in Shanghai and of the next one, both in UTC."""
    first = shanghai_day(moment).replace(day=1)
    after = (first + timedelta(days=31)).replace(day=1)
    return day_bounds(first)[0], day_bounds(after)[0]


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """First moment of a Shanghai day and of the next one, both in UTC."""
    start = datetime(day.year, day.month, day.day, tzinfo=SHANGHAI)
    return start.astimezone(UTC), (start + timedelta(days=1)).astimezone(UTC)


def beyond_next_year(moment: datetime, at: datetime) -> str:
    """Why a moment that somebody typed is too late to be meant; empty where it is this year's or the next one's."""
    year, last = to_shanghai(moment).year, to_shanghai(at).year + 1
    return f"{year} 年太远了，最晚可以定在 {last} 年 12 月，请检查年份" if year > last else ""


def credible(until: datetime, at: datetime, longest: timedelta) -> bool:
    """Whether a lock may still hold at ``at``: it has not ended, and no clock that was right can have set it.

    A lock lasts at most ``longest``. One that ends later than that from now was set by a clock that was ahead, and holds nobody.
    """
    return at < until <= at + longest


def speed() -> float:
    """How many times faster than real time the clock runs (1.0 for the system's clock)."""
    rate = _rate
    return 1.0 if rate is None else rate.speed


def following() -> bool:
    """Whether the clock follows another one (demo, rehearsal, tests) instead of the system's."""
    return bool(_url)


def follow(url: str) -> None:
    """Follow the clock at ``url`` (the local WeChat's ``/_sandbox/clock``); an empty ``url`` returns to the system's.

    An unreachable clock is not an error: the last known rate goes on, or the system's clock until the first answer.
    """
    global _url, _rate, _follower  # noqa: PLW0603 - the process has one clock
    with _guard:
        _url = url
        if not url:
            _rate = None
            return
    sync()
    with _guard:
        if _follower is None or not _follower.is_alive():
            _follower = threading.Thread(target=_follow_for_ever, name="clock", daemon=True)
            _follower.start()


def sync() -> bool:
    """Read the followed clock now; whether it answered. Does nothing for the system's clock.

    An answer that was asked for earlier than the one that counts is out of date: the clock may have been set between them.
    """
    global _rate  # noqa: PLW0603
    url = _url
    if not url:
        return True
    try:
        before = time.monotonic()
        with _direct.open(url, timeout=2) as answer:
            body = json.load(answer)
        middle = (before + time.monotonic()) / 2
        at = datetime.fromisoformat(body["at"]).timestamp()
        rate = _Rate(real=middle, at=at, speed=float(body.get("speed", 1.0)), asked=before)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    with _guard:
        if _url == url and (_rate is None or _rate.asked <= before):
            _rate = rate
    return True


def _follow_for_ever() -> None:
    while True:
        time.sleep(_POLL_S)
        if not _url:
            return
        sync()
