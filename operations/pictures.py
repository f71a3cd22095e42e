"""Pictures of a backup, brought beside those in use. What is added before the switch can be told from the rest and taken away."""

from __future__ import annotations

import filecmp
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

from ground import faultpoints


def add_missing(staged: Path, folder: Path) -> None:
    """Give every staged picture that is missing in ``folder`` a second name there; nothing that is there is touched."""
    for source, target in _pairs(staged, folder):
        if not target.exists():
            _put(source, target)
            faultpoints.reach("restore.pictures")


def take_back(staged: Path, folder: Path) -> None:
    """Remove what :func:`add_missing` has added."""
    for source, target in _pairs(staged, folder):
        target.with_name(f".new-{target.name}").unlink(missing_ok=True)
        if target.exists() and target.samefile(source):
            target.unlink()


def replace_different(staged: Path, folder: Path) -> None:
    """After the switch: a picture in ``folder`` whose content is not the backup's (a damaged one) gives way to it."""
    for source, target in _pairs(staged, folder):
        if not target.exists() or not (target.samefile(source) or filecmp.cmp(source, target, shallow=False)):
            _put(source, target)


def _pairs(staged: Path, folder: Path) -> Iterator[tuple[Path, Path]]:
    for source in sorted(staged.rglob("*")) if staged.exists() else ():
        if source.is_file():
            yield source, folder / source.relative_to(staged)


def _put(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    new = target.with_name(f".new-{target.name}")
    new.unlink(missing_ok=True)
    try:
        os.link(source, new)
    except OSError:  # a disk without second names
        shutil.copyfile(source, new)
        new.chmod(0o600)
    new.replace(target)
