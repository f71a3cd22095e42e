"""Kits to be passed on to groups, and how often their links were opened

Revision: 0037
Follows: 0036
"""

import sqlalchemy as sa
from alembic import op

import database.base

revision = "0037"
down_revision = "0036"
branch_labels = None
depends_on = None


def upgrade() -> None:
    key, moment = database.base.BigId, database.base.UtcDateTime()
    op.create_table(
        "kit",
        sa.Column("id", key, autoincrement=True, nullable=False),
        sa.Column("push_id", key, nullable=False),
        sa.Column("delivery_id", key, nullable=False),
        sa.Column("group_id", key, nullable=False),
        sa.Column("token", sa.String(32), nullable=False),
        sa.Column("made_at", moment, nullable=False),
        sa.Column("forwarded_at", moment, nullable=True),
        sa.ForeignKeyConstraint(["push_id"], ["push.id"], name=op.f("fk_kit_push_id")),
        sa.ForeignKeyConstraint(["delivery_id"], ["delivery.id"], name=op.f("fk_kit_delivery_id")),
        sa.ForeignKeyConstraint(["group_id"], ["chat_group.id"], name=op.f("fk_kit_group_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kit")),
        sa.UniqueConstraint("delivery_id", name=op.f("uq_kit_delivery_id")),
        sa.UniqueConstraint("token", name=op.f("uq_kit_token")),
    )
    op.create_index(op.f("ix_kit_push_id"), "kit", ["push_id"])
    op.create_index(op.f("ix_kit_group_id"), "kit", ["group_id"])
    op.create_table(
        "link_opening",
        sa.Column("push_id", key, nullable=False),
        sa.Column("road", sa.String(16), nullable=False),
        sa.Column("branch_id", key, nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("opens", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["push_id"], ["push.id"], name=op.f("fk_link_opening_push_id")),
        sa.PrimaryKeyConstraint("push_id", "road", "branch_id", "day", name=op.f("pk_link_opening")),
    )


def downgrade() -> None:
    op.drop_table("link_opening")
    op.drop_table("kit")
