"""What rosters call a branch is kept, as somebody decided it while importing one

Revision: 0023
Follows: 0022
"""

import sqlalchemy as sa
from alembic import op

from database.base import BigId, UtcDateTime

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "branch_name",
        sa.Column("id", BigId, nullable=False),
        sa.Column("key", sa.String(60), nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("branch_id", BigId, nullable=False),
        sa.Column("kept_at", UtcDateTime(), nullable=False),
        sa.ForeignKeyConstraint(["branch_id"], ["branch.id"], name=op.f("fk_branch_name_branch_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_branch_name")),
        sa.UniqueConstraint("key", name=op.f("uq_branch_name_key")),
    )
    op.create_index(op.f("ix_branch_name_branch_id"), "branch_name", ["branch_id"])


def downgrade() -> None:
    op.drop_table("branch_name")
