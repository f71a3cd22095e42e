"""Members and records of a branch are counted out of an index alone

Revision: 0010
Follows: 0009
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_member_branch_active", "member", ["branch_id", "active"])
    op.drop_index("ix_member_branch_id", table_name="member")
    op.create_index("ix_check_in_counted", "check_in", ["activity_id", "branch_id", "made_up"])
    op.drop_index("ix_check_in_activity_branch", table_name="check_in")


def downgrade() -> None:
    op.create_index("ix_check_in_activity_branch", "check_in", ["activity_id", "branch_id"])
    op.drop_index("ix_check_in_counted", table_name="check_in")
    op.create_index("ix_member_branch_id", "member", ["branch_id"])
    op.drop_index("ix_member_branch_active", table_name="member")
