"""What the slots ahead will take of the queues as they stand: nothing is reserved for them, for nobody has confirmed them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy.orm import Session

import workdays
from content import columns, queue, slots
from content.slots import Slot
from models import Article, Column
from scheduler import quiet
from settings import Settings
from workdays import Workdays


@dataclass(frozen=True)
class Slotted:
    """A coming ``moment`` of a column's slot with what it will take, the head of the queue first; nothing: it is empty.

    ``at`` is when that is sent: the moment, or the end of the quiet hours that it falls into.
    """

    kind: ClassVar[str] = "slot"
    at: datetime
    moment: datetime
    column: Column
    slot: Slot
    articles: Sequence[Article]


def coming(
    session: Session,
    settings: Settings,
    until: datetime,
    *,
    at: datetime,
    column: Column | None = None,
    calendar: Workdays | None = None,
) -> Iterator[Slotted]:
    """Every moment of the active columns' slots, or of one column's, later than ``at`` and earlier than ``until``.

    One column comes after the other, each in the order of its moments. ``calendar`` is the office's, where it was loaded already.
    """
    calendar = calendar or workdays.load(session)
    for one in [column] if column else columns.listing(session):
        waiting = queue.waiting(session, one.id)
        for slot, moment, share in slots.dealt(one.slots if one.active else (), waiting, at, calendar):
            if moment >= until:
                break
            yield Slotted(quiet.defer(moment, settings.limits.quiet_hours), moment, one, slot, share)


__all__ = ["Slotted", "coming"]
