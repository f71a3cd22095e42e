"""Runs of the retention job, erased members, and a message set aside may lose its body

Revision: 0006
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "retention_run",
        sa.Column("kind", sa.String(length=40), nullable=False),
        sa.Column("started_at", database.base.UtcDateTime(timezone=True), nullable=False),
        sa.Column("finished_at", database.base.UtcDateTime(timezone=True), nullable=True),
        sa.Column("removed", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("kind", name=op.f("pk_retention_run")),
    )
    with op.batch_alter_table("member") as batch:
        batch.add_column(sa.Column("erased_at", database.base.UtcDateTime(timezone=True), nullable=True))
    with op.batch_alter_table("spool_failure") as batch:
        batch.alter_column("body", existing_type=sa.LargeBinary(), nullable=True)


def downgrade() -> None:
    op.execute("DELETE FROM spool_failure WHERE body IS NULL")
    with op.batch_alter_table("spool_failure") as batch:
        batch.alter_column("body", existing_type=sa.LargeBinary(), nullable=False)
    with op.batch_alter_table("member") as batch:
        batch.drop_column("erased_at")
    op.drop_table("retention_run")
