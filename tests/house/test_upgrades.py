"""What migrations make of the rows that an office has already."""

from __future__ import annotations

from datetime import timedelta

import sqlalchemy as sa

from database.migrate import downgrade_database, upgrade_database
from database.session import Database
from ground import clock
from tests.house.rows import BEFORE_CHECKS, filled, row_of


def test_who_left_and_was_still_bound_is_bound_to_nobody_after_the_upgrade(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    try:
        upgrade_database(database, BEFORE_CHECKS)
        filled(database)
        with database.engine.begin() as connection:
            connection.execute(sa.text("UPDATE follower SET gone = true WHERE id = 1"))
        upgrade_database(database)
        with database.engine.connect() as connection:
            left = connection.execute(
                sa.text("SELECT id, member_id, bound_at, consent_at FROM follower ORDER BY id")
            )
            assert [(row[0], row[1]) for row in left] == [(1, None), (2, 2)]
    finally:
        database.close()


def test_what_has_begun_before_the_upgrade_expects_the_roster_and_who_has_a_record(
    empty_database_url: str,
) -> None:
    database = Database(empty_database_url)
    now = clock.now()
    try:
        upgrade_database(database, "0008")
        filled(database)
        with database.engine.begin() as connection:
            old = sa.MetaData()
            old.reflect(connection)
            member, activity, check_in = (old.tables[name] for name in ("member", "activity", "check_in"))
            connection.execute(sa.delete(check_in))
            # 1 and 3 are of the first branch, 2 and 5 of the second; 4 has left the roster.
            places = {1: 1, 2: 2, 3: 1, 4: 1, 5: 2}
            like = [row_of(member, 1), row_of(member, 2)]
            connection.execute(
                sa.insert(member),
                [{**like[place - 1], "id": ident} for ident, place in places.items() if ident > 2],
            )
            connection.execute(sa.update(member).values(active=member.c.id != 4))
            like = [row_of(activity, 1)]
            hours = {3: -1, 4: 1}
            connection.execute(
                sa.insert(activity),
                [
                    {**like[0], "id": ident, "starts_at": now + timedelta(hours=hour), "for_all": True}
                    for ident, hour in hours.items()
                ],
            )
            # 5 was of the first branch when they came to the first branch's activity.
            connection.execute(
                sa.insert(check_in),
                [{**row_of(check_in, 1), "activity_id": 1, "member_id": 5, "branch_id": 1}],
            )
        upgrade_database(database)
        with database.engine.connect() as connection:
            found = connection.execute(
                sa.text("SELECT activity_id, member_id, branch_id FROM expected_member ORDER BY 1, 2")
            )
            assert [tuple(row) for row in found] == [
                (1, 1, 1), (1, 3, 1), (1, 5, 1),
                (2, 2, 2), (2, 5, 2),
                (3, 1, 1), (3, 2, 2), (3, 3, 1), (3, 5, 2),
            ]  # fmt: skip
            frozen = connection.execute(
                sa.text("SELECT id FROM activity WHERE frozen_at IS NOT NULL ORDER BY id")
            )
            assert list(frozen.scalars()) == [1, 2, 3]
    finally:
        database.close()


def test_a_revision_of_before_the_upgrade_gets_its_link_where_the_hash_tells_it(
    empty_database_url: str,
) -> None:
    database = Database(empty_database_url)
    try:
        upgrade_database(database, "0008")
        filled(database)
        with database.engine.begin() as connection:
            connection.execute(
                sa.text("UPDATE article SET source_url = 'https://example.cn/' || id, hash = 'h' || id")
            )
            connection.execute(sa.text("UPDATE article_revision SET hash = 'h1'"))
        upgrade_database(database)
        with database.engine.connect() as connection:
            links = connection.execute(sa.text("SELECT source_url FROM article_revision ORDER BY id"))
            assert list(links.scalars()) == ["https://example.cn/1", None]
    finally:
        database.close()


def test_who_was_bound_before_has_agreed_before_and_a_way_back_keeps_the_binding(
    empty_database_url: str,
) -> None:
    database, moment = Database(empty_database_url), "2026-11-01 04:00:00"
    bound = "SELECT member_id, consent_version FROM follower WHERE id = 5"
    try:
        upgrade_database(database, "0021")
        with database.engine.begin() as connection:
            for statement in (
                "INSERT INTO branch (id, name, short_name, sort, active, qr_ticket) VALUES (1, 'x', '', 0, true, '')",
                (
                    "INSERT INTO member (id, name, gender, branch_id, duty, note, active, created_at, updated_at)"
                    f" VALUES (3, '张三', '', 1, '', '', true, '{moment}', '{moment}')"
                ),
                (
                    "INSERT INTO follower (id, openid, subscribed, gone, scene, member_id, bound_at, consent_version, consent_at,"
                    " bind_failures, muted_columns, large_text)"
                    f" VALUES (5, 'oOne', true, false, '', 3, '{moment}', '2026-11', '{moment}', 0, '', false)"
                ),
                (
                    "INSERT INTO follower (id, openid, subscribed, gone, scene, consent_version, bind_failures, muted_columns,"
                    " large_text) VALUES (6, 'oTwo', true, false, '', '', 0, '', false)"
                ),
            ):
                connection.execute(sa.text(statement))
        upgrade_database(database)
        with database.engine.connect() as connection:
            kept = "SELECT follower_id, member_id, version, how, ended_at FROM consent"
            assert connection.execute(sa.text(kept)).all() == [(5, 3, "2026-11", "reply", None)]
        downgrade_database(database, "0021")
        with database.engine.connect() as connection:
            assert connection.execute(sa.text(bound)).one() == (3, "2026-11")
            assert "consent" not in sa.inspect(connection).get_table_names()
    finally:
        database.close()
