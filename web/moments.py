"""Moments that people type, in Shanghai's time."""

from __future__ import annotations

from datetime import UTC, date, datetime

from ground import clock
from ground.errors import Refused


def from_input(text: str) -> datetime | None:
    """What a ``datetime-local`` control sends, in UTC; nothing for nothing. Raises :class:`errors.Refused`."""
    text = text.strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise Refused("时间看不懂，请从日历中选择日期和时间") from None
    return moment.replace(tzinfo=clock.SHANGHAI).astimezone(UTC)


def day_from_input(text: str) -> date:
    """What a ``date`` control sends. Raises :class:`errors.Refused`, for nothing too."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise Refused("请填写日期，从日历中选择即可") from None
