"""Writing a backup: every table, the pictures and a manifest, packed, compressed and sealed in one go.

tables/NAME/000001.jsonl ...    the rows, in pieces of a few megabytes, so that nothing is kept aside in clear
assets/ab/HASH                  the pictures
manifest.json, manifest.mac     revision of the schema, rows and sums of each table, size and hash of each picture
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

import sqlalchemy as sa

from database import migrate
from database.session import Database
from ground import clock
from ground.errors import Refused
from operations import rows, sealing
from operations.disk import disk_faults_told, fsync_folder

if TYPE_CHECKING:
    from runtime import Runtime

FORMAT = 2
PICTURES = "assets"
MANIFEST, MAC = "manifest.json", "manifest.mac"
PIECE_BYTES = 4 << 20
_LEVEL = 4


def write(runtime: Runtime, file: str, *, replace: bool = False) -> int:
    """Write the backup to ``file`` (over a temporary name, so that a failure leaves no half file); its size in bytes.

    Raises :class:`errors.Refused` without a key, for a folder that cannot take it, for a file that is there unless ``replace``.
    """
    key = runtime.settings.backup.key
    if not key:
        raise Refused(sealing.NO_KEY)
    target = Path(file)
    if not target.parent.is_dir():
        raise Refused(f"目录 {target.parent} 不存在，请先建好再备份")
    if not replace and os.path.lexists(target):
        raise Refused(f"文件 {target} 已经存在，没有备份；请换一个文件名，确实要覆盖请加 --force")
    part = target.with_name(target.name + ".part")
    with disk_faults_told(target.parent, "备份没有完成"):
        try:
            with _private(part) as out:
                with (
                    sealing.sealing(key, out) as plain,
                    gzip.GzipFile(fileobj=plain, mode="wb", compresslevel=_LEVEL, mtime=0) as packed,
                    tarfile.open(fileobj=packed, mode="w|", format=tarfile.USTAR_FORMAT) as archive,
                ):
                    _fill(archive, runtime.db, runtime.settings.data_dir / PICTURES, key)
                out.flush()
                os.fsync(out.fileno())
                size = out.tell()
            part.replace(target)
            fsync_folder(target.parent)
        finally:
            part.unlink(missing_ok=True)
    return size


@contextmanager
def _private(path: Path) -> Iterator[IO[bytes]]:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        yield file


def _fill(archive: tarfile.TarFile, database: Database, pictures: Path, key: str) -> None:
    manifest: dict[str, Any] = {
        "format": FORMAT,
        "made_at": clock.now().isoformat(),
        "tables": {},
        "files": {},
    }
    with _snapshot(database) as connection:
        manifest["revision"] = migrate.revision_of(connection)
        for name, table in rows.reflected(connection).items():
            tally = rows.Tally()
            for number, piece in enumerate(_pieces(rows.rows_of(connection, table), tally), 1):
                _add(archive, f"tables/{name}/{number:06}.jsonl", piece)
            manifest["tables"][name] = tally.plain()
    for picture in sorted(pictures.rglob("*")) if pictures.exists() else ():
        if picture.is_file() and not picture.is_symlink():
            name = str(PurePosixPath(PICTURES, *picture.relative_to(pictures).parts))
            manifest["files"][name] = _add_file(archive, name, picture)
    body = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
    _add(archive, MANIFEST, body)
    _add(archive, MAC, sealing.mac(key, body).encode())


@contextmanager
def _snapshot(database: Database) -> Iterator[sa.Connection]:
    """A connection that sees one state, however long the reading takes."""
    options: dict[str, Any] = {"writes": False}
    if not database.on_sqlite:
        options["isolation_level"] = "REPEATABLE READ"
    with database.engine.connect() as connection:
        yield connection.execution_options(**options)


def _pieces(found: Iterator[rows.Row], tally: rows.Tally) -> Iterator[bytes]:
    piece = bytearray()
    for row in found:
        tally.add(row)
        piece += rows.line_of(row) + b"\n"
        if len(piece) >= PIECE_BYTES:
            yield bytes(piece)
            piece.clear()
    if piece:
        yield bytes(piece)


def _add(archive: tarfile.TarFile, name: str, body: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(body), 0o600
    archive.addfile(info, io.BytesIO(body))


def _add_file(archive: tarfile.TarFile, name: str, path: Path) -> dict[str, Any]:
    """Add a picture and say what was added, even if the file is changed meanwhile."""
    with path.open("rb") as file:
        source = _Hashing(file)
        info = tarfile.TarInfo(name)
        info.size, info.mode = os.fstat(file.fileno()).st_size, 0o600
        archive.addfile(info, source)
    return {"size": info.size, "sha256": source.digest.hexdigest()}


class _Hashing:
    """A file whose bytes are hashed while they are read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digest.update(data)
        return data
