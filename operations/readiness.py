"""Whether this process can keep what it promises just now: take a message, write it down, send what is due.

Each answer comes from touching the thing itself, not from asking whether it is there: a file of some size reaches the disk, a row
is committed, a fresh connection reads every table's first page. An answer is kept for a second, so that nobody wears the disk
out by asking.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import sqlalchemy as sa

from database import migrate
from database.once import upsert
from ground import clock
from ground.errors import Unavailable, in_words
from models import Setting
from operations import unfinished

if TYPE_CHECKING:
    from runtime import Runtime

_KEEP_S = 1.0
_PROBE_BYTES = 64 * 1024
_WRITE_PATIENCE_S = 5.0
_SILENT_S = 60.0
_HEARTBEAT = "heartbeat"


@dataclass(frozen=True)
class Fault:
    """What does not work: the part by its name, and what to do about it. Both Chinese, without any secret or path."""

    part: str
    message: str


class Readiness:
    """The readiness of one process; ``folders`` are those that must take a file (Chinese name → path)."""

    def __init__(self, runtime: Runtime, folders: dict[str, Path]) -> None:
        self._runtime = runtime
        self._folders = folders
        self._guard = threading.Lock()
        self._known: list[Fault] = []
        self._looked_at = -_KEEP_S
        self._schema_is_right = False
        self._file = _identity(runtime)

    def faults(self) -> list[Fault]:
        """What is wrong now, or was within the last second; empty: ready."""
        with self._guard:
            if time.monotonic() - self._looked_at >= _KEEP_S:
                checks: list[Callable[[], list[Fault]]] = [
                    self._restore,
                    self._disk,
                    self._database,
                    self._redis,
                    self._scheduler,
                ]
                self._known = [fault for check in checks for fault in check()]
                self._looked_at = time.monotonic()
            return self._known

    def _restore(self) -> list[Fault]:
        if not unfinished.path(self._runtime.settings.data_dir).exists():
            return []
        return [Fault("恢复备份", "上一次恢复没有完成，请停止服务后运行：./pioneer flask restore --settle")]

    def _disk(self) -> list[Fault]:
        return [
            Fault(name, f"无法写入（{in_words(OSError(number, ''))}），请检查磁盘空间和权限")
            for name, folder in self._folders.items()
            if (number := _write(folder))
        ]

    def _database(self) -> list[Fault]:
        if self._runtime.db.on_sqlite and (fault := self._sqlite_file()):
            return [fault]
        try:
            if not self._schema_is_right and migrate.pending(self._runtime.db):
                return [Fault("数据库", "表结构不是最新版本，请运行：./pioneer flask db upgrade")]
            self._schema_is_right = True
            self._beat()
        except Unavailable:
            return [Fault("数据库", "写入排队太久，请稍后再看，持续出现时请重新启动服务")]
        except sa.exc.SQLAlchemyError:
            return [Fault("数据库", "无法写入，请检查数据库是否已启动、磁盘是否已满")]
        return []

    def _beat(self) -> None:
        db = self._runtime.db
        with db.writing(_WRITE_PATIENCE_S), db.session_scope() as session:
            upsert(session, Setting, name=_HEARTBEAT, value="", updated_at=clock.now())

    def _sqlite_file(self) -> Fault | None:
        """SQLite goes on with a file that was deleted or replaced, and what it writes is lost: the name must lead to ours."""
        found = _identity(self._runtime)
        if found is None:
            return Fault("数据库", "数据库文件不见了，请立即停止服务，从备份恢复")
        if self._file is None:
            self._file = found
        elif found != self._file:
            return Fault("数据库", "数据库文件在运行中被换成了另一个，请重新启动服务")
        return (
            None
            if _is_sound(_path(self._runtime))
            else Fault("数据库", "数据库文件已损坏，请停止服务，从备份恢复")
        )

    def _redis(self) -> list[Fault]:
        if (redis := self._runtime.redis) is None:
            return []
        try:
            redis.ping()
        except Exception as error:  # redis-py's own errors do not derive from OSError
            if not isinstance(error, OSError) and not type(error).__module__.startswith("redis"):
                raise
            return [Fault("Redis", "没有应答，请检查它是否在运行")]
        return []

    def _scheduler(self) -> list[Fault]:
        ticked_at = self._runtime.ticked_at
        if ticked_at is None or time.monotonic() - ticked_at < _SILENT_S:
            return []
        return [Fault("定时任务", "一分钟没有动静，到点的推送不会发出，请重新启动服务")]


def _path(runtime: Runtime) -> Path:
    return Path(runtime.db.url.database or "")


def _identity(runtime: Runtime) -> tuple[int, int] | None:
    """Device and inode of SQLite's file; None where there is none, or another database."""
    if not runtime.db.on_sqlite:
        return None
    try:
        stat = _path(runtime).stat()
    except OSError:
        return None
    return stat.st_dev, stat.st_ino


def _is_sound(path: Path) -> bool:
    """Whether a fresh connection can read the first page of every table: a quick sign, not a proof.

    Only SQLite itself may open the file: closing a descriptor of our own would drop the locks that its connections hold.
    """
    try:
        connection = sqlite3.connect(f"{path.as_uri()}?mode=rw", uri=True, timeout=5)
        try:
            names = [
                name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
            ]
            for name in names:
                connection.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()  # noqa: S608 - names of our own tables
        finally:
            connection.close()
    except sqlite3.OperationalError as error:
        return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    except sqlite3.DatabaseError:
        return False
    return bool(names)


def _write(folder: Path) -> int:
    """Bring some bytes to the disk in ``folder`` and take them away again; the error's number, or 0."""
    probe = folder / f".ready-{os.getpid()}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        try:
            with probe.open("wb") as file:
                file.write(b"\0" * _PROBE_BYTES)
                file.flush()
                os.fsync(file.fileno())
        finally:
            probe.unlink(missing_ok=True)
    except OSError as error:
        return error.errno or 5
    return 0
