"""Who of those that a road could reach is left out, and why: one look at each, in memory, by what the database was asked once."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.orm import Session

from scheduler import notice_consents, windows
from scheduler.audience import Person
from scheduler.roads import Road
from scheduler.roads.people import People
from settings import Settings

_NOTICES = 2
"""How often a person hears of one activity: the notice and one reminder."""


@dataclass(frozen=True)
class Found:
    """Who is left; ``left_out`` are the others by openid, with the reason's name. ``until``: when each one's window closes."""

    reachable: People
    left_out: dict[str, str]
    until: Mapping[str, datetime] = field(default_factory=dict)


def of(
    session: Session,
    settings: Settings,
    road: Road,
    left: People,
    *,
    kind: str,
    columns: set[str],
    told: Mapping[str, int],
    spent: Container[str],
    moment: datetime,
) -> Found:
    """Look at each of those who are ``left`` for this road.

    ``columns`` are those that they may have muted, ``told`` how often each heard of the activity, ``spent`` who has no quota.
    """
    reachable = People()
    left_out: dict[str, str] = {}
    muted = _muted(left, columns)
    open_then = windows.at(session, road, settings.wechat.limits, moment) if len(left) else None
    agreed = notice_consents.standing(session, road, settings, kind, moment) if len(left) else None
    for openid in left.openids:
        if openid in muted:
            left_out[openid] = "muted"
        elif told.get(openid, 0) >= _NOTICES:
            left_out[openid] = "told"
        elif openid in spent:
            left_out[openid] = "quota_used"
        elif open_then is not None and openid not in open_then.until:
            left_out[openid] = "window"
        elif open_then is not None and openid in open_then.used:
            left_out[openid] = "window_used"
        elif agreed is not None and (why := agreed.why_not(openid)):
            left_out[openid] = why
        else:
            reachable.add(openid)
    return Found(reachable, left_out, open_then.until if open_then else {})


def _muted(following: People, columns: set[str]) -> set[str]:
    """Those who want nothing of any of these columns."""
    if not columns:
        return set()
    return {one for one, keys in following.muted.items() if columns <= Person(one, keys).muted_columns()}
