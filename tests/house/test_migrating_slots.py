"""What an office's slots count after an upgrade: nothing that was before it."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
import sqlalchemy as sa

from database.migrate import upgrade_database
from database.session import Database
from ground import clock

BEFORE = "0027"


def test_the_slots_of_the_former_version_count_from_the_upgrade_on(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    old = {"weekdays": [0], "time": "08:00", "audience": "all", "active": True}
    set_later = {**old, "time": "19:00", "since": "2026-11-02T04:00:00+00:00"}
    insert = sa.text(
        'INSERT INTO "column" (id, key, name, description, sort, slots, active)'
        " VALUES (7, 'study', '学习园地', '', 0, :slots, true)"
    )
    if not database.on_sqlite:
        insert = sa.text(insert.text.replace(":slots", "CAST(:slots AS jsonb)"))
    try:
        upgrade_database(database, BEFORE)
        with database.engine.begin() as connection:
            connection.execute(insert, {"slots": msgspec.json.encode([old, set_later]).decode()})
        upgrade_database(database)
        with database.engine.connect() as connection:
            slots = sa.table("column", sa.column("slots", sa.JSON))
            first, second = connection.execute(sa.select(slots.c.slots)).scalar_one()
        assert abs(datetime.fromisoformat(first.pop("since")) - clock.now()) < timedelta(minutes=1)
        assert (first, second) == (old, set_later)
    finally:
        database.close()
