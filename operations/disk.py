"""What a disk may answer, in plain words; and how files are brought onto it for good."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from ground.errors import Unavailable, in_words

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
_SHUT = (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST)


@contextmanager
def disk_faults_told(folder: Path, outcome: str) -> Iterator[None]:
    """Say in Chinese that ``folder`` is full or cannot be written; ``outcome`` is what that means for the user.

    Raises :class:`errors.Unavailable` for what the disk, or the database for want of disk, refused.
    """
    try:
        yield
    except OSError as error:
        if isinstance(error, BrokenPipeError) or error.errno is None:
            raise
        raise Unavailable(_sentence(error, folder, outcome)) from error
    except sa.exc.DBAPIError as error:
        text = str(error.orig).lower()
        if getattr(error.orig, "sqlstate", None) == "53100" or "is full" in text or "disk i/o" in text:
            raise Unavailable(f"{outcome}：数据库写不下，磁盘可能已满，请清理磁盘后重试") from error
        if "readonly" in text or "unable to open" in text:
            raise Unavailable(f"{outcome}：数据库文件不能写入，请检查目录权限后重试") from error
        raise


def _sentence(error: OSError, folder: Path, outcome: str) -> str:
    place = error.filename or folder
    if error.errno in _FULL:
        return f"{outcome}：磁盘已满（{place}），请清理磁盘后重试"
    if error.errno in _SHUT:
        return f"{outcome}：{place} 不能写入，请检查目录和文件的权限后重试"
    return f"{outcome}：{place} 读写出错（{in_words(error)}），请检查磁盘后重试"


def fsync_folder(folder: Path) -> None:
    """After this a file's new name survives a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_durably(path: Path, data: bytes) -> None:
    """Put ``data`` in the place of ``path`` in one step, readable by us alone."""
    part = path.with_name(path.name + ".part")
    try:
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    fsync_folder(path.parent)


def remove_tree(folder: Path) -> None:
    """Remove a folder of ours with all that is in it; nothing if there is none."""
    if folder.is_dir() and not folder.is_symlink():
        shutil.rmtree(folder)
    else:
        folder.unlink(missing_ok=True)
