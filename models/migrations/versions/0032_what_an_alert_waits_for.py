"""Which review an alert tells of, so that none is told of that was done meanwhile

Revision: 0032
Follows: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    for column, table in (("article_id", "article"), ("release_id", "emergency_release")):
        # in one statement: SQLite can add no constraint later
        tie = f'CONSTRAINT fk_review_alert_{column} REFERENCES "{table}" (id)'
        op.execute(f'ALTER TABLE "review_alert" ADD COLUMN {column} {kind} {tie}')
    op.add_column("review_alert", sa.Column("stage", sa.Integer(), nullable=True))


def downgrade() -> None:
    for column in ("stage", "release_id", "article_id"):
        with op.batch_alter_table("review_alert", recreate="never") as batch:
            batch.drop_column(column)
