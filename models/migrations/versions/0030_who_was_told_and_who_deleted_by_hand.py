"""Who was told of a correction, and who deleted a page by hand

Revision: 0030
Follows: 0029
"""

import sqlalchemy as sa
from alembic import op

revision = "0030"
down_revision = "0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("correction", sa.Column("notified", sa.Integer(), nullable=False, server_default="0"))
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for table, column, other in (("delivery", "correction_id", "correction"), ("removal", "done_by", "user")):
        # in one statement: SQLite can add no constraint later
        tie = f'CONSTRAINT fk_{table}_{column} REFERENCES "{other}" (id)'
        op.execute(f'ALTER TABLE "{table}" ADD COLUMN {column} {kind} {tie}')
    told = sa.text("correction_id IS NOT NULL")
    op.create_index(
        "ix_delivery_correction", "delivery", ["correction_id"], sqlite_where=told, postgresql_where=told
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_correction", "delivery")
    for table, column in (("removal", "done_by"), ("delivery", "correction_id")):
        with op.batch_alter_table(table, recreate="never") as batch:
            batch.drop_column(column)
    op.drop_column("correction", "notified")
