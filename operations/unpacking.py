"""Reading a backup into a folder of our own, where it is verified whole before anything else is looked at.

Files come out of a reader of our own: regular files with the names that we write, each once, each no longer than the disk
can take. What else an archive may hold (links, devices, absolute names) has no way in.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import re
import shutil
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from ground.errors import Refused
from operations import sealing
from operations.backup import FORMAT, MAC, MANIFEST, PICTURES
from operations.rows import Row, Tally

FIRST_FORMAT = 1
FIRST_REVISION = "0002"  # what the tables looked like when backups of the first format were made
_BLOCK = 512
_CHUNK = 1 << 20
_MOST_FILES = 2_000_000
_MOST_MANIFEST = 256 << 20
_MOST_SKIPPED = 1 << 16
_MOST_LINE = 64 << 20
_RESERVE = 64 << 20
_TABLE = re.compile(r"tables/([a-z_]{1,60})(?:/[0-9]{6})?\.jsonl")
_PICTURE = re.compile(r"assets(?:/[A-Za-z0-9_-][A-Za-z0-9._-]{0,99}){1,5}")
_REGULAR, _PAX = (b"0", b"\0"), (b"x", b"g")


@dataclass
class Unpacked:
    """A verified backup in a folder: ``tables/NAME.jsonl``, ``assets/...``; what its manifest says of it."""

    folder: Path
    format: int
    made_at: str
    revision: str
    tables: dict[str, Tally] = field(default_factory=dict)

    def rows(self, table: str) -> Iterator[Row]:
        """The rows of one table. Raises ``ValueError`` for a line that is none."""
        with (self.folder / "tables" / f"{table}.jsonl").open("rb") as file:
            while line := file.readline(_MOST_LINE):
                if not line.endswith(b"\n"):
                    raise ValueError("a line without its end")
                row = json.loads(line)
                if not isinstance(row, dict):
                    raise ValueError("a line that is no row")
                yield row

    @property
    def pictures(self) -> Path:
        """The folder of the pictures; absent where there are none."""
        return self.folder / PICTURES


def unpack(path: Path, folder: Path, key: str, *, first_format: bool = False) -> Unpacked:
    """Unpack ``path`` into the empty ``folder`` and verify all of it.

    Raises :class:`errors.Refused` for a file that is not ours, does not open with ``key``, is not whole or was changed; and
    for one of the first, unprotected format unless ``first_format`` was asked for.
    """
    if sealing.is_sealed(path) == first_format:
        raise Refused(
            f"{path} 是加密的备份，请去掉 --format-1 再恢复"
            if first_format
            else f"{path} 不是本系统加密过的备份。如果是旧版本生成的（没有加密，无法证明没被改动），"
            "请加 --format-1 --account 用户名；否则请换一个备份文件"
        )
    with path.open("rb") as source:
        if first_format:
            sums = _spread(source, folder)
        else:
            with sealing.opening(key, source) as plain:
                sums = _spread(plain, folder)
    manifest = _manifest(folder, path, key, first_format=first_format)
    unpacked = Unpacked(
        folder,
        FIRST_FORMAT if first_format else FORMAT,
        str(manifest.get("made_at", "")),
        FIRST_REVISION if first_format else str(manifest.get("revision", "")),
    )
    try:
        _compare(manifest, sums, unpacked)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise Refused(f"备份文件 {path} 与自己的清单不符，请换一个备份文件，现有数据没有改动") from None
    return unpacked


def _compare(manifest: dict[str, Any], sums: dict[str, tuple[int, str]], unpacked: Unpacked) -> None:
    """Hold what came out against the manifest. Raises ``ValueError`` where they differ."""
    tables = {match[1] for name in sums if (match := _TABLE.fullmatch(name))}
    if unpacked.format == FIRST_FORMAT:
        same = {name: digest for name, (_, digest) in sums.items()} == manifest["sha256"]
    else:
        pictures = {name: found for name, found in sums.items() if not _TABLE.fullmatch(name)}
        same = pictures == {
            name: (entry["size"], entry["sha256"]) for name, entry in manifest["files"].items()
        }
        (unpacked.folder / "tables").mkdir(exist_ok=True, mode=0o700)
        for empty in set(manifest["tables"]) - tables:  # a table without rows has no piece
            (unpacked.folder / "tables" / f"{empty}.jsonl").touch(mode=0o600)
        tables |= set(manifest["tables"])
    for table in sorted(tables):
        unpacked.tables[table] = tally = Tally()
        for row in unpacked.rows(table):
            tally.add(row)
    if unpacked.format != FIRST_FORMAT:
        same &= {name: tally.plain() for name, tally in unpacked.tables.items()} == manifest["tables"]
    if not same:
        raise ValueError("files and manifest differ")


def _spread(source: IO[bytes], folder: Path) -> dict[str, tuple[int, str]]:
    """Write all files of a packed archive; size and hash of each by its name, without the manifest's own."""
    sums: dict[str, tuple[int, str]] = {}
    try:
        with gzip.GzipFile(fileobj=source, mode="rb") as packed:
            for name, size in _members(packed):
                if name in sums or len(sums) > _MOST_FILES:
                    raise ValueError("a name that came twice, or too many")
                sums[name] = _write(packed, folder, name, size)
    except (ValueError, EOFError, zlib.error, gzip.BadGzipFile):
        raise Refused("不是本系统的备份文件或已损坏，请换一个备份文件，现有数据没有改动") from None
    return {name: found for name, found in sums.items() if name not in (MANIFEST, MAC)}


