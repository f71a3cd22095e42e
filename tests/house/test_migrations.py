"""The migrations make what the models say, on both databases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from app import create_app
from database.migrate import downgrade_database, pending, revision_of, upgrade, upgrade_database
from database.session import Database
from ground import clock
from ground.errors import Refused
from models import ARTICLE_GRAMS, Base
from tests.fixtures.configuration import make_settings


def test_the_migrations_make_exactly_the_tables_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        opts = {"compare_type": True, "include_name": lambda name, *_: name not in ARTICLE_GRAMS.tables}
        context = MigrationContext.configure(connection, opts=opts)
        assert compare_metadata(context, Base.metadata) == []


def test_an_empty_database_waits_for_its_migrations_and_then_has_none_left(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    try:
        assert pending(database)
        upgrade_database(database)
        assert not pending(database)
    finally:
        database.close()


def test_migrating_again_leaves_the_data_alone(database: Database) -> None:
    with database.session_scope() as session:
        session.execute(sa.insert(Base.metadata.tables["area"]).values(name="东片"))
    upgrade(database.url.render_as_string(hide_password=False))
    with database.read_scope() as session:
        assert session.scalars(sa.text("SELECT name FROM area")).all() == ["东片"]


def test_a_foreign_key_is_never_without_the_row_it_points_to(database: Database) -> None:
    table = Base.metadata.tables["community"]
    values = {"name": "无片区社区", "area_id": 4711}
    try:
        with database.session_scope() as session:
            session.execute(sa.insert(table).values(**values))
    except sa.exc.IntegrityError:
        return
    raise AssertionError("the database took a community of an area that does not exist")


def test_an_office_at_work_keeps_its_people_and_their_sessions_when_signing_in_changes(
    empty_database_url: str,
) -> None:
    database = Database(empty_database_url)
    moment = "2026-11-01 04:00:00"
    try:
        upgrade_database(database, "0002")
        with database.engine.begin() as connection:
            for statement in (
                (
                    'INSERT INTO "user" (id, username, display_name, password_hash, role, active, failures, created_at)'
                    f" VALUES (7, 'wang', '', '-', 'editor', true, 3, '{moment}')"
                ),
                (
                    "INSERT INTO login_session (token_hash, user_id, created_at, expires_at)"
                    f" VALUES ('abc', 7, '{moment}', '{moment}')"
                ),
                (
                    "INSERT INTO audit_entry (at, user_id, actor, action, subject, detail, prev_hash, hash)"
                    f" VALUES ('{moment}', 7, '', 'x', '', '{{}}', '0', '1')"
                ),
            ):
                connection.execute(sa.text(statement))
        upgrade_database(database)
        with database.engine.connect() as connection:
            row = connection.execute(
                sa.text(
                    'SELECT u.username, s.last_seen_at = s.created_at FROM login_session s JOIN "user" u ON u.id = s.user_id'
                )
            ).one()
            assert (row[0], bool(row[1])) == ("wang", True)
            assert connection.execute(sa.text("SELECT user_id FROM audit_entry")).scalar_one() == 7
    finally:
        database.close()


Content = dict[str, list[tuple[Any, ...]]]

_BEFORE_CHECKS, _BEFORE_ONE_DELIVERY = "0007", "0010"
_KNOWN = {
    ("article", "status"): "queued",
    ("push", "status"): "sending",
    ("delivery", "status"): "unknown",
    ("activity", "status"): "open",
    ("check_in", "via"): "paper",
    ("make_up_request", "status"): "pending",
    ("outbox_message", "status"): "sent",
    ("outbox_message", "dedupe_key"): "reply:oOne:{}",
}
_MADE_ANEW = ("article", "push", "delivery", "activity", "check_in", "make_up_request", "follower")


def _filled(database: Database) -> Content:
    """Two rows in every table, each pointing to the row of the same number wherever it points; what they hold."""
    metadata = sa.MetaData()
    with database.engine.begin() as connection:
        metadata.reflect(connection)
        del_version = metadata.tables["alembic_version"]
        for table in metadata.sorted_tables:
            if table is not del_version:
                connection.execute(sa.delete(table))
                connection.execute(sa.insert(table), [_row(table, number) for number in (1, 2)])
                if not database.on_sqlite and table.autoincrement_column is not None:
                    numbers = (
                        f"pg_get_serial_sequence('\"{table.name}\"', '{table.autoincrement_column.name}')"
                    )
                    connection.exec_driver_sql(f"SELECT setval({numbers}, 2) WHERE {numbers} IS NOT NULL")
    return _content(database)


def _row(table: sa.Table, number: int) -> dict[str, Any]:
    return {column.name: _value(table.name, column, number) for column in table.columns}


def _value(table: str, column: sa.Column[Any], number: int) -> Any:
    if (table, column.name) in _KNOWN:
        return _KNOWN[table, column.name].format(number)
    match column.type:
        case sa.Boolean():
            return False
        case sa.Integer():
            return number
        case sa.DateTime():
            return datetime(2026, 11, number, 4, tzinfo=UTC)
        case sa.Date():
            return date(2026, 11, number)
        case sa.JSON():
            return [number]
        case sa.LargeBinary():
            return b"%d" % number
        case _:
            return str(number)


def _content(database: Database, known: Mapping[str, Sequence[str]] | None = None) -> Content:
    """What the tables hold, in ``known`` columns only (as a rule all)."""
    known = _columns(database) if known is None else known
    with database.engine.connect() as connection:
        return {
            name: sorted(tuple(map(str, row)) for row in connection.execute(_all_of(name, columns)))
            for name, columns in known.items()
        }


def _all_of(name: str, columns: Sequence[str]) -> sa.Select[*tuple[Any, ...]]:
    wanted: list[sa.ColumnElement[Any]] = [sa.column(column) for column in columns]
    return sa.select(*wanted).select_from(sa.table(name))


def _columns(database: Database) -> dict[str, list[str]]:
    with database.engine.connect() as connection:
        inspector = sa.inspect(connection)
        return {
            name: [column["name"] for column in inspector.get_columns(name)]
            for name in inspector.get_table_names()
            if name != "alembic_version"
        }


# By 0010, with a wider one.
_REPLACED_SINCE = {"check_in ix_check_in_activity_branch ['activity_id', 'branch_id']"}


def _beside(database: Database) -> set[str]:
    """Names of indexes, unique constraints, keys and triggers of the tables that are made anew."""
    found: set[str] = set()
    with database.engine.connect() as connection:
        inspector = sa.inspect(connection)
        for table in _MADE_ANEW:
            found |= {f"{table} {one['name']} {one['column_names']}" for one in inspector.get_indexes(table)}
            found |= {
                f"{table} {one['name']} {one['column_names']}"
                for one in inspector.get_unique_constraints(table)
            }
            found |= {
                f"{table} {one['name']} {one['referred_table']}" for one in inspector.get_foreign_keys(table)
            }
        if database.on_sqlite:
            triggers = connection.exec_driver_sql(
                "SELECT name, sql FROM sqlite_master WHERE type = 'trigger'"
            )
            found |= {f"{name} {text}" for name, text in triggers}
    return found


def test_tables_that_others_refer_to_are_made_anew_without_losing_a_row(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    try:
        upgrade_database(database, _BEFORE_CHECKS)
        before = _filled(database)
        assert all(len(rows) == 2 for rows in before.values())
        if database.on_sqlite:
            with database.engine.begin() as connection:
                for name, table, other in (
                    ("watch", "article", "article"),
                    ("watch_reviews", "review", "article"),
                ):
                    connection.exec_driver_sql(
                        f"CREATE TRIGGER {name} AFTER DELETE ON {table} BEGIN UPDATE {other} SET stage = 9; END"
                    )
        beside, known = _beside(database), _columns(database)
        upgrade_database(database, _BEFORE_ONE_DELIVERY)
        assert _content(database, known) == before
        assert _beside(database) >= beside - _REPLACED_SINCE
        upgrade_database(database)
        if database.on_sqlite:
            with database.engine.connect() as connection:
                assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        downgrade_database(database, _BEFORE_CHECKS)
        assert _content(database, known) == before
        assert _beside(database) == beside
    finally:
        database.close()


def test_foreign_keys_are_on_again_after_migrating_and_after_a_migration_that_failed(
    empty_database_url: str,
) -> None:
    database = Database(empty_database_url)
    try:
        upgrade_database(database, _BEFORE_CHECKS)
        _filled(database)
        _set_status(database, "article", "gone_fishing")
        with pytest.raises(Refused):
            upgrade_database(database)
        for _ in range(2):
            with pytest.raises(sa.exc.IntegrityError), database.engine.begin() as connection:
                connection.exec_driver_sql("DELETE FROM article")
            _set_status(database, "article", "draft")
            upgrade_database(database)
    finally:
        database.close()


@pytest.mark.parametrize("table", ["article", "push", "delivery", "activity", "make_up_request"])
def test_a_status_that_is_not_known_is_named_and_nothing_is_changed(
    empty_database_url: str, table: str
) -> None:
    database = Database(empty_database_url)
    try:
        upgrade_database(database, _BEFORE_CHECKS)
        _filled(database)
        _set_status(database, table, "odd")
        before = _content(database)
        with pytest.raises(Refused, match=f"数据表 {table} 的 status 有本版本不认识的值：“odd”（2 行）"):
            upgrade_database(database)
        with database.engine.connect() as connection:
            assert revision_of(connection) == _BEFORE_CHECKS
        assert _content(database) == before
        _set_status(database, table, _KNOWN[table, "status"])
        upgrade_database(database)
    finally:
        database.close()


def test_the_command_says_in_one_line_which_status_it_does_not_know(
    empty_database_url: str, tmp_path: Path
) -> None:
    database = Database(empty_database_url)
    upgrade_database(database, _BEFORE_CHECKS)
    _filled(database)
    _set_status(database, "push", "odd")
    database.close()
    app = create_app(make_settings(database={"url": empty_database_url}, server={"data_dir": str(tmp_path)}))
    try:
        done = app.test_cli_runner().invoke(args=["db", "upgrade"])
    finally:
        app.extensions["pioneer"].close()
    assert done.exit_code == 2
    assert "数据表 push 的 status 有本版本不认识的值：“odd”" in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1


def test_who_left_and_was_still_bound_is_bound_to_nobody_after_the_upgrade(empty_database_url: str) -> None:
    database = Database(empty_database_url)
    try:
        upgrade_database(database, _BEFORE_CHECKS)
        _filled(database)
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
        _filled(database)
        with database.engine.begin() as connection:
            old = sa.MetaData()
            old.reflect(connection)
            member, activity, check_in = (old.tables[name] for name in ("member", "activity", "check_in"))
            connection.execute(sa.delete(check_in))
            # 1 and 3 are of the first branch, 2 and 5 of the second; 4 has left the roster.
            places = {1: 1, 2: 2, 3: 1, 4: 1, 5: 2}
            like = [_row(member, 1), _row(member, 2)]
            connection.execute(
                sa.insert(member),
                [{**like[place - 1], "id": ident} for ident, place in places.items() if ident > 2],
            )
            connection.execute(sa.update(member).values(active=member.c.id != 4))
            like = [_row(activity, 1)]
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
                sa.insert(check_in), [{**_row(check_in, 1), "activity_id": 1, "member_id": 5, "branch_id": 1}]
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
        _filled(database)
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


def _set_status(database: Database, table: str, value: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {table} SET status = :value"), {"value": value})


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
