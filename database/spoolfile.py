"""The spool on disk: sealed lines, appended before anybody is told so, and gone after their time.

Two files: lines are appended to one; who works them off renames it to the other first. Any number of processes may append, one
at a time works. What a line means is its writer's matter; its age is everybody's.
"""

from __future__ import annotations

import base64
import fcntl
import os
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import structlog

from database.sealed import keyring

log = structlog.get_logger(__name__)

_CONTEXT = b"spool.line"
_FILE, _WORK = "inbound.spool", "inbound.work"


class Line(msgspec.Struct):
    """One spooled message: the clear body, when it came (Unix seconds), how often a handler failed on it."""

    body: str
    received_at: float
    attempts: int = 0


class SpoolFile:
    """The files of one data folder."""

    def __init__(self, data_dir: Path) -> None:
        self.folder = data_dir / "spool"
        self.file = self.folder / _FILE
        self.work = self.folder / _WORK
        self._guard = threading.Lock()

    def append(self, line: Line) -> None:
        """Keep a line; on disk (fsync) when this returns. Raises ``OSError`` when that is not possible."""
        with self.locked():
            _write(self.file, [_sealed(line)], os.O_APPEND)

    def waiting(self) -> int:
        """How many lines wait."""
        return sum(1 for path in (self.work, self.file) if path.exists() for _ in path.open("rb"))

    def ages(self) -> list[datetime]:
        """When each waiting line came; one that cannot be read counts from the last change of its file."""
        return [age for path in (self.work, self.file) for age, _ in _aged(path)]

    def expire(self, before: datetime) -> int:
        """Remove lines that came before, also those that nobody can read; how many. What is being worked off is left alone."""
        if not self.folder.exists():
            return 0
        removed = 0
        with self.alone() as alone:
            if alone:
                removed += _expire(self.work, before)
        with self.locked():
            removed += _expire(self.file, before)
        return removed

    def locked(self) -> FileLock:
        """The lock of those who append."""
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        return FileLock(self.folder / "append.lock", self._guard)

    def alone(self) -> TryLock:
        """The lock of the one who works lines off."""
        return TryLock(self.folder / "replay.lock")


def lines_of(path: Path) -> Iterator[Line]:
    """The lines of a file; one that cannot be read is told to the log and left out."""
    for raw in path.read_bytes().splitlines():
        line = _opened(raw)
        if line is None:
            log.error("a line of the spool is damaged, probably by a power cut", size=len(raw))
        else:
            yield line


def _sealed(line: Line) -> bytes:
    return base64.b64encode(keyring().seal(msgspec.json.encode(line), _CONTEXT)) + b"\n"


def _opened(raw: bytes) -> Line | None:
    try:
        return msgspec.json.decode(keyring().open(base64.b64decode(raw), _CONTEXT), type=Line)
    except (ValueError, msgspec.DecodeError):
        return None


def _aged(path: Path) -> list[tuple[datetime, bytes]]:
    try:
        changed, content = path.stat().st_mtime, path.read_bytes()
    except FileNotFoundError:
        return []
    found = []
    for raw in content.splitlines():
        line = _opened(raw)
        found.append((datetime.fromtimestamp(changed if line is None else line.received_at, UTC), raw))
    return found


def _expire(path: Path, before: datetime) -> int:
    aged = _aged(path)
    kept = [raw + b"\n" for age, raw in aged if age >= before]
    if len(kept) == len(aged):
        return 0
    if kept:
        new = path.with_name(path.name + ".new")
        _write(new, kept, os.O_TRUNC)
        new.replace(path)
    else:
        path.unlink()
    return len(aged) - len(kept)


def _write(path: Path, lines: list[bytes], mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | mode, 0o600)
    try:
        for line in lines:
            os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class FileLock:
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


class TryLock:
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
