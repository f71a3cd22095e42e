"""Audiences under a name, and the tags of the account by theirs

Revision: 0015
Follows: 0014
"""

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime()
    op.create_table(
        "wechat_tag",
        sa.Column("id", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(60), nullable=False),
        sa.Column("seen_at", moment, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_wechat_tag")),
    )
    op.create_table(
        "saved_audience",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("name", sa.String(40), nullable=False),
        sa.Column("text", sa.String(1000), nullable=False),
        sa.Column("created_by", key, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["user.id"], name=op.f("fk_saved_audience_created_by")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_audience")),
        sa.UniqueConstraint("name", name=op.f("uq_saved_audience_name")),
    )


def downgrade() -> None:
    op.drop_table("saved_audience")
    op.drop_table("wechat_tag")
