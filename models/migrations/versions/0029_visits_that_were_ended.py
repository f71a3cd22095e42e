"""When a follower has ended the visits to their own page

Revision: 0029
Follows: 0028
"""

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    with op.batch_alter_table("follower", recreate="never") as table:
        table.add_column(sa.Column("visits_over_at", database.base.UtcDateTime(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("follower", recreate="never") as table:
        table.drop_column("visits_over_at")
