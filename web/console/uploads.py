"""A file between its check and its confirmation: kept encrypted, for the one who uploaded it, for an hour."""

from __future__ import annotations

import re
import secrets
import time
from pathlib import Path

from database.sealed import keyring
from ground.errors import Conflict

_KEEP_S = 3600
_KEY = re.compile(r"[0-9a-f]{32}")
_CONTEXT = b"upload.roster"


def keep(data_dir: Path, user_id: int, name: str, data: bytes) -> str:
    """Put a file away; the key with which its owner takes it again. Old ones are removed by the way."""
    folder = data_dir / "uploads"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > _KEEP_S:
            old.unlink(missing_ok=True)
    key = secrets.token_hex(16)
    head = f"{user_id}\n{name[-200:]}\n".encode()
    (folder / key).write_bytes(keyring().seal(head + data, _CONTEXT))
    return key


def take(data_dir: Path, user_id: int, key: str) -> tuple[str, bytes]:
    """Name and bytes. Raises :class:`errors.Conflict` where it is gone, or another user's."""
    path = data_dir / "uploads" / key
    if _KEY.fullmatch(key) and path.exists():
        owner, name, data = keyring().open(path.read_bytes(), _CONTEXT).split(b"\n", 2)
        if int(owner) == user_id:
            return name.decode(), data
    raise Conflict("上传的文件已过期，请重新选择文件上传")


def drop(data_dir: Path, key: str) -> None:
    """Remove a file that is done with."""
    if _KEY.fullmatch(key):
        (data_dir / "uploads" / key).unlink(missing_ok=True)
