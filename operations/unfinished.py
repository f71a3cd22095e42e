"""The note that a restore is under way. Found without its restore, it means: one was killed, and a person has to know.

The data are always whole: until the switch the former ones are in use, after it the restored ones, which may not send. The
note only keeps anybody from going on as if nothing had happened.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import sqlalchemy as sa

from database.session import Database
from ground import clock
from ground.errors import Conflict, Unavailable
from models import Setting
from operations.disk import write_durably

RESTORE_ID = "restore.id"
_FILE, _LOCK = "restore-unfinished.json", "restore.lock"
_SETTLE = "请运行 ./pioneer flask restore --settle "


class Note(msgspec.Struct):
    """A restore: its random id, which the restored database carries; when it began; its file; where the former one is kept."""

    id: str
    began_at: str = ""
    file: str = ""
    kept: str = ""


def path(data_dir: Path) -> Path:
    """Where the note lies."""
    return data_dir / _FILE


def read(data_dir: Path) -> Note | None:
    """The note, None where there is none; one that cannot be read belongs to no database."""
    try:
        return msgspec.json.decode(path(data_dir).read_bytes(), type=Note)
    except FileNotFoundError:
        return None
    except msgspec.DecodeError:
        return Note(id="")


def write(data_dir: Path, note: Note) -> None:
    """Put the note down, for good when this returns."""
    write_durably(path(data_dir), msgspec.json.encode(note))


@contextmanager
def alone(data_dir: Path) -> Iterator[None]:
    """One restore at a time. Raises :class:`errors.Conflict`."""
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    descriptor = os.open(data_dir / _LOCK, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        if not _locked(descriptor):
            raise Conflict("另一个恢复正在进行，请等它完成")
        yield
    finally:
        os.close(descriptor)


def under_way(data_dir: Path) -> bool:
    """Whether a restore is at work just now."""
    try:
        descriptor = os.open(data_dir / _LOCK, os.O_RDWR)
    except OSError:
        return False
    try:
        return not _locked(descriptor)
    finally:
        os.close(descriptor)


def _locked(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


def is_switched(database: Database, note: Note) -> bool:
    """Whether the database in use is the one that this restore has made.

    Raises :class:`errors.Unavailable` where a database server does not say.
    """
    if database.on_sqlite and not Path(database.url.database or "").exists():
        return False
    try:
        with database.read_scope() as session:
            present = session.scalar(sa.select(Setting.value).where(Setting.name == RESTORE_ID))
    except sa.exc.OperationalError as error:
        if database.on_sqlite:  # damaged or without tables: none of ours
            return False
        raise Unavailable("数据库连接不上，请检查 [database] url 和数据库是否已启动") from error
    except sa.exc.DatabaseError:
        return False
    return bool(note.id) and present == note.id


def warning(data_dir: Path, database: Database) -> str:
    """What a person has to know and do, in Chinese; empty where no restore was left half done."""
    note = read(data_dir)
    if note is None:
        return ""
    if under_way(data_dir):
        return "正在恢复备份，请等它完成"
    begun = f"上一次恢复（{note.began_at}，{note.file}）中途停止" if note.file else "上一次恢复中途停止"
    if is_switched(database, note):
        return f"{begun}：备份中的数据已经换上，处于只读状态，只差收尾。{_SETTLE}收尾"
    return (
        f"{begun}：原有数据没有改动。{_SETTLE}清理后继续使用原有数据，或重新运行 ./pioneer flask restore 恢复"
    )


def need_none(data_dir: Path, database: Database) -> None:
    """Refuse to begin while a restore is under way or was left half done. Raises :class:`errors.Conflict`."""
    if path(data_dir).exists() and (text := warning(data_dir, database)):
        raise Conflict(text)


def shown_now() -> str:
    """The present moment for the note."""
    return f"{clock.to_shanghai(clock.now()):%Y-%m-%d %H:%M:%S}"
