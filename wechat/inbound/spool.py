"""What could not be processed: an append-only file on disk, written before the follower is told so, worked
off later.

A line is one message, encrypted. A message is processed once: its key in the database decides, however often
the file is read. What fails for the third time is set aside for a person.
"""

from __future__ import annotations

import base64
import fcntl
import os
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

from database.sealed import keyring
from ground import clock
from wechat.inbound.claims import Letter
from wechat.inbound.reception import HandlerFailed, Reception
from wechat.wire.codec import BadPush, read
from wechat.wire.parsing import parse

log = structlog.get_logger(__name__)

MOST_ATTEMPTS = 3
_CONTEXT = b"spool.line"
_FILE, _WORK = "inbound.spool", "inbound.work"


class Line(msgspec.Struct):
    """One spooled message: the clear body, when it came (Unix seconds), how often a handler failed on it."""

    body: str
    received_at: float
    attempts: int = 0


@dataclass(frozen=True, slots=True)
class Replayed:
    """What a run came to. ``waiting``: the database is still away, the rest stays in the file."""

    done: int = 0
    failed: int = 0
    aside: int = 0
    waiting: bool = False


class Spool:
    """The spool of one data folder; any number of processes may append, one at a time works it off."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "spool"
        self._file = self.folder / _FILE
        self._work = self.folder / _WORK
        self._guard = threading.Lock()

    def append(self, line: Line) -> None:
        """Keep a message; on disk (fsync) when this returns. Raises ``OSError`` when that is not possible."""
        sealed = keyring().seal(msgspec.json.encode(line), _CONTEXT)
        data = base64.b64encode(sealed) + b"\n"
        with self._locked():
            descriptor = os.open(self._file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
            try:
                os.write(descriptor, data)
                os.fsync(descriptor)
            finally:
                os.close(descriptor)

    def is_empty(self) -> bool:
        """Whether nothing waits; two look-ups of a name."""
        return not self._file.exists() and not self._work.exists()

    def waiting(self) -> int:
        """How many lines wait."""
        return sum(1 for path in (self._work, self._file) if path.exists() for _ in path.open("rb"))

    def replay(self, reception: Reception) -> Replayed:
        """Work off what waits. Run by the scheduler's tick and at the start; does nothing where another
        process is at it.
        """
        if self.is_empty():
            return Replayed()
        with self._alone() as alone:
            if not alone:
                return Replayed()
            with self._locked():
                if not self._work.exists() and self._file.exists():
                    self._file.rename(self._work)
            return self._work_off(reception) if self._work.exists() else Replayed()

    def _work_off(self, reception: Reception) -> Replayed:
        done = failed = aside = 0
        again: list[Line] = []
        for line in self._lines():
            try:
                if _letter_taken(reception, line):
                    done += 1
            except HandlerFailed as error:
                line.attempts += 1
                if line.attempts < MOST_ATTEMPTS:
                    again.append(line)
                    failed += 1
                else:
                    reception.set_aside(_letter(line), type(error.__cause__).__name__, line.attempts)
                    aside += 1
                    log.error("spooled message set aside", attempts=line.attempts)
            except reception.outages:
                # The whole file is read again: what was processed is found by its key and costs nothing.
                return Replayed(done, failed, aside, waiting=True)
        for line in again:
            self.append(line)
        self._work.unlink()
        return Replayed(done, failed, aside)

    def _lines(self) -> Iterator[Line]:
        for raw in self._work.read_bytes().splitlines():
            try:
                yield msgspec.json.decode(keyring().open(base64.b64decode(raw), _CONTEXT), type=Line)
            except (ValueError, msgspec.DecodeError):
                log.error("a line of the spool is damaged, probably by a power cut", size=len(raw))

    def _locked(self) -> _FileLock:
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return _FileLock(self.folder / "append.lock", self._guard)

    def _alone(self) -> _TryLock:
        return _TryLock(self.folder / "replay.lock")


def _letter(line: Line) -> Letter:
    push = parse(read(line.body.encode()))
    return Letter(push, line.body, None, datetime.fromtimestamp(line.received_at, UTC))


def _letter_taken(reception: Reception, line: Line) -> bool:
    try:
        letter = _letter(line)
    except BadPush:
        return False
    return not reception.retry(letter).repeat


class _FileLock:
    """Exclusive over threads and processes; waits."""

    def __init__(self, path: Path, guard: threading.Lock) -> None:
        self._path, self._guard, self._descriptor = path, guard, -1

    def __enter__(self) -> None:
        self._guard.acquire()
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)
        self._guard.release()


class _TryLock:
    """Exclusive over processes and threads; does not wait."""

    def __init__(self, path: Path) -> None:
        self._path, self._descriptor = path, -1

    def __enter__(self) -> bool:
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def __exit__(self, *_: object) -> None:
        os.close(self._descriptor)


def line_of(body: str, attempts: int = 0) -> Line:
    """A line for a message that came just now."""
    return Line(body, clock.timestamp(), attempts)
