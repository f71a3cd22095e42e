"""When a push goes out: at its moment, at the end of the quiet hours, or inside them for a reason."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ground import clock, reasons
from ground.errors import Refused
from scheduler import quiet
from settings import Settings

_A_MINUTE = timedelta(minutes=1)
_REASON_LEAST = 5
NEEDS_ANOTHER = "紧急推送已提交，需要另一位有权限的人同意后才会发送"


@dataclass(frozen=True)
class When:
    """When a push goes out: ``deferred`` to the end of the quiet hours, or inside them with an ``urgent`` reason."""

    at: datetime
    deferred: bool = False
    urgent: str = ""


def at_what_time(settings: Settings, due_at: datetime | None, now: datetime, urgent: str = "") -> When:
    """When a push goes out that is wanted at ``due_at`` (None: now); ``urgent`` counts in the quiet hours alone.

    Raises :class:`errors.Refused` for what is past or behind the next year, and for an emergency
    without a reason that says something.
    """
    if due_at is not None and due_at < now - _A_MINUTE:
        shown = clock.to_shanghai(due_at).strftime("%Y-%m-%d %H:%M")
        raise Refused(f"推送时间 {shown} 已经过去，请改为以后的时间，或立即推送")
    wanted = max(due_at or now, now)
    if why := clock.beyond_next_year(wanted, now):
        raise Refused(why)
    over = quiet.defer(wanted, settings.limits.quiet_hours)
    if over == wanted:
        return When(wanted)
    if not urgent.strip():
        return When(over, deferred=True)
    return When(
        wanted, urgent=reasons.given(urgent, "请写明为什么不能等到免打扰时段结束", least=_REASON_LEAST)
    )


def said_of(when: When, settings: Settings, *, at_once: bool = False) -> list[str]:
    """What a person should know about the moment."""
    if when.urgent:
        return [NEEDS_ANOTHER]
    if not when.deferred:
        return []
    hours, ends = settings.limits.quiet_hours, clock.to_shanghai(when.at)
    if at_once:
        return [
            f"现在是免打扰时段（{hours}），将在 {ends:%m-%d %H:%M} 发送；不能等的，请填写紧急推送的理由后重新提交"
        ]
    return [f"{hours} 为免打扰时段，已顺延到 {ends:%m-%d %H:%M}"]
