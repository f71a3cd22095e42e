"""A push knows which other it is sent again for, when a person last decided about it, and what the names of its audience mean

Revision: 0021
Follows: 0020
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from database.base import UtcDateTime

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_JSON = sa.JSON().with_variant(postgresql.JSONB(), "postgresql")


def upgrade() -> None:
    number = "INTEGER" if op.get_bind().dialect.name == "sqlite" else "BIGINT"
    key = 'CONSTRAINT fk_push_again_of REFERENCES "push" (id)'  # in one statement: SQLite can add no constraint later
    op.execute(f'ALTER TABLE "push" ADD COLUMN again_of {number} {key}')
    op.create_index("ix_push_again_of", "push", ["again_of"])
    op.add_column("push", sa.Column("decided_at", UtcDateTime(), nullable=True))
    for table in ("push", "saved_audience"):
        op.add_column(table, sa.Column("meant", _JSON, nullable=False, server_default="{}"))


def downgrade() -> None:
    op.drop_index("ix_push_again_of", "push")
    op.drop_column("saved_audience", "meant")
    with op.batch_alter_table("push", recreate="never") as table:
        table.drop_column("meant")
        table.drop_column("decided_at")
        table.drop_column("again_of")
