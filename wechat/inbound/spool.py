"""What could not be processed: an append-only file on disk, written before the follower is told so, worked
off later.

A line is one message, encrypted. A message is processed once: its key in the database decides, however often
the file is read. What fails for the third time is set aside for a person.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

import structlog

from database.spoolfile import Line, SpoolFile, lines_of
from ground import clock
from wechat.inbound.claims import Envelope
from wechat.inbound.reception import HandlerFailed, Reception
from wechat.wire.codec import BadPush, read
from wechat.wire.parsing import parse

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 3


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a run came to. ``waiting``: the database is still away, the rest stays in the file."""

    done: int = 0
    failed: int = 0
    aside: int = 0
    waiting: bool = False


class Spool(SpoolFile):
    """The spool of one data folder, and how it is worked off."""

    def is_empty(self) -> bool:
        """Whether nothing waits; two look-ups of a name."""
        return not self.file.exists() and not self.work.exists()

    def replay(self, reception: Reception) -> Replayed:
        """Work off what waits. Run by the scheduler's tick and at the start; does nothing where another
        process is at it.
        """
        if self.is_empty():
            return Replayed()
        with self.alone() as alone:
            if not alone:
                return Replayed()
            with self.locked():
                if not self.work.exists() and self.file.exists():
                    self.file.rename(self.work)
            return self._work_off(reception) if self.work.exists() else Replayed()

    def _work_off(self, reception: Reception) -> Replayed:
        done = failed = aside = 0
        again: list[Line] = []
        for line in lines_of(self.work):
            try:
                if _letter_taken(reception, line):
                    done += 1
            except HandlerFailed as error:
                line.attempts += 1
                if line.attempts < MOST_ATTEMPTS:
                    again.append(line)
                    failed += 1
                else:
                    reception.set_aside(_envelope(line), type(error.__cause__).__name__, line.attempts)
                    aside += 1
                    log.error("spooled message set aside", attempts=line.attempts)
            except reception.outages:
                # The whole file is read again: what was processed is found by its key and costs nothing.
                return Replayed(done, failed, aside, waiting=True)
        for line in again:
            self.append(line)
        self.work.unlink()
        return Replayed(done, failed, aside)


def _envelope(line: Line) -> Envelope:
    push = parse(read(line.body.encode()))
    return Envelope(push, line.body, None, datetime.fromtimestamp(line.received_at, UTC))


def _letter_taken(reception: Reception, line: Line) -> bool:
    try:
        envelope = _envelope(line)
    except BadPush:
        return False
    return not reception.retry(envelope).repeat


def line_of(body: str, attempts: int = 0) -> Line:
    """A line for a message that came just now."""
    return Line(body, clock.timestamp(), attempts)
