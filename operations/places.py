"""A new place for a restored database, beside the one in use, and the one step that puts it there.

SQLite: a file beside the old one, and a rename over it. PostgreSQL: one transaction that makes a schema, fills it and, at its
very end, moves the old tables out and the new ones in. Chosen over emptying the tables in place because the former ones stay
whole under a name; over a schema that is committed first because a killed restore then leaves nothing that anybody must clean up.
Until the last step nobody else sees anything of it.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

import sqlalchemy as sa

from database.session import APPLICATION, Database
from ground import faultpoints
from ground.errors import Conflict, Refused, Unavailable
from models import FORMER_TABLES, Base
from operations.disk import fsync_folder

_BUSY_S = 5.0
_SIDES = ("-wal", "-shm", "-journal")
_IN_USE = "数据库正被其他程序使用，请停止所有服务和命令后再恢复，现有数据没有改动"


class Place(Protocol):
    """Where a backup is loaded."""

    connection: sa.Connection

    def settle(self) -> None:
        """What was written so far belongs together (SQLite commits; PostgreSQL goes on in the one transaction)."""

    def faults(self) -> int:
        """How many rows point to rows that do not exist, or parts of the file that are damaged."""

    def switch(self, kept: str) -> None:
        """Take the place of the database in use, which is kept under ``kept`` (empty: there is none)."""


@contextmanager
def new_place(database: Database) -> Iterator[Place]:
    """A place to load into; given up with all that is in it unless :meth:`Place.switch` was reached.

    Raises :class:`errors.Conflict` while others use the database.
    """
    database.close()
    maker = _file_place if database.on_sqlite else _schema_place
    with maker(database) as place:
        yield place


def kept_name(database: Database, stamp: str) -> str:
    """Under which name the database in use will be kept; empty where there is none yet."""
    if database.on_sqlite:
        file = _file(database)
        return str(file.with_name(f"{file.name}.{stamp}")) if file.exists() else ""
    with database.engine.connect() as connection:
        return f"before_{stamp.replace('-', '_')}" if sa.inspect(connection).get_table_names() else ""


def kept(database: Database) -> list[str]:
    """What former restores have kept of the databases that they replaced: files, or schemas of PostgreSQL, the oldest first."""
    if database.on_sqlite:
        file = _file(database)
        found = [
            path for path in file.parent.glob(f"{file.name}.*") if re.fullmatch(r"\.\d[\d-]*", path.suffix)
        ]
        return sorted(str(path) for path in found)
    with database.engine.connect() as connection:
        return sorted(
            name for name in sa.inspect(connection).get_schema_names() if name.startswith("before_")
        )


def clear(database: Database, kept: str) -> None:
    """Remove what a restore that did not come to its switch has left beside the database. PostgreSQL forgot it by itself."""
    if not database.on_sqlite:
        return
    file = _file(database)
    incoming = _incoming(file)
    for path in (incoming, *(incoming.with_name(incoming.name + side) for side in _SIDES)):
        path.unlink(missing_ok=True)
    if kept:
        Path(kept + ".part").unlink(missing_ok=True)
        if file.exists() and (second := Path(kept)).exists() and second.samefile(file):
            second.unlink()  # a second name of the database that goes on


# --- SQLite ------------------------------------------------------------------------------------------------


def _file(database: Database) -> Path:
    return Path(database.url.database or "")


def _incoming(file: Path) -> Path:
    return file.with_name(file.name + ".incoming")


class _FilePlace:
    def __init__(self, file: Path, inside: Database, connection: sa.Connection) -> None:
        self._file, self._inside, self.connection = file, inside, connection

    def settle(self) -> None:
        self.connection.commit()
        self.connection.begin()

    def faults(self) -> int:
        lost = self.connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
        state = self.connection.exec_driver_sql("PRAGMA quick_check").scalars().all()
        return len(lost) + (state != ["ok"])

    def switch(self, kept: str) -> None:
        incoming = _incoming(self._file)
        self.connection.commit()
        self.connection.close()
        self._inside.close()
        _alone(incoming).close()  # no side file belongs to it any more
        descriptor = os.open(incoming, os.O_RDONLY)
        os.fsync(descriptor)
        os.close(descriptor)
        holder = _alone(self._file) if self._file.exists() else None
        try:
            if kept:
                _keep(self._file, Path(kept))
            fsync_folder(self._file.parent)
            faultpoints.reach("restore.kept")
            incoming.replace(self._file)
            fsync_folder(self._file.parent)
        finally:
            if holder is not None:
                holder.close()


@contextmanager
def _file_place(database: Database) -> Iterator[Place]:
    file = _file(database)
    clear(database, "")
    if file.exists():
        _alone(file).close()  # refuse now, not after half an hour of loading
    inside = Database(database.url.set(database=str(_incoming(file))).render_as_string(hide_password=False))
    try:
        with inside.engine.connect() as connection:
            connection.begin()
            yield _FilePlace(file, inside, connection)
    finally:
        inside.close()
        clear(database, "")


def _alone(file: Path) -> sqlite3.Connection:
    """Hold a file that nobody else uses, all of its content in it. Raises :class:`errors.Conflict` where somebody does.

    A damaged file is what a restore is for: its side files are left where they are, under the name of the kept copy.
    """
    connection = sqlite3.connect(file, timeout=_BUSY_S, isolation_level=None)
    try:
        mode = connection.execute("PRAGMA journal_mode=DELETE").fetchone()[0]
        connection.execute("BEGIN EXCLUSIVE")
        if mode != "delete":
            raise Conflict(_IN_USE)
    except sqlite3.OperationalError as error:
        connection.close()
        if "locked" in str(error) or "busy" in str(error):
            raise Conflict(_IN_USE) from None
        raise Unavailable(
            f"数据库文件不能写入（{file.name}），请检查目录权限和磁盘空间，现有数据没有改动"
        ) from error
    except sqlite3.DatabaseError:
        pass
    except BaseException:
        connection.close()
        raise
    return connection


def _keep(file: Path, kept: Path) -> None:
    """A second name for the old file, or a copy where the disk knows no second names."""
    try:
        os.link(file, kept)
    except OSError:
        part = kept.with_name(kept.name + ".part")
        shutil.copyfile(file, part)
        part.replace(kept)
    kept.chmod(0o600)
    for side in _SIDES:  # only a damaged file still has any
        path = file.with_name(file.name + side)
        if path.exists():
            path.replace(kept.with_name(kept.name + side))


# --- PostgreSQL --------------------------------------------------------------------------------------------


class _SchemaPlace:
    def __init__(self, connection: sa.Connection, home: str, incoming: str) -> None:
        self.connection, self._home, self._incoming = connection, home, incoming

    def settle(self) -> None:
        pass

    def faults(self) -> int:
        return 0  # the constraints stood while the rows came in

    def switch(self, kept: str) -> None:
        arrived = sa.inspect(self.connection).get_table_names(schema=self._incoming)
        ours = {*arrived, *Base.metadata.tables, *FORMER_TABLES, "alembic_version"}
        present = ours & set(sa.inspect(self.connection).get_table_names(schema=self._home))
        if present:
            self._run("CREATE SCHEMA {}", kept)
        for table in sorted(present):
            self._run("ALTER TABLE {}.{} SET SCHEMA {}", self._home, table, kept)
        for table in sorted(arrived):
            self._run("ALTER TABLE {}.{} SET SCHEMA {}", self._incoming, table, self._home)
        self._run("DROP SCHEMA {}", self._incoming)  # refused by the database if anything was forgotten in it
        faultpoints.reach("restore.kept")
        self.connection.commit()

    def _run(self, statement: str, *names: str) -> None:
        quote = self.connection.dialect.identifier_preparer.quote_identifier
        self.connection.exec_driver_sql(statement.format(*map(quote, names)))


@contextmanager
def _schema_place(database: Database) -> Iterator[Place]:
    incoming = f"incoming_{secrets.token_hex(4)}"
    with database.engine.connect() as connection:
        _need_nobody_else(connection)
        home = connection.execute(sa.text("SELECT current_schema()")).scalar_one()
        try:
            connection.exec_driver_sql(f'CREATE SCHEMA "{incoming}"')
        except sa.exc.ProgrammingError as error:
            if getattr(error.orig, "sqlstate", None) != "42501":
                raise
            name, user = database.url.database, database.url.username
            raise Refused(
                f"数据库用户不能新建 schema，请数据库管理员执行：GRANT CREATE ON DATABASE {name} TO {user}"
            ) from None
        connection.exec_driver_sql(f'SET LOCAL search_path TO "{incoming}"')
        connection.exec_driver_sql("SET LOCAL lock_timeout TO '15s'")
        connection.exec_driver_sql("SET LOCAL statement_timeout TO 0")
        try:
            yield _SchemaPlace(connection, home, incoming)
        except sa.exc.OperationalError as error:
            if getattr(error.orig, "sqlstate", None) == "55P03":
                raise Conflict(_IN_USE) from None
            raise
        finally:
            connection.rollback()


def _need_nobody_else(connection: sa.Connection) -> None:
    query = sa.text(
        "SELECT count(*) FROM pg_stat_activity"
        " WHERE datname = current_database() AND application_name = :ours AND pid <> pg_backend_pid()"
    )
    until = time.monotonic() + _BUSY_S
    while connection.execute(
        query, {"ours": APPLICATION}
    ).scalar_one():  # one that has just ended is still listed
        if time.monotonic() > until:
            raise Conflict(_IN_USE)
        time.sleep(0.2)
        connection.rollback()  # the list is as old as the transaction
