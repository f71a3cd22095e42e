"""What an import that was cut off has left unwritten

Revision: 0007
Follows: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("import_run") as table:
        table.add_column(sa.Column("unwritten", sa.Integer(), nullable=False, server_default="0"))


def downgrade() -> None:
    with op.batch_alter_table("import_run") as table:
        table.drop_column("unwritten")
