"""Indexes for lists, so that they cost the same after years

Revision: 0002
Follows: 0001
"""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("ix_article_queue", table_name="article")
    op.drop_index(op.f("ix_article_status"), table_name="article")
    op.create_index("ix_article_queue", "article", ["column_id", "status", "queue_position"])
    op.create_index("ix_article_status", "article", ["status", "updated_at"])
    op.create_index("ix_article_updated_at", "article", ["updated_at", "id"])
    op.create_index(op.f("ix_activity_starts_at"), "activity", ["starts_at"])
    op.create_index(op.f("ix_check_in_at"), "check_in", ["at"])
    op.create_index(op.f("ix_push_due_at"), "push", ["due_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_push_due_at"), table_name="push")
    op.drop_index(op.f("ix_check_in_at"), table_name="check_in")
    op.drop_index(op.f("ix_activity_starts_at"), table_name="activity")
    op.drop_index("ix_article_updated_at", table_name="article")
    op.drop_index("ix_article_status", table_name="article")
    op.drop_index("ix_article_queue", table_name="article")
    op.create_index(op.f("ix_article_status"), "article", ["status"])
    op.create_index("ix_article_queue", "article", ["column_id", "queue_position"])
