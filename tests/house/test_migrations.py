"""The migrations make what the models say, on both databases."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from app import create_app
from database.migrate import downgrade_database, pending, revision_of, upgrade, upgrade_database
from database.session import Database
from ground.errors import Refused
from models import ARTICLE_GRAMS, Base
from tests.fixtures.configuration import make_settings
from tests.house.rows import (
    BEFORE_CHECKS,
    BEFORE_ONE_DELIVERY,
    KNOWN,
    MADE_ANEW,
    columns_of,
    content_of,
    filled,
)


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


# By 0010, with a wider one.
_REPLACED_SINCE = {"check_in ix_check_in_activity_branch ['activity_id', 'branch_id']"}


def _beside(database: Database) -> set[str]:
    """Names of indexes, unique constraints, keys and triggers of the tables that are made anew."""
    found: set[str] = set()
    with database.engine.connect() as connection:
        inspector = sa.inspect(connection)
        for table in MADE_ANEW:
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
        upgrade_database(database, BEFORE_CHECKS)
        before = filled(database)
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
        beside, known = _beside(database), columns_of(database)
        upgrade_database(database, BEFORE_ONE_DELIVERY)
        assert content_of(database, known) == before
        assert _beside(database) >= beside - _REPLACED_SINCE
        upgrade_database(database)
        if database.on_sqlite:
            with database.engine.connect() as connection:
                assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []
                assert connection.exec_driver_sql("PRAGMA integrity_check").scalar_one() == "ok"
        downgrade_database(database, BEFORE_CHECKS)
        assert content_of(database, known) == before
        assert _beside(database) == beside
    finally:
        database.close()


def test_foreign_keys_are_on_again_after_migrating_and_after_a_migration_that_failed(
    empty_database_url: str,
) -> None:
    database = Database(empty_database_url)
    try:
        upgrade_database(database, BEFORE_CHECKS)
        filled(database)
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
        upgrade_database(database, BEFORE_CHECKS)
        filled(database)
        _set_status(database, table, "odd")
        before = content_of(database)
        with pytest.raises(Refused, match=f"数据表 {table} 的 status 有本版本不认识的值：“odd”（2 行）"):
            upgrade_database(database)
        with database.engine.connect() as connection:
            assert revision_of(connection) == BEFORE_CHECKS
        assert content_of(database) == before
        _set_status(database, table, KNOWN[table, "status"])
        upgrade_database(database)
    finally:
        database.close()


def test_the_command_says_in_one_line_which_status_it_does_not_know(
    empty_database_url: str, tmp_path: Path
) -> None:
    database = Database(empty_database_url)
    upgrade_database(database, BEFORE_CHECKS)
    filled(database)
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


def _set_status(database: Database, table: str, value: str) -> None:
    with database.engine.begin() as connection:
        connection.execute(sa.text(f"UPDATE {table} SET status = :value"), {"value": value})
