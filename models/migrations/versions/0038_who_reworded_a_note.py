"""Who wrote the note of a correction as it is now

Revision: 0038
Follows: 0037
"""

from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    kind = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    # In one statement: SQLite can add no constraint later.
    tie = 'CONSTRAINT fk_correction_reworded_by REFERENCES "user" (id)'
    op.execute(f"ALTER TABLE correction ADD COLUMN reworded_by {kind} {tie}")


def downgrade() -> None:
    with op.batch_alter_table("correction", recreate="never") as batch:
        batch.drop_column("reworded_by")
