"""Pictures as files by the hash of their bytes, under ``data_dir/assets/ab/<sha256>``, and their rows.

The file is written first, outside any transaction, the row afterwards: a crash between leaves a file that nobody names, never
a row without its file. Files never change, so they may be cached for ever.
"""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from content.pictures import Picture, narrowed
from database.once import insert_once
from ground.errors import NotFound, Unavailable
from models import Asset

WIDTHS = (240, 480, 750, 1080)
"""Widths in pixels in which the reader may ask for a picture."""
_SHA256 = re.compile(r"[0-9a-f]{64}")


class AssetStore:
    """The folder of pictures under the data folder."""

    def __init__(self, data_dir: Path) -> None:
        self._root = data_dir / "assets"

    def path(self, sha256: str) -> Path:
        """Where a picture lies, whether it is there or not. Raises :class:`errors.NotFound` for what is no hash."""
        if not _SHA256.fullmatch(sha256):
            raise NotFound("没有这张图片")
        return self._root / sha256[:2] / sha256

    def put(self, picture: Picture) -> str:
        """Write a picture, safely against a power cut, and return its sha256. Raises :class:`errors.Unavailable`."""
        path = self.path(picture.sha256)
        if not path.exists():
            _write(path, picture.data)
        return picture.sha256

    def put_all(self, pictures: Iterable[Picture]) -> None:
        """Write several pictures."""
        for picture in pictures:
            self.put(picture)

    def read(self, sha256: str) -> bytes:
        """The bytes of a picture. Raises :class:`errors.NotFound`."""
        try:
            return self.path(sha256).read_bytes()
        except FileNotFoundError:
            raise NotFound("图片文件不见了，请重新上传", sha256=sha256) from None

    def variant(self, sha256: str, width: int) -> Path:
        """A file of the picture not wider than the next of :data:`WIDTHS`, made when it is first asked for."""
        fitting = next((allowed for allowed in WIDTHS if allowed >= width), None)
        original = self.path(sha256)
        if fitting is None:
            return original
        path = self._root / "narrow" / str(fitting) / sha256[:2] / sha256
        if not path.exists():
            data = self.read(sha256)
            try:
                smaller, _ = narrowed(data, fitting)
            except Unavailable:
                return original
            if len(smaller) >= len(data):
                return original
            _write(path, smaller)
        return path


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=".new-")
        temporary = Path(name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise Unavailable("图片保存失败，请检查磁盘空间和数据目录的权限", reason=error.strerror) from error


def remember(session: Session, pictures: Sequence[Picture], *, at: datetime) -> None:
    """Insert the rows of pictures whose files are written; rows that are there stay as they are."""
    unique = {picture.sha256: picture for picture in pictures}
    if not unique:
        return
    rows = [
        {
            "sha256": sha256,
            "media_type": picture.media_type,
            "width": picture.width,
            "height": picture.height,
            "size_bytes": len(picture.data),
            "wechat_url": "",
            "media_id": "",
            "created_at": at,
        }
        for sha256, picture in sorted(unique.items())
    ]
    insert_once(session, Asset, rows, keys=["sha256"])


def known(session: Session, sha256s: Iterable[str]) -> dict[str, Asset]:
    """The rows of these pictures, those that exist."""
    wanted = list(dict.fromkeys(sha256s))
    if not wanted:
        return {}
    return {
        asset.sha256: asset for asset in session.scalars(sa.select(Asset).where(Asset.sha256.in_(wanted)))
    }