def _members(packed: gzip.GzipFile) -> Iterator[tuple[str, int]]:
    """Name and size of each regular file; the caller reads its content before asking for the next.

    Raises ``ValueError`` for anything else than what we write ourselves, and ``EOFError`` for an archive without its end.
    """
    while True:
        header = _exactly(packed, _BLOCK)
        if not any(header):
            break
        unsigned = sum(header[:148]) + 8 * 32 + sum(header[156:])
        if _octal(header[148:156]) != unsigned:
            raise ValueError("a header with a wrong sum")
        size, kind = _octal(header[124:136]), header[156:157]
        if kind in _PAX and size <= _MOST_SKIPPED:  # times in fractions of a second; nothing that we need
            _exactly(packed, size + -size % _BLOCK)
            continue
        if kind not in _REGULAR:
            raise ValueError("not a regular file")
        prefix, name = _text(header[345:500]), _text(header[:100])
        yield (f"{prefix}/{name}" if prefix else name), size
        _exactly(packed, -size % _BLOCK)
    while rest := packed.read(_CHUNK):
        if any(rest):
            raise ValueError("something behind the end")


def _write(packed: gzip.GzipFile, folder: Path, name: str, size: int) -> tuple[int, str]:
    table = _TABLE.fullmatch(name)
    if table:
        target = folder / "tables" / f"{table[1]}.jsonl"
    elif (name in (MANIFEST, MAC) and size <= _MOST_MANIFEST) or _PICTURE.fullmatch(name):
        target = folder / name
    else:
        raise ValueError("a name that we do not write")
    if size > shutil.disk_usage(folder).free - _RESERVE:
        raise OSError(28, "No space left on device", str(folder))
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest, left = hashlib.sha256(), size
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
        while left:
            data = packed.read(min(left, _CHUNK))
            if not data:
                raise EOFError
            digest.update(data)
            file.write(data)
            left -= len(data)
    return size, digest.hexdigest()


def _exactly(packed: gzip.GzipFile, size: int) -> bytes:
    data = packed.read(size) if size else b""
    if len(data) != size:
        raise EOFError
    return data


def _octal(text: bytes) -> int:
    return int(text.strip(b" \0") or b"0", 8)


def _text(name: bytes) -> str:
    return name.partition(b"\0")[0].decode("ascii")


def _manifest(folder: Path, path: Path, key: str, *, first_format: bool) -> dict[str, Any]:
    try:
        body = (folder / MANIFEST).read_bytes()
        if not first_format and (folder / MAC).read_text("ascii") != sealing.mac(key, body):
            raise Refused(f"备份文件 {path} 不是用这把密钥生成的，请换一个备份文件，现有数据没有改动")
        manifest = json.loads(body)
    except (FileNotFoundError, ValueError):
        raise Refused(f"{path} 不是本系统的备份文件或已损坏，请换一个备份文件") from None
    if not isinstance(manifest, dict) or manifest.get("format") != (FIRST_FORMAT if first_format else FORMAT):
        raise Refused(f"{path} 由其他版本生成，请用对应的版本恢复，现有数据没有改动")
    return manifest
