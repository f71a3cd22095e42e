"""Alembic's entry: always on a connection that the caller hands over (see database.migrate)."""

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

import models
from database.base import UtcDateTime
from database.sealed import Sealed


def render_item(kind: str, item: Any, _autogen: Any) -> str | Literal[False]:
    """Migrations name plain column types, so that they go on working whatever becomes of ours."""
    if kind == "type" and isinstance(item, UtcDateTime):
        return "sa.DateTime(timezone=True)"
    if kind == "type" and isinstance(item, Sealed):
        return "sa.LargeBinary()"
    if kind == "type" and isinstance(item, sa.JSON):
        return 'sa.JSON().with_variant(postgresql.JSONB(), "postgresql")'
    return False


def include_name(name: str | None, kind: str, _parents: Any) -> bool:
    """The index of texts is of each database's own kind and in no metadata: its migration makes it by hand."""
    return kind != "table" or name not in models.ARTICLE_GRAMS.tables


connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=models.Base.metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    compare_type=True,
    include_name=include_name,
    render_item=render_item,
)
with context.begin_transaction():
    context.run_migrations()
