"""A file between its check and its confirmation: sealed, readable by its owner alone, gone after an hour whatever happens."""

from __future__ import annotations

import os
import re
import secrets
import time
from pathlib import Path

from database.sealed import keyring
from ground.errors import Conflict

KEEP_S = 3600
_KEY = re.compile(r"[0-9a-f]{32}")
_CONTEXT = b"upload.roster"


def keep(data_dir: Path, user_id: int, name: str, data: bytes) -> str:
    """Put a file away; the key with which its owner takes it again."""
    folder = _folder(data_dir)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = secrets.token_hex(16)
    head = f"{user_id}\n{name[-200:]}\n".encode()
    sealed = keyring().seal(head + data, _CONTEXT)
    descriptor = os.open(folder / key, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(sealed)
    return key


def take(data_dir: Path, user_id: int, key: str) -> tuple[str, bytes]:
    """Name and bytes. Raises :class:`errors.Conflict` where it is gone, too old, or another user's."""
    path = _folder(data_dir) / key
    if _KEY.fullmatch(key) and path.exists() and not _is_over(path, time.time()):
        owner, name, data = keyring().open(path.read_bytes(), _CONTEXT).split(b"\n", 2)
        if int(owner) == user_id:
            return name.decode(), data
    raise Conflict("上传的文件已过期，请重新选择文件上传")


def drop(data_dir: Path, key: str) -> None:
    """Remove a file that is done with."""
    if _KEY.fullmatch(key):
        (_folder(data_dir) / key).unlink(missing_ok=True)


def expire(data_dir: Path, now: float) -> int:
    """Remove what is older than an hour at ``now`` (Unix seconds of the machine, as files have them); how many."""
    over = [path for path in waiting(data_dir) if _is_over(path, now)]
    for path in over:
        path.unlink(missing_ok=True)
    return len(over)


def waiting(data_dir: Path) -> list[Path]:
    """The files there."""
    folder = _folder(data_dir)
    return [path for path in folder.iterdir() if path.is_file()] if folder.exists() else []


def _folder(data_dir: Path) -> Path:
    return data_dir / "uploads"


def _is_over(path: Path, now: float) -> bool:
    try:
        return now - path.stat().st_mtime > KEEP_S
    except FileNotFoundError:
        return False
