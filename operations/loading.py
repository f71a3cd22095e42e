"""Filling a new place from a verified backup, and verifying what came to lie there."""

from __future__ import annotations

import sqlalchemy as sa

from database import migrate
from ground import faultpoints
from ground.errors import Refused
from operations import rows
from operations.places import Place
from operations.unpacking import Unpacked


def load(place: Place, unpacked: Unpacked) -> None:
    """Make the tables as they were when the backup was written, fill them, compare, and bring them to the present schema.

    Raises :class:`errors.Refused` for a backup whose rows do not come out as they went in.
    """
    migrate.upgrade_connection(place.connection, unpacked.revision)
    place.settle()
    _fill(place, unpacked)
    if place.faults():
        raise Refused("备份中的数据互相对不上，请换一个备份文件，现有数据没有改动")
    place.settle()
    found = rows.tallies(place.connection)
    if any(tally != unpacked.tables.get(name, rows.Tally()) for name, tally in found.items()):
        raise Refused("备份中的数据装入后与清单不符，请换一个备份文件，现有数据没有改动")
    faultpoints.reach("restore.loaded")
    migrate.upgrade_connection(place.connection)
    place.settle()
    if migrate.revision_of(place.connection) != migrate.head() or place.faults():
        raise Refused("备份中的数据互相对不上，请换一个备份文件，现有数据没有改动")
    faultpoints.reach("restore.verified")


def _fill(place: Place, unpacked: Unpacked) -> None:
    connection = place.connection
    tables = rows.reflected(connection)
    if unpacked.tables.keys() - tables.keys():
        raise Refused("备份中有本系统没有的数据表，请用对应的版本恢复，现有数据没有改动")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("PRAGMA defer_foreign_keys=ON")
    for table in reversed(tables.values()):
        connection.execute(sa.delete(table))  # what migrations have put there
    for name, table in tables.items():
        if name in unpacked.tables:
            try:
                rows.insert(connection, table, unpacked.rows(name))
            except (
                ValueError,
                TypeError,
                sa.exc.IntegrityError,
                sa.exc.DataError,
                sa.exc.StatementError,
            ) as error:
                if isinstance(error, sa.exc.OperationalError):
                    raise
                raise Refused(
                    f"备份中的数据表 {name} 不合表结构，请换一个备份文件，现有数据没有改动"
                ) from None
            rows.go_on_behind(connection, table)
        faultpoints.reach("restore.loading")
