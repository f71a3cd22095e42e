"""The migrations make what the models say, on both databases."""

from __future__ import annotations

import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext

from database.migrate import pending, upgrade, upgrade_database
from database.session import Database
from models import Base


def test_the_migrations_make_exactly_the_tables_of_the_models(database: Database) -> None:
    with database.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
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
