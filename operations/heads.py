"""The audit chain's heads, kept outside the database: a file in ``data_dir`` and the log.

Whoever can write into the database could put the whole chain back to an earlier state; the heads that were noted before then
show it. A line is a head under a key; lines are only ever appended.
"""

from __future__ import annotations

import errno
import hashlib
import hmac
import os
import time
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog

from accounts import audit
from database.sealed import keyring
from ground import clock
from ground.errors import Conflict

if TYPE_CHECKING:
    from runtime import Runtime

log = structlog.get_logger(__name__)

FILE = "audit-heads.log"
_KEY = b"audit.heads file"
_EVERY_S = 600.0


class Line(msgspec.Struct):
    """One head: when and why it was noted, the entry's number and hash, and a mark over all that."""

    at: datetime
    why: str
    id: int
    hash: str
    mark: str = ""


@dataclass(frozen=True)
class Verdict:
    """What a verification came to: the chain's report, what is wrong (empty: nothing), and what is worth saying."""

    report: audit.ChainReport
    fault: str
    notes: tuple[str, ...] = ()
    head: audit.Head | None = None

    @property
    def intact(self) -> bool:
        """Whether chain and outside record fit."""
        return not self.fault


def note(runtime: Runtime, why: str) -> audit.Head | None:
    """Append the present head to the file, durably, and to the log; nothing where there is no entry yet."""
    with runtime.db.read_scope() as session:
        head = audit.head(session)
    if head is not None:
        _append(runtime.settings.data_dir, Line(clock.now(), why, head.id, head.hash))
        log.info("audit_head", entry=head.id, hash=head.hash, why=why)
    return head


def verify(runtime: Runtime, *, noting: bool = True) -> Verdict:
    """Walk the chain and hold it against the noted heads; afterwards (``noting``) the present head is noted too."""
    lines, fault = _lines(runtime.settings.data_dir)
    noted = [audit.Head(line.id, line.hash, line.at) for line in lines]
    with runtime.db.read_scope() as session:
        report = audit.verify(session, noted)
        head = audit.head(session)
    notes = []
    if report.superseded:
        notes.append(f"另外保存的 {report.superseded} 条末尾记录属于恢复备份之前的数据，已被恢复的数据代替")
    if not lines and report.entries:
        notes.append(f"数据目录里没有以前保存的末尾记录（{FILE}），这次只能核对数据库里的日志")
    found = report.fault or fault
    if noting and not found:
        note(runtime, "verify")
    return Verdict(report, found, tuple(notes), head)


def seal(runtime: Runtime) -> audit.ChainReport | None:
    """Bring a chain of the first version under the key, once; what the old chain was worth, None where nothing was to do.

    Raises :class:`errors.Conflict` where a keyed chain was noted before: entries without a key are then not of ours.
    """
    with runtime.db.read_scope() as session:
        if not audit.unkeyed(session):
            return None
    if _lines(runtime.settings.data_dir)[0]:
        raise Conflict(
            "操作日志里有没有用密钥校验的记录，可能是绕过系统写入的，请运行 ./pioneer flask audit verify 查看，并立即核查"
        )
    with runtime.db.session_scope() as session:
        report = audit.seal(session, at=clock.now())
    note(runtime, "seal")
    return report


class Regular:
    """Notes the head when the process starts, on each new day, and every ten minutes in which there were new entries.

    What is cut off in between and put back to an earlier head shows only if it was noted, so the window is short.
    """

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._day: date | None = None
        self._noted: int | None = None
        self._at = 0.0

    def __call__(self) -> None:
        today = clock.shanghai_day(clock.now())
        if today != self._day:
            self._note("start" if self._day is None else "day")
            self._day = today
        elif time.monotonic() - self._at >= _EVERY_S:
            self._at = time.monotonic()
            with self._runtime.db.read_scope() as session:
                head = audit.head(session)
            if head is not None and head.id != self._noted:
                self._note("later")

    def _note(self, why: str) -> None:
        head = note(self._runtime, why)
        self._noted, self._at = (head.id if head else None), time.monotonic()


def _append(data_dir: Path, line: Line) -> None:
    line.mark = _mark(line)
    data = msgspec.json.encode(line) + b"\n"
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(data_dir / FILE, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        size = os.fstat(descriptor).st_size
        if size and os.pread(descriptor, 1, size - 1) != b"\n":  # a line that a power cut has cut
            data = b"\n" + data
        if os.write(descriptor, data) != len(data):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(data_dir / FILE))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _lines(data_dir: Path) -> tuple[list[Line], str]:
    """The lines that are ours, and what is wrong with the others."""
    try:
        content = (data_dir / FILE).read_bytes()
    except FileNotFoundError:
        return [], ""
    lines, fault = [], ""
    for number, raw in enumerate(content.split(b"\n"), 1):
        try:
            line = msgspec.json.decode(raw, type=Line) if raw else None
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue  # cut by a power cut: it says nothing, and a forger gains nothing by it
        if line is not None and hmac.compare_digest(line.mark, _mark(line)):
            lines.append(line)
        elif line is not None:
            fault = fault or f"{FILE} 第 {number} 行被改动过，另外保存的末尾记录不可信"
    return lines, fault


def _mark(line: Line) -> str:
    body = f"{line.at.isoformat()}|{line.why}|{line.id}|{line.hash}".encode()
    return hmac.new(keyring().derived(_KEY), body, hashlib.sha256).hexdigest()
