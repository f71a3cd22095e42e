"""The backup file: a tar.gz with every table as JSON lines, the pictures, and a manifest with sums.

Values are taken as they lie in the database (sealed columns stay sealed), so a backup of SQLite can be restored into
PostgreSQL and the other way round.
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import tarfile
import tempfile
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path, PurePosixPath
from typing import IO, TYPE_CHECKING, Any

import sqlalchemy as sa

from database import migrate
from database.session import Database
from ground import clock
from ground.errors import Conflict, Refused
from ground.process import Lock
from models import Base, InstanceLease

if TYPE_CHECKING:
    from runtime import Runtime

_FORMAT = 1
_PICTURES = "assets"
_CHUNK = 1000


def write(runtime: Runtime, file: str) -> int:
    """Write the backup to ``file`` (over a temporary name, so that a failure leaves no half file); its size in bytes."""
    target = Path(file)
    if not target.parent.exists():
        raise Refused(f"目录 {target.parent} 不存在，请先建好再备份")
    part = target.with_name(target.name + ".part")
    try:
        with tarfile.open(part, "w:gz", compresslevel=6) as archive, tempfile.TemporaryDirectory() as scratch:
            sums = {}
            for name, path in _dump_tables(runtime.db, Path(scratch)):
                sums[name] = _sum(path)
                archive.add(path, arcname=name)
            folder = runtime.settings.data_dir / _PICTURES
            for picture in sorted(folder.rglob("*")) if folder.exists() else ():
                if picture.is_file():
                    name = str(PurePosixPath(_PICTURES, *picture.relative_to(folder).parts))
                    sums[name] = _sum(picture)
                    archive.add(picture, arcname=name)
            manifest = {"format": _FORMAT, "made_at": clock.now().isoformat(), "sha256": sums}
            body = json.dumps(manifest, ensure_ascii=False, indent=1).encode()
            info = tarfile.TarInfo("manifest.json")
            info.size = len(body)
            archive.addfile(info, io.BytesIO(body))
        size = part.stat().st_size
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)
    return size


def read(runtime: Runtime, path: Path) -> str:
    """Restore from ``path``; the name under which the former SQLite file was kept, else empty text.

    The file is checked against its sums before anything is touched. Afterwards the instance is read-only until an
    administrator confirms it. Raises :class:`errors.Refused` for a bad file, :class:`errors.Conflict` while a server runs.
    """
    settings = runtime.settings
    lock = Lock(settings.data_dir, "serve.lock")
    if not lock.take():
        raise Conflict("服务正在运行，请先停止服务再恢复")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        _unpack(path, folder)
        kept = _set_aside(runtime.db)
        migrate.upgrade_database(runtime.db)
        _load_tables(runtime.db, folder / "tables")
        pictures = folder / _PICTURES
        for picture in sorted(pictures.rglob("*")) if pictures.exists() else ():
            if picture.is_file():
                target = settings.data_dir / _PICTURES / picture.relative_to(pictures)
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(picture.read_bytes())
    lock.release()
    return kept


def _reflected(connection: sa.Connection) -> list[sa.Table]:
    """The tables with plain column types: what is sealed stays as it is."""
    plain = sa.MetaData()
    plain.reflect(connection)
    return [plain.tables[table.name] for table in Base.metadata.sorted_tables if table.name in plain.tables]


def _dump_tables(database: Database, folder: Path) -> Iterator[tuple[str, Path]]:
    with database.engine.connect() as connection:
        options: dict[str, Any] = {"writes": False}
        if not database.on_sqlite:
            options["isolation_level"] = "REPEATABLE READ"
        snapshot = connection.execution_options(**options)
        for table in _reflected(snapshot):
            path = folder / f"{table.name}.jsonl"
            with path.open("w", encoding="utf-8") as lines:
                for row in (
                    snapshot.execution_options(stream_results=True).execute(sa.select(table)).mappings()
                ):
                    lines.write(
                        json.dumps({key: _to_json(value) for key, value in row.items()}, ensure_ascii=False)
                    )
                    lines.write("\n")
            yield f"tables/{table.name}.jsonl", path


def _load_tables(database: Database, folder: Path) -> None:
    with database.connection_scope() as connection:
        if database.on_sqlite:
            connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
        tables = _reflected(connection)
        for table in reversed(tables):
            connection.execute(sa.delete(table))
        for table in tables:
            path = folder / f"{table.name}.jsonl"
            if not path.exists():
                continue
            with path.open(encoding="utf-8") as lines:
                _insert(connection, table, lines)
            if not database.on_sqlite and "id" in table.c:
                serial = sa.func.pg_get_serial_sequence(f'"{table.name}"', "id")
                highest = sa.select(sa.func.coalesce(sa.func.max(table.c.id), 0) + 1).scalar_subquery()
                connection.execute(sa.select(sa.func.setval(serial, highest, False)))
        connection.execute(
            sa.update(InstanceLease).values(fingerprint="restored", confirmed_by=None, confirmed_at=None)
        )


def _insert(connection: sa.Connection, table: sa.Table, lines: IO[str]) -> None:
    batch: list[dict[str, Any]] = []
    for line in lines:
        row = json.loads(line)
        batch.append({key: _from_json(table.c[key], value) for key, value in row.items() if key in table.c})
        if len(batch) >= _CHUNK:
            connection.execute(sa.insert(table), batch)
            batch.clear()
    if batch:
        connection.execute(sa.insert(table), batch)


def _to_json(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {"b": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
        return {"t": moment.isoformat()}
    if isinstance(value, date):
        return {"d": value.isoformat()}
    if isinstance(value, dict | list):
        return {"j": value}
    return value


def _from_json(column: sa.Column[Any], value: Any) -> Any:
    if not isinstance(value, dict):
        return bool(value) if isinstance(column.type, sa.Boolean) and value is not None else value
    if "b" in value:
        return base64.b64decode(value["b"])
    if "t" in value:
        moment = datetime.fromisoformat(value["t"])
        aware = bool(getattr(column.type, "timezone", False))
        return moment if aware else moment.replace(tzinfo=None)
    if "d" in value:
        return date.fromisoformat(value["d"])
    return value["j"]


def _unpack(path: Path, folder: Path) -> None:
    try:
        with tarfile.open(path, "r:gz") as archive:
            archive.extractall(folder, filter="data")
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        sums = manifest["sha256"]
    except (tarfile.TarError, EOFError, KeyError, ValueError, FileNotFoundError):
        raise Refused(f"{path} 不是本系统的备份文件或已损坏，请换一个备份文件") from None
    if manifest.get("format") != _FORMAT:
        raise Refused(f"{path} 由其他版本生成，请用对应版本恢复")
    for name, expected in sums.items():
        if not (folder / name).is_file() or _sum(folder / name) != expected:
            raise Refused(f"备份文件 {path} 不完整（{name} 校验不符），请换一个备份文件")


def _set_aside(database: Database) -> str:
    if not database.on_sqlite or database.url.database is None:
        return ""
    file = Path(database.url.database)
    database.close()
    if not file.exists():
        return ""
    kept = file.with_name(f"{file.name}.{clock.to_shanghai(clock.now()):%Y%m%d-%H%M%S}")
    with database.engine.connect() as connection:
        connection.exec_driver_sql("COMMIT")
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
        connection.exec_driver_sql("BEGIN")
    database.close()
    file.rename(kept)
    for extra in ("-wal", "-shm"):
        file.with_name(file.name + extra).unlink(missing_ok=True)
    return str(kept)


def _sum(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()
