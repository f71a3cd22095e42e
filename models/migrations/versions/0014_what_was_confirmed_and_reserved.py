"""A push keeps what was confirmed and reserves its quota; one that cannot wait for the morning has a reason and a second person

Revision: 0014
Follows: 0013
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from database.recreate import set_nullable

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    connection = op.get_bind()
    with op.batch_alter_table("push", recreate="never") as table:
        table.add_column(sa.Column("confirmed", _JSON, nullable=False, server_default="{}"))
        table.add_column(sa.Column("urgent", sa.String(200), nullable=False, server_default=""))
    op.execute(_reference("push", "released_by", "user"))
    set_nullable(connection, "quota_use", "delivery_id", nullable=True)
    op.execute(_reference("quota_use", "push_id", "push"))
    op.create_index("ix_quota_use_push_id", "quota_use", ["push_id"])


def downgrade() -> None:
    connection = op.get_bind()
    op.execute("DELETE FROM quota_use WHERE delivery_id IS NULL")
    op.drop_index("ix_quota_use_push_id", "quota_use")
    with op.batch_alter_table("quota_use", recreate="never") as table:
        table.drop_column("push_id")
    set_nullable(connection, "quota_use", "delivery_id", nullable=False)
    with op.batch_alter_table("push", recreate="never") as table:
        table.drop_column("released_by")
        table.drop_column("urgent")
        table.drop_column("confirmed")


def _reference(table: str, column: str, to: str) -> str:
    """A column that refers to another table, in one statement: SQLite can add no constraint later."""
    key = f'CONSTRAINT fk_{table}_{column} REFERENCES "{to}" (id)'
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    return f'ALTER TABLE "{table}" ADD COLUMN {column} {number} {key}'
