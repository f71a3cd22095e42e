"""Many Word files at once: they are handed in, the server takes one after the other, and what became of each stays to be read.

Their files wait under ``data_dir/imports``. A file becomes a draft and is marked as done in one transaction, so that a kill
between any two lines makes none twice and loses none.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from accounts.rights import require
from content import columns
from content.life import WRITE
from database import claims
from database.claims import Lease
from database.once import insert_once
from ground import clock
from ground.errors import NotFound, Unavailable
from models import BatchFile, BatchFileStatus, Column, ImportBatch, User

_WAITS, _DONE, _REFUSED = BatchFileStatus.WAITING, BatchFileStatus.DONE, BatchFileStatus.REFUSED
WORDS = {_WAITS: "等待", _DONE: "已导入", _REFUSED: "没有导入"}
_DAY_S = 86_400.0
LEASE_S = 180.0
MOST_ATTEMPTS = 3
_NAME_CHARS = 200


@dataclass(frozen=True)
class HandedIn:
    """A file as it came: ``data`` is what to keep, or ``reason`` why it is not taken."""

    name: str
    data: bytes
    reason: str = ""


@dataclass(frozen=True)
class Work:
    """One claimed file: what it takes to make a draft of it."""

    file_id: int
    name: str
    stored: str
    user_id: int
    column_id: int
    column_key: str


# --- files ------------------------------------------------------------------------------------------------------


def store(data_dir: Path, data: bytes) -> str:
    """Write a file that waits, before its row; the name by which it is found. Raises :class:`errors.Unavailable`."""
    key = secrets.token_hex(16)
    folder = data_dir / "imports"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(folder / key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise Unavailable("文件保存失败，请检查磁盘空间和数据目录的权限", reason=error.strerror) from error
    return key


def read(data_dir: Path, stored: str) -> bytes:
    """The bytes of a file that waits. Raises :class:`errors.NotFound`."""
    try:
        return (data_dir / "imports" / stored).read_bytes()
    except FileNotFoundError:
        raise NotFound("暂存的文件不见了，请重新上传") from None


def drop(data_dir: Path, stored: str) -> None:
    """Remove a file that is done with."""
    if stored:
        (data_dir / "imports" / stored).unlink(missing_ok=True)


def old(data_dir: Path, now: float) -> list[str]:
    """The stored names that are older than a day at ``now`` (Unix seconds, as files have them)."""
    folder = data_dir / "imports"
    if not folder.exists():
        return []
    return [path.name for path in folder.iterdir() if now - path.stat().st_mtime > _DAY_S]


# --- handing in ----------------------------------------------------------------------------------------------------


def begin(session: Session, user: User, column_key: str, *, at: datetime) -> ImportBatch:
    """A new batch. Raises :class:`errors.Forbidden`, :class:`errors.NotFound`."""
    require(user, WRITE)
    column = columns.by_key(session, column_key)
    batch = ImportBatch(user_id=user.id, column_id=column.id, created_at=at)
    session.add(batch)
    session.flush()
    return batch


def add(
    session: Session, user: User, batch_id: int, files: Sequence[tuple[HandedIn, str]], *, at: datetime
) -> list[str]:
    """Enter files whose bytes are stored already (file and its stored name).

    The same file again in one batch is entered once; the stored names that nobody needs come back, to be dropped. Raises
    :class:`errors.Forbidden`, :class:`errors.NotFound`.
    """
    require(user, WRITE)
    get(session, batch_id)
    unneeded = []
    for file, stored in files:
        row = {
            "batch_id": batch_id,
            "name": file.name[-_NAME_CHARS:],
            "sha256": hashlib.sha256(file.data).hexdigest(),
            "stored": stored,
            "status": (_REFUSED if file.reason else _WAITS).value,
            "reason": file.reason[:300],
            "article_id": None,
            "warnings": [],
            "attempts": 0,
            "finished_at": at if file.reason else None,
            "lease_owner": "",
            "lease_until": None,
        }
        if not insert_once(session, BatchFile, [row], keys=["batch_id", "sha256", "name"]) and stored:
            unneeded.append(stored)
    return unneeded


# --- looking ---------------------------------------------------------------------------------------------------------


def get(session: Session, batch_id: int) -> ImportBatch:
    """A batch. Raises :class:`errors.NotFound`."""
    batch = session.get(ImportBatch, batch_id)
    if batch is None:
        raise NotFound("没有这次批量导入")
    return batch


def files(session: Session, batch_id: int) -> list[BatchFile]:
    """Its files: what was refused first, then what waits, then what is done, each in the order in which they came."""
    first = sa.case({_REFUSED.value: 0, _WAITS.value: 1}, value=BatchFile.status, else_=2)
    return list(
        session.scalars(
            sa.select(BatchFile).where(BatchFile.batch_id == batch_id).order_by(first, BatchFile.id)
        )
    )


def latest(session: Session, user: User, limit: int = 5) -> list[tuple[ImportBatch, int, int]]:
    """The last batches of this person, each with how many files it has and how many of them wait."""
    waits = sa.func.sum(sa.case((BatchFile.status == _WAITS.value, 1), else_=0))
    rows = session.execute(
        sa.select(ImportBatch, sa.func.count(BatchFile.id), waits)
        .join(BatchFile, BatchFile.batch_id == ImportBatch.id)
        .where(ImportBatch.user_id == user.id)
        .group_by(ImportBatch.id)
        .order_by(ImportBatch.id.desc())
        .limit(limit)
    )
    return [(batch, count, int(waiting or 0)) for batch, count, waiting in rows]


# --- working ----------------------------------------------------------------------------------------------------------


def waiting(session: Session) -> bool:
    """Whether a file waits that nobody has."""
    return session.scalar(sa.select(BatchFile.id).where(*_free()).limit(1)) is not None


def unneeded(session: Session, stored: Sequence[str]) -> set[str]:
    """Of these stored names those for which no file waits, as after a kill between file and row."""
    needed = sa.select(BatchFile.stored).where(BatchFile.stored.in_(stored), BatchFile.status == _WAITS.value)
    return set(stored) - set(session.scalars(needed))


def claim(session: Session, lease: Lease) -> Work | None:
    """The next file, for whoever holds ``lease``."""
    won = claims.claim(
        session, BatchFile, where=_free(), lease=lease, values={"attempts": BatchFile.attempts + 1}, limit=1
    )
    if not won:
        return None
    row = session.execute(
        sa.select(BatchFile, ImportBatch, Column)
        .join(ImportBatch, ImportBatch.id == BatchFile.batch_id)
        .join(Column, Column.id == ImportBatch.column_id)
        .where(BatchFile.id == won[0])
        .execution_options(populate_existing=True)
    ).one()
    file, batch, column = row
    return Work(file.id, file.name, file.stored, batch.user_id, column.id, column.key)


def _free() -> list[sa.ColumnElement[bool]]:
    return [BatchFile.status == _WAITS.value, claims.free(BatchFile, LEASE_S, clock.now())]


def attempts(session: Session, file_id: int) -> int:
    """How often the file was begun."""
    return session.scalar(sa.select(BatchFile.attempts).where(BatchFile.id == file_id)) or 0


def done(
    session: Session, file_id: int, owner: str, article_id: int, warnings: Sequence[str], *, at: datetime
) -> bool:
    """The file became this draft; false where ``owner`` has it no longer, and the draft must go with the transaction."""
    return _end(
        session, file_id, owner, status=_DONE.value, article_id=article_id, warnings=list(warnings), at=at
    )


def refuse(session: Session, file_id: int, owner: str, reason: str, *, at: datetime) -> bool:
    """The file is no draft, and why."""
    return _end(session, file_id, owner, status=_REFUSED.value, reason=reason[:300], at=at)


def put_back(session: Session, file_id: int, owner: str) -> None:
    """The file waits again, as if it had not been begun."""
    mine = [BatchFile.id == file_id, BatchFile.lease_owner == owner]
    claims.change(session, BatchFile, mine, attempts=BatchFile.attempts - 1, lease_owner="", lease_until=None)


def _end(session: Session, file_id: int, owner: str, *, at: datetime, **values: object) -> bool:
    mine = [BatchFile.id == file_id, BatchFile.lease_owner == owner, BatchFile.status == _WAITS.value]
    ended = {"finished_at": at, "lease_owner": "", "lease_until": None}
    return claims.change(session, BatchFile, mine, **values, **ended) == 1
