"""Which part of a cover is its square

Revision: 0017
Follows: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None
TABLES = ("article", "article_revision")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("cover_square", sa.Integer(), nullable=True))


def downgrade() -> None:
    for table in TABLES:
        with op.batch_alter_table(table, recreate="never") as batch:
            batch.drop_column("cover_square")
