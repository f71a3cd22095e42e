"""What waited in the outbox is carried over into deliveries, on both databases, and back."""

from __future__ import annotations

from datetime import UTC, datetime

import sqlalchemy as sa
from sqlalchemy.orm import defer

from database.migrate import downgrade_database, upgrade_database
from database.session import Database
from models import Delivery
from scheduler import answers

_BEFORE = "0010"


def test_answers_on_their_way_are_deliveries_after_the_upgrade_and_messages_again_after_going_back(
    empty_database_url: str,
) -> None:
    states = ["waiting", "promised", "claimed", "sent", "failed", "unknown"]
    database = Database(empty_database_url)
    at = datetime(2026, 11, 1, 4, tzinfo=UTC)
    try:
        upgrade_database(database, _BEFORE)
        with database.engine.begin() as connection:
            old = sa.Table("outbox_message", sa.MetaData(), autoload_with=connection)
            rows = [
                {
                    "openid": "oOne", "payload": b"sealed", "dedupe_key": f"reply:{state}", "status": state, "due_at": at,
                    "expires_at": at, "lease_owner": "", "attempts": 1, "error": "",
                    "called_at": at if state not in ("waiting", "promised") else None,
                }
                for state in states
            ]  # fmt: skip
            connection.execute(sa.insert(old), rows)
            before = connection.execute(sa.select(old).order_by(old.c.id)).all()
        upgrade_database(database)
        with database.session_scope() as session:
            now_called = ["planned", "promised", "claimed", "delivered", "failed", "unknown"]
            deliveries = list(session.scalars(sa.select(Delivery).options(defer(Delivery.payload))))
            assert [one.status for one in deliveries] == now_called
            assert [one.reply_to for one in deliveries] == states
            assert [one.finished_at is None for one in deliveries] == [True, True, True, False, False, False]
            again = answers.row("oOne", "{}", answers="sent", due_at=at, expires_at=at)
            assert {one.key for one in deliveries} >= {again["key"]}, (
                "the same decision meets the carried row"
            )
        downgrade_database(database, _BEFORE)
        with database.engine.connect() as connection:
            assert connection.execute(sa.select(old).order_by(old.c.id)).all() == before
    finally:
        database.close()
