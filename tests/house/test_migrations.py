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
