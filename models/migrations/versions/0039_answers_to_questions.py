"""What members answer to the question of an activity; what waits to be told with the next reply; a member's own records by time

Revision: 0039
Follows: 0038
"""

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0039"
down_revision = "0038"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("check_in", recreate="never") as batch:
        batch.add_column(sa.Column("answer", sa.LargeBinary(), nullable=True))
    with op.batch_alter_table("telling", recreate="never") as batch:
        batch.add_column(sa.Column("until", database.base.UtcDateTime(), nullable=True))
    op.create_index("ix_check_in_of_member", "check_in", ["member_id", "at"])
    op.drop_index("ix_check_in_member_id", "check_in")


def downgrade() -> None:
    op.create_index("ix_check_in_member_id", "check_in", ["member_id"])
    op.drop_index("ix_check_in_of_member", "check_in")
    with op.batch_alter_table("telling", recreate="never") as batch:
        batch.drop_column("until")
    with op.batch_alter_table("check_in", recreate="never") as batch:
        batch.drop_column("answer")
