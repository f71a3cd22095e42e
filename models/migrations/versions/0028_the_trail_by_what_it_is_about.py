"""The trail is read by what it is about: an article's whole story

Revision: 0028
Follows: 0027
"""

from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(op.f("ix_audit_entry_subject"), "audit_entry", ["subject"])


def downgrade() -> None:
    op.drop_index(op.f("ix_audit_entry_subject"), table_name="audit_entry")
