"""Who may read our files: nobody but us. New ones are made so; those of earlier versions are mended at the start."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from settings import ROOT, Settings, config_path

_OTHERS = 0o077
_DATABASE_SIDES = ("", "-wal", "-shm", "-journal")
_KINDS = ("*.lock", "*.log", "*.db", "*.db-wal", "*.db-shm", "*.db.*", "spool/*", "restore-*.json")
_FOLDERS = ("spool", "restore-incoming", "assets", "qr")


def make_private(settings: Settings) -> None:
    """What this process makes from now on is readable by its own user alone, and so is what is there already."""
    os.umask(_OTHERS)
    for path in open_to_others(settings):
        try:
            path.chmod(path.stat().st_mode & ~_OTHERS)
        except OSError:  # not ours: the doctor says so
            continue


def open_to_others(settings: Settings) -> list[Path]:
    """Which of our files and folders other users of the machine may read or write."""
    return [path for path in dict.fromkeys(_ours(settings)) if _is_open(path)]


def _ours(settings: Settings) -> Iterator[Path]:
    folder = settings.data_dir
    if folder != ROOT and _is_only_ours(folder):
        yield folder
    yield from (folder / name for name in _FOLDERS)
    for kind in _KINDS:
        yield from folder.glob(kind)
    if settings.on_sqlite and (name := sa.make_url(settings.database.url).database):
        file = Path(name) if Path(name).is_absolute() else ROOT / name
        yield from (file.with_name(file.name + side) for side in _DATABASE_SIDES)
        yield from file.parent.glob(f"{file.name}.2*")  # what earlier restores have kept
    config = config_path()
    if config is not None and config.resolve().is_relative_to(folder.resolve()):
        yield config  # the demo's: elsewhere a configuration may belong to a group on purpose


def _is_open(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except OSError:
        return False
    return (stat.S_ISREG(mode) or stat.S_ISDIR(mode)) and bool(mode & _OTHERS)


def _is_only_ours(folder: Path) -> bool:
    """A folder that many use (``/tmp``) is not ours to close."""
    try:
        state = folder.stat()
    except OSError:
        return False
    return state.st_uid == os.geteuid() and not state.st_mode & stat.S_ISVTX
