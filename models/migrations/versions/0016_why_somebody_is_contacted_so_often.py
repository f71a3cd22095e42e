"""A push says why it goes to people who were contacted often this month

Revision: 0016
Follows: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("push", recreate="never") as table:
        table.add_column(sa.Column("often", sa.String(200), nullable=False, server_default=""))


def downgrade() -> None:
    with op.batch_alter_table("push", recreate="never") as table:
        table.drop_column("often")
