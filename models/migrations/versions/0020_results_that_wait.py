"""Results that wait for their delivery are found without reading those that do not

Revision: 0020
Follows: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None
NAME = "ix_job_result_waiting"


def upgrade() -> None:
    op.create_index(
        NAME,
        "job_result",
        ["id"],
        sqlite_where=sa.text("matched IS 0"),
        postgresql_where=sa.text("matched IS false"),
    )


def downgrade() -> None:
    op.drop_index(NAME, "job_result")
